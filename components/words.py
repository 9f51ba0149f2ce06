"""Numbers and names in words that a twelve-year-old reads."""

import html
import re
from collections.abc import Mapping

HOW_SURE = ((0.98, "almost certain"), (0.9, "quite sure"), (0.75, "fairly sure"), (0.0, "not very sure"))
EVERYDAY = {"biological": "food scraps", "trash": "mixed rubbish"}


def how_sure(probability: float) -> str:
    """A probability in words; the number stands beside them."""
    return next(words for least, words in HOW_SURE if probability >= least)


def percent(probability: float) -> str:
    """A probability as whole percent that never claims to be certain: "more than 99 %", "less than 1 %".

    The space does not break, so that the sign never stands alone on a line.
    """
    if probability > 0.99:
        return "more than 99\u00a0%"
    if probability < 0.01:
        return "less than 1\u00a0%"
    return f"{probability:.0%}".replace("%", "\u00a0%")


def share(measured: float) -> str:
    """A share that was measured, to a tenth of a percent: "92.5 %"."""
    return f"{100 * measured:.1f}\u00a0%"


def about(seconds: float) -> str:
    """A time that is not known exactly: "about 2 minutes"."""
    if seconds < 45:
        return "less than a minute"
    if seconds < 5400:
        minutes = round(seconds / 60) if seconds < 600 else 5 * round(seconds / 300)
        return f"about {minutes} minute{'s' * (minutes != 1)}"
    hours = round(seconds / 1800) / 2 if seconds < 6 * 3600 else round(seconds / 3600)
    return f"about {hours:g} hours"


def megabytes(amount: float) -> str:
    """Memory: "850 MB", "1.2 GB"."""
    return f"{amount:.0f} MB" if amount < 1000 else f"{amount / 1000:.1f} GB"


def count_of(count: int, noun: str) -> str:
    """A number of things: "1 photo", "1,200 photos"."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def readable(class_name: str) -> str:
    """A class name as people say it: "aquarium_fish" becomes "aquarium fish"."""
    return EVERYDAY.get(class_name, class_name.replace("_", " "))


def distinct(titles: Mapping[str, str]) -> dict[str, str]:
    """Name to title, the name beside those titles that several have."""
    shared = [*titles.values()]
    return {name: title if shared.count(title) == 1 else f"{title} ({name})" for name, title in titles.items()}


def short_name(title: str) -> str:
    """A title as the short name of a recipe or rulebook: small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:64].strip("-") or "training"


def plain(text: str, longest: int = 60) -> str:
    """Text of others for Markdown: shown as it is, whatever it holds; shortened in the middle."""
    text = " ".join(text.split())
    if len(text) > longest:
        text = f"{text[: longest // 2]}…{text[-longest // 2 + 1 :]}"
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@])", r"\\\1", text)


def safe(text: str) -> str:
    """Text of others for HTML."""
    return html.escape(text, quote=True)
