"""Recycler: from a photo to a verdict, and everything behind it."""

__version__ = "0.1.0"
