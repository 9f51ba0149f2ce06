"""What the two subjects of an analysis are called."""

from recycler.analysis import Analysis


def titles(analysis: Analysis, beside: Analysis | None) -> tuple[str, str]:
    """Names of both for people, told apart where they have the same; "" for the second where there is none."""
    if beside is None:
        return analysis.subject.title, ""
    both = [one.subject for one in (analysis, beside)]
    same = both[0].title == both[1].title
    ours, theirs = (one.name.removeprefix("run:") if same else one.title for one in both)
    return ours, theirs
