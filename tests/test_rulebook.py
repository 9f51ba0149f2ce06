"""Rulebooks: what ships is complete, what a household writes is read or refused in one sentence."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageColor

from recycler.classes import CIFAR100, HOUSEHOLD
from recycler.errors import RulebookError
from recycler.rulebook import DESTINATIONS, find_rulebook, list_rulebooks, load_rulebook
from recycler.settings import PROJECT, settings

SHIPPED = list_rulebooks(PROJECT / "rulebooks")
GOOD = """
title: Our kitchen
region: our street
source: the leaflet
rules:
  - {destination: recycling, classes: [glass, paper], advice: Rinse it., source: me}
  - {destination: bin, classes: [trash], advice: Into the bin.}
"""


@pytest.fixture
def book_file(tmp_path: Path) -> Path:
    path = tmp_path / "ours.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def refusal(path: Path, old: str, new: str) -> str:
    """What is said about the good file with one slip of the pen in it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RulebookError) as caught:
        load_rulebook(path)
    message = str(caught.value)
    assert "ours" in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_a_rulebook_is_read(book_file: Path) -> None:
    book = load_rulebook(book_file)
    assert (book.name, book.title, book.region) == ("ours", "Our kitchen", "our street")
    assert book.classes["glass"].advice == "Rinse it."
    assert [book.classes[name].source for name in ("glass", "trash")] == ["me", "the leaflet"]
    assert book.recycles("paper")
    assert not book.recycles("trash")
    assert book.mask(["trash", "glass", "paper"]).tolist() == [False, True, True]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_rulebook_serves_the_household_model(name: str) -> None:
    book = load_rulebook(SHIPPED[name])
    book.check(HOUSEHOLD)
    assert all(entry.advice.endswith(".") and entry.source for entry in book.classes.values())
    assert book.recycles("glass")
    assert not book.recycles("trash")


@pytest.mark.parametrize("name", ["default", "thesis"])
def test_these_rulebooks_serve_models_of_cifar_too(name: str) -> None:
    load_rulebook(SHIPPED[name]).check(CIFAR100)


def test_the_thesis_counts_ten_things_of_cifar() -> None:
    mask = load_rulebook(SHIPPED["thesis"]).mask(CIFAR100)
    assert {name for name, recycles in zip(CIFAR100, mask, strict=True) if recycles} == {
        "bottle", "bowl", "can", "cup", "plate", "clock", "keyboard", "lamp", "telephone", "television",
    }  # fmt: skip


def test_countries_differ() -> None:
    books = {name: load_rulebook(SHIPPED[name]) for name in ("uk-england", "germany", "us-typical")}
    food = {name: book.classes["biological"].destination for name, book in books.items()}
    assert food == {"uk-england": "food caddy", "germany": "food caddy", "us-typical": "bin"}
    assert "Pfand" in books["germany"].classes["glass"].advice
    assert "kerb" in books["uk-england"].classes["glass"].advice


def test_an_unknown_key_is_refused_with_the_nearest(book_file: Path) -> None:
    assert "rule 2: unknown key “advise”; did you mean “advice”" in refusal(book_file, "advice: Into", "advise: Into")


def test_an_unknown_top_key_is_refused_with_the_nearest(book_file: Path) -> None:
    assert "unknown key “sources”; did you mean “source”" in refusal(book_file, "source:", "sources:")


def test_an_unknown_destination_is_refused_with_the_nearest(book_file: Path) -> None:
    said = refusal(book_file, "destination: recycling", "destination: recyling")
    assert "rule 1: there is no destination “recyling”; did you mean “recycling”" in said


def test_an_unknown_class_is_refused_with_the_nearest(book_file: Path) -> None:
    assert "“glas”, which no model knows; did you mean “glass”" in refusal(book_file, "[glass,", "[glas,")


def test_a_class_of_ones_own_model_is_allowed_when_named(book_file: Path) -> None:
    book_file.write_text(GOOD.replace("trash", "coffee capsule"), encoding="utf-8")
    assert not load_rulebook(book_file, also=["coffee capsule"]).recycles("coffee capsule")


