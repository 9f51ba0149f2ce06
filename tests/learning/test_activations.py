import os
from pathlib import Path

import keras
import numpy as np
import pytest

from recycler.learning import activations
from recycler.learning.activations import Activations, Later, fingerprint, make_room
from recycler.learning.cuts import cut_trunk, next_cut, unfreeze
from recycler.learning.data import Prepared, load_data
from recycler.learning.training import new_network
from recycler.photos import read_photo
from recycler.recipe import Augmentation, Recipe, Stage, parse_recipe
from recycler.settings import settings


@pytest.fixture
def recipe(shapes: Path) -> Recipe:
    return parse_recipe(
        f"name: tiny\ndata: {{sources: [{{name: {shapes}}}], validation: 0.25, test: 0.25}}\n"
        "network: {input_size: 64}\naugmentation: {preset: phone, copies: 1}"
    )


@pytest.fixture
def prepared(recipe: Recipe) -> Prepared:
    return load_data(recipe)


def at_cut(recipe: Recipe, prepared: Prepared, layers: int) -> Activations:
    stage = Stage(method="fine_tuning", unfreeze_layers=layers) if layers else Stage()
    trunk = new_network(recipe, prepared.data).trunk
    unfreeze(trunk, recipe.network, stage)
    return Activations(cut_trunk(trunk, recipe.network, stage).front, prepared, recipe, lambda *_: None)


def kept_files() -> set[str]:
    return {file.name for file in activations.folder().glob("*")}


@pytest.mark.usefixtures("shared_home")
@pytest.mark.parametrize("layers", [0, 12])
def test_litert_says_what_keras_says_on_every_photo(recipe: Recipe, prepared: Prepared, layers: int) -> None:
    source = at_cut(recipe, prepared, layers)
    photos = np.arange(len(prepared.data))[::-1]  # test photos among them, which are not kept at a cut
    pixels = np.stack([read_photo(prepared.data.read_bytes(int(i)), 64) for i in photos]).astype(np.float32)
    expected = np.asarray(source.front(pixels, training=False))
    np.testing.assert_allclose(source.gather(photos), expected, atol=0.003 * np.abs(expected).max())


@pytest.mark.usefixtures("shared_home")
def test_what_was_computed_once_is_read_again_and_something_else_is_not(recipe: Recipe, prepared: Prepared) -> None:
    train = prepared.parts.train
    first = at_cut(recipe, prepared, 0).gather(train, np.ones_like(train))
    files = kept_files()
    assert np.array_equal(at_cut(recipe, prepared, 0).gather(train, np.ones_like(train)), first)
    assert kept_files() == files
    brighter = recipe.augmentation.model_copy(update={"brightness_fraction": 0.9})
    for other in (recipe.model_copy(update={"seed": 1}), recipe.model_copy(update={"augmentation": brighter})):
        before = kept_files()
        assert not np.array_equal(at_cut(other, prepared, 0).gather(train, np.ones_like(train)), first)
        assert len(kept_files() - before) == 1
    assert not [name for name in kept_files() if name.endswith(".part")]


@pytest.mark.usefixtures("shared_home")
def test_test_photos_are_kept_at_a_cut_where_several_stages_ask_for_them(recipe: Recipe, prepared: Prepared) -> None:
    several = recipe.model_copy(update={"stages": 2 * recipe.stages})
    learning = len(prepared.parts.train) + len(prepared.parts.validation)
    for one, photos in ((recipe, learning), (several, len(prepared.data))):
        files = kept_files()
        at_cut(one, prepared, 12).gather(prepared.parts.train)
        [file] = [name for name in kept_files() - files if name.endswith(".npy")]
        assert len(np.load(activations.folder() / file)) == photos


@pytest.mark.usefixtures("shared_home")
@pytest.mark.parametrize("flip", [False, True])
def test_one_pass_keeps_what_two_stages_begin_from(recipe: Recipe, prepared: Prepared, flip: bool) -> None:
    recipe = recipe.model_copy(update={"network": recipe.network.model_copy(update={"flip": flip})})

    def of(front: keras.Model, keep: bool = False, later: Later | None = None) -> Activations:
        return Activations(front, prepared, recipe, lambda *_: None, keep=keep, later=later)

    trunk = new_network(recipe, prepared.data).trunk
    cut = next_cut(trunk, recipe.network, [Stage(), Stage(method="fine_tuning", unfreeze_layers=12)])
    assert cut
    late = of(cut.front, keep=True)
    early = of(trunk, keep=True, later=Later(late, cut.both()))
    train = prepared.parts.train
    for looks in (np.zeros_like(train), np.ones_like(train)):
        embedding = early.gather(train, looks)
        files = kept_files()
        activations_at_cut = late.gather(train, looks)
        assert kept_files() == files
        assert np.array_equal(early.gather(train, looks), embedding)
        for kept, alone in ((embedding, of(trunk)), (activations_at_cut, of(cut.front))):
            expected = alone.gather(train, looks).astype(np.float32)
            np.testing.assert_allclose(kept.astype(np.float32), expected, atol=0.001 * np.abs(expected).max())


@pytest.mark.usefixtures("shared_home")
def test_the_fingerprint_knows_layers_and_weights_and_not_names(recipe: Recipe, prepared: Prepared) -> None:
    one, other = at_cut(recipe, prepared, 12).front, at_cut(recipe, prepared, 12).front
    assert fingerprint(one) == fingerprint(other) != fingerprint(at_cut(recipe, prepared, 6).front)
    other.weights[0].assign(other.weights[0] + 1e-3)
    assert fingerprint(one) != fingerprint(other)


def test_the_least_recently_used_files_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECYCLER_CACHE_GIGABYTES", "1")
    settings.cache_clear()
    activations.folder().mkdir(parents=True)
    for age, name in enumerate(("young", "middle", "old")):
        file = activations.folder() / f"{name}.npy"
        with file.open("wb") as out:
            out.truncate(400_000_000)  # a hole, which takes no room
        os.utime(file, (1e9 - age, 1e9 - age))
    assert make_room(100_000_000) == 400_000_000
    assert kept_files() == {"young.npy", "middle.npy"}
    assert make_room(600_000_000) == 400_000_000
    assert kept_files() == {"young.npy"}


def test_whitening_is_fitted_on_training_photos_alone(recipe: Recipe, prepared: Prepared) -> None:
    small = recipe.model_copy(
        update={
            "network": recipe.network.model_copy(update={"input_size": 32}),
            "augmentation": Augmentation(zca_fraction=1.0, copies=1),
        }
    )
    whitening = at_cut(small, prepared, 0).change.get_layer("whitening")
    pixels = [read_photo(prepared.data.read_bytes(int(i)), 32) for i in prepared.parts.train]
    np.testing.assert_allclose(
        np.asarray(whitening.mean), np.stack(pixels).reshape(len(pixels), -1).mean(axis=0) / 255, atol=1e-5
    )


@pytest.mark.usefixtures("shared_home")
def test_a_look_is_the_same_to_the_last_digit_however_many_photos_come_first(
    recipe: Recipe, prepared: Prepared
) -> None:
    photos = prepared.parts.train[:16]
    looks = []
    for sizes in ((16,), (3, 16), (5, 9, 16)):
        source = at_cut(recipe, prepared, 0)
        for size in sizes:
            computed = source._computed(photos[:size], np.ones(size, np.int64))
        looks.append(computed)
    assert np.array_equal(looks[0], looks[1])
    assert np.array_equal(looks[0], looks[2])
