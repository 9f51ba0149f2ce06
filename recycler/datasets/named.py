"""The data sets that have a name: where they lie, and what to do where one is missing."""

from collections.abc import Iterable
from pathlib import Path

from recycler.access import may
from recycler.datasets.cifar100 import has_cifar100
from recycler.datasets.collected import list_collected
from recycler.errors import DatasetError
from recycler.settings import settings

NAMED: tuple[str, ...] = ("cifar100", "trashnet", "garbage", "home", "collected")


def available_datasets() -> dict[str, Path | None]:
    """Each name in NAMED and where it lies, a zip or a folder; None where it was not found."""
    return {name: find_named(name) for name in NAMED}


def find_named(name: str) -> Path | None:
    """The zip of a named data set, or its folder; between several zips nobody guesses, so that is the folder too."""
    if name == "collected":
        return settings().collected if list_collected() else None
    for root in _roots():
        folder = root / name
        if name == "cifar100":
            if has_cifar100(folder):
                return folder
            continue
        zips = list(folder.glob("*.zip"))
        if len(zips) == 1:
            return zips[0]
        if zips or (folder.is_dir() and any(path.is_dir() for path in folder.iterdir())):
            return folder
    return None


def require_offered(names: Iterable[str]) -> None:
    """Go on only if whoever asks may open these data sets, named as in a recipe.

    All may open the named ones, and paths below RECYCLER_DATA and the uploads; any other path of this machine only an
    admin. Raises DatasetError.
    """
    offered = [root.resolve() for root in (*_roots(), settings().uploads)]
    for name in names:
        if name in NAMED or may("administer"):
            continue
        path = Path(name).expanduser().resolve()
        if not any(path.is_relative_to(root) for root in offered):
            raise DatasetError(
                f"Only an admin may open the folder or zip {name} of this server. Upload the photos as a zip, or ask "
                "for them to be laid into the folder of data sets."
            )


def _roots() -> list[Path]:
    roots = (settings().data, settings().home / "data")
    return [root for root in roots if root is not None]


def missing(name: str) -> str:
    """What was looked for, and the exact setting or command that mends it."""
    looked = " or ".join(str(root / name) for root in _roots())
    if name == "cifar100":
        inside, otherwise = "train-*.parquet and test-*.parquet", "run: python -m recycler download"
    else:
        inside, otherwise = "its zip or one folder a class", "name a zip or folder instead"
    now = "is not set" if settings().data is None else f"is {settings().data}"
    return (
        f"The data set {name} was not found in {looked}. Set RECYCLER_DATA, which {now}, to a folder that holds "
        f"{name}/ with {inside}; or {otherwise}."
    )