def test_a_class_named_twice_is_refused(book_file: Path) -> None:
    assert "“paper” twice" in refusal(book_file, "[trash]", "[trash, paper]")


def test_a_missing_key_is_named(book_file: Path) -> None:
    assert "rule 2: “advice” is missing" in refusal(book_file, ", advice: Into the bin.", "")


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list", "rules: [", "title: \tx: y"])
def test_a_file_that_is_no_rulebook_is_refused(book_file: Path, text: str) -> None:
    refusal(book_file, GOOD, text)


@pytest.mark.parametrize("value", ["5", "[]", "{a: b}", "[5]", "[{}]", "null"])
def test_rules_of_another_shape_are_refused(book_file: Path, value: str) -> None:
    book_file.write_text(f"title: a\nregion: b\nsource: c\nrules: {value}\n", encoding="utf-8")
    refusal(book_file, "title: a", "title: a")


def test_a_missing_or_binary_file_is_refused(book_file: Path) -> None:
    with pytest.raises(RulebookError, match="cannot be read"):
        load_rulebook(book_file.with_name("none.yaml"))
    book_file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RulebookError, match="cannot be read"):
        load_rulebook(book_file)


def test_code_in_a_rulebook_is_not_run(book_file: Path, tmp_path: Path) -> None:
    refusal(book_file, "Our kitchen", f"!!python/object/apply:os.mkdir ['{tmp_path / 'made'}']")
    assert not (tmp_path / "made").exists()


def test_a_model_that_knows_more_than_the_rulebook_is_refused(book_file: Path) -> None:
    book = load_rulebook(book_file)
    with pytest.raises(RulebookError, match="ours does not say where battery, shoes should go"):
        book.check(["glass", "battery", "shoes"])
    with pytest.raises(RulebookError):
        book.mask(["battery"])


def test_rulebooks_are_listed_default_first(tmp_path: Path) -> None:
    for name in ("b.yaml", "default.yaml", "a.yaml", "notes.txt"):
        (tmp_path / name).touch()
    assert list(list_rulebooks(tmp_path)) == ["default", "a", "b"]
    assert list_rulebooks(tmp_path / "none") == {}


def test_a_rulebook_is_found_by_name_or_path(book_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_rulebook("default").name == "default"
    assert find_rulebook(str(book_file)).name == "ours"
    with pytest.raises(RulebookError, match="no rulebook “germny”; did you mean “germany”"):
        find_rulebook("germny")
    monkeypatch.setenv("RECYCLER_RULEBOOKS", str(book_file.parent))
    settings.cache_clear()
    assert find_rulebook("ours").title == "Our kitchen"


def test_only_the_recycling_counts_as_recycle() -> None:
    assert [name for name, place in DESTINATIONS.items() if place.counts_as == "recycle"] == ["recycling"]


def linear(colour: str) -> np.ndarray:
    """Linear-light sRGB (3,), 0 to 1 (IEC 61966-2-1)."""
    value = np.array(ImageColor.getrgb(colour)) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("name", DESTINATIONS)
def test_words_are_readable_on_a_destinations_colour(name: str) -> None:
    place = DESTINATIONS[name]
    light = sorted(linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (place.colour, place.ink))
    assert (light[1] + 0.05) / (light[0] + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


# Machado, Oliveira and Fernandes (2009), severity 1; on linear light
EYES = {
    "full colour": np.eye(3),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE Lab of linear-light sRGB, white point D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb.clip(0, 1)
    x, y, z = np.cbrt(xyz / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", EYES)
def test_destinations_can_be_told_apart_by_colour_blind_eyes(eyes: str) -> None:
    seen = {name: lab(EYES[eyes] @ linear(place.colour)) for name, place in DESTINATIONS.items()}
    distance = {pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in itertools.combinations(seen, 2)}
    closest = min(distance, key=lambda pair: distance[pair])
    assert distance[closest] > 10, closest  # a difference of 2.3 can just be noticed
