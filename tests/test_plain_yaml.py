import pytest
import yaml

from recycler.plain_yaml import read_yaml


def test_plain_values_are_read() -> None:
    assert read_yaml("a: [1, 2.5, true, null, text]") == {"a": [1, 2.5, True, None, "text"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [x]\nb: *a", "alias"),
        ("a: &a [*a]", "alias"),
        ("[" * 10_000, "deep"),
        ("2026-13-01", "month"),
        ("!!python/object/apply:os.system [ls]", "constructor"),
        ("a: [", "line 1"),
        ("a\0b", "not allowed"),
    ],
)
def test_all_else_is_one_kind_of_error(text: str, said: str) -> None:
    with pytest.raises(yaml.YAMLError, match=said):
        read_yaml(text)
