"""Rules that a household gives on the Train page for its own classes, in RECYCLER_HOME/rulebooks/NAME.yaml.

They are rulebooks as any other: recipes name them, Classify offers them, and they may be edited.
"""

from collections.abc import Collection, Sequence

import yaml

from recycler.access import require
from recycler.errors import RulebookError
from recycler.rulebook import Entry, Rule, Rulebook, RulebookFile, list_rulebooks, load_rulebook
from recycler.runs import write_atomically
from recycler.settings import settings

SOURCE = "you, on the Train page"
PLAIN = {
    True: Entry(destination="recycling", advice="Into the recycling.", source=SOURCE),
    False: Entry(destination="bin", advice="Into the bin.", source=SOURCE),
}


def keep_rules(
    name: str, title: str, classes: Sequence[str], recycling: Collection[str], known: Rulebook | None = None
) -> str:
    """Keep rules for these classes, those in `recycling` to the recycling; gives the name of the rulebook.

    name: small letters, digits and dashes. Rules of that name that were given before stay for other classes, as earlier
    recipes need them; a rulebook that came with the app is never changed.
    known: a rulebook whose better place and advice are taken where it agrees; else it is the bin.
    Raises RulebookError when they cannot be kept; AccessError.
    """
    require("train")
    if name in list_rulebooks(settings().rulebooks):
        name = f"{name}-own"
    path = settings().own_rulebooks / f"{name}.yaml"
    entries = dict(load_rulebook(path).classes) if path.exists() else {}
    for class_name in classes:
        recycled = class_name in recycling
        entries[class_name] = PLAIN[recycled]
        if known is not None and class_name in known.classes and known.recycles(class_name) == recycled:
            entries[class_name] = known.classes[class_name]
    rules = [Rule(classes=[name], **entry.model_dump()) for name, entry in entries.items()]
    file = RulebookFile(title=title, region="here", source=SOURCE, rules=rules)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(file.model_dump(), sort_keys=False, allow_unicode=True)
        write_atomically(path, text.encode())
    except OSError as problem:
        raise RulebookError(
            f"The rules cannot be kept in {path.parent} ({problem.strerror}): make room there, or set RECYCLER_HOME to "
            "a folder that can be written to."
        ) from problem
    return name
