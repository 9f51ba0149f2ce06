"""What the two subjects of an analysis are called."""

from components.analysis import siblings
from recycler.analysis import Analysis


def titles(analysis: Analysis, beside: Analysis | None) -> tuple[str, str]:
    """Names of both for people, told apart where they have the same; "" for the second where there is none."""
    found = siblings.titles([one for one in (analysis, beside) if one])
    return found[0], found[1] if beside else ""
