"""Parts of the page of collected photos: choosing them, putting them right, taking them along and bringing some in."""
