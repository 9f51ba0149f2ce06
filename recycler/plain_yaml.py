"""YAML text to plain values, whoever wrote it: no objects, no aliases, an error of one kind for whatever is wrong."""

from typing import Any

import yaml


class _PlainLoader(yaml.SafeLoader):
    """Without aliases, by which a dozen lines unfold to billions of values."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "an alias (*name) is not read: write it out", mark)
        return super().compose_node(parent, index)


def read_yaml(text: str) -> Any:
    """What the text holds. Raises yaml.YAMLError, with the line where it has one."""
    try:
        return yaml.load(text, _PlainLoader)  # noqa: S506 - a safe loader, and stricter
    except RecursionError as problem:
        raise yaml.YAMLError("it is nested too deeply") from problem
    except ValueError as problem:  # such as a 13th month
        raise yaml.YAMLError(f"a value that cannot be: {problem}") from problem
