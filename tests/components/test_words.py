import pytest

from components.words import about, count_of, distinct, how_sure, percent, plain, readable, short_name


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.999, "almost certain"), (0.95, "quite sure"), (0.8, "fairly sure"), (0.1, "not very sure")],
)
def test_a_probability_becomes_words(probability: float, words: str) -> None:
    assert how_sure(probability) == words


@pytest.mark.parametrize(
    ("probability", "words"),
    [(1.0, "more than 99\u00a0%"), (0.994, "more than 99\u00a0%"), (0.505, "50\u00a0%"), (0.004, "less than 1\u00a0%")],
)
def test_percent_never_claims_to_be_certain(probability: float, words: str) -> None:
    assert percent(probability) == words


def test_class_names_are_said_as_people_say_them() -> None:
    assert [readable(name) for name in ("sweet_pepper", "glass", "biological")] == [
        "sweet pepper",
        "glass",
        "food scraps",
    ]


@pytest.mark.parametrize("text", ["![a](b)", "<script>", ":red[x]", "`x`", "a_b_", "$x$", "# x"])
def test_text_of_others_is_no_markdown(text: str) -> None:
    escaped = plain(text)
    assert escaped.replace("\\", "") == text
    assert all(escaped[i - 1] == "\\" for i, letter in enumerate(escaped) if letter in "![]()<>:`_$#")


def test_a_long_name_is_shortened_in_the_middle() -> None:
    assert len(plain("x" * 500)) <= 61


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute"),
        (60, "about 1 minute"),
        (130, "about 2 minutes"),
        (1400, "about 25 minutes"),
        (5500, "about 1.5 hours"),
        (40_000, "about 11 hours"),
    ],
)
def test_times_are_said_without_false_precision(seconds: float, words: str) -> None:
    assert about(seconds) == words


@pytest.mark.parametrize(
    ("title", "name"), [("CIFAR-100, quick", "cifar-100-quick"), ("---", "training"), ("x" * 99, "x" * 64)]
)
def test_a_title_becomes_a_short_name(title: str, name: str) -> None:
    assert short_name(title) == name


def test_titles_that_several_have_get_their_name_beside_them() -> None:
    titles = {"a": "Kitchen", "b": "Office", "c": "Kitchen"}
    assert distinct(titles) == {"a": "Kitchen (a)", "b": "Office", "c": "Kitchen (c)"}


@pytest.mark.parametrize(("count", "words"), [(0, "0 photos"), (1, "1 photo"), (1200, "1,200 photos")])
def test_things_are_counted_in_words(count: int, words: str) -> None:
    assert count_of(count, "photo") == words
