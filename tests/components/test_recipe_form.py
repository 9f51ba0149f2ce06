"""The form as a visitor has it, on small photos made on the spot."""

import io
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import state
from components.recipe_form.augmentation import KINDS, strength_to_begin_with
from components.recipe_form.copies import search
from components.recipe_form.method import apply_method, method_of
from components.recipe_form.preview import previewer
from recycler import jobs
from recycler.again import draft_again
from recycler.datasets.cifar100 import has_cifar100
from recycler.datasets.collected import keep
from recycler.datasets.uploads import list_uploads
from recycler.drafts import keep_draft, load_draft
from recycler.labels import change_label, undo
from recycler.presets import METHODS
from recycler.recipe import Augmentation, Data, Recipe, dump_recipe, load_recipe, parse_recipe
from recycler.rulebook import find_rulebook
from recycler.runs import new_run
from recycler.settings import PROJECT, settings
from recycler.subjects import Subject
from recycler.verdict import ALWAYS_ANSWER
from tests.datasets.pictures import photo, write_tree

GIVEN = os.environ.get("RECYCLER_DATA", "")  # before a fixture sets it
CLASSES = {"glass": 30, "paper": 8, "plastic": 12}


def form() -> None:
    import streamlit as st

    from components.recipe_form import recipe_form

    wanted = recipe_form()
    if wanted is not None:
        st.session_state["wanted"] = wanted


@pytest.fixture(autouse=True)
def trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of data sets that holds `home` alone."""
    photos = {f"home/{name}/{i}.jpg": photo(i) for name, count in CLASSES.items() for i in range(count)}
    write_tree(tmp_path, {**photos, "home/glass/notes.txt": b"no photo"})
    monkeypatch.setenv("RECYCLER_DATA", str(tmp_path))
    settings.cache_clear()
    return tmp_path


@pytest.fixture
def app() -> AppTest:
    """The form with the photos of `home` chosen."""
    return choose(opened(), "home")


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(form, default_timeout=60)
    app.query_params.update(query)
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def choose(app: AppTest, *names: str) -> AppTest:
    return checked(app.button_group(key=state.TRAIN_SOURCES).set_value([*names]).run())


def press(app: AppTest, key: str, value: Any) -> AppTest:
    return checked(app.button_group(key=key).set_value(value).run())


def fold(app: AppTest, name: str) -> AppTest:
    app.session_state[f"{state.TRAIN_FOLD}_{name}"] = True
    return checked(app.run())


def fields(app: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = app.session_state[state.TRAIN_DRAFT]["recipe"]
    return found


def words(app: AppTest) -> str:
    return " ".join(text.value for text in [*app.caption, *app.markdown, *app.error, *app.info]).replace("\\", "")


def packed(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    return file.getvalue()


def test_without_any_photos_it_says_what_to_set_or_upload(trees: Path) -> None:
    shutil.rmtree(trees / "home")
    app = opened()
    assert "RECYCLER_DATA" in words(app)
    assert "python -m recycler download" in words(app)
    assert app.button(key=state.TRAIN_START).disabled


def test_the_first_visit_offers_the_quick_recipe_ready_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_cifar100(Path(GIVEN) / "cifar100"):
        pytest.skip("needs real photos: set RECYCLER_DATA to the folder that holds cifar100/")
    monkeypatch.setenv("RECYCLER_DATA", GIVEN)
    settings.cache_clear()
    app = opened()
    assert "This recipe is ready" in words(app)
    app.button(key=state.TRAIN_START).click().run()
    assert app.session_state["wanted"].recipe == load_recipe(PROJECT / "recipes" / "quick.yaml")
    assert dict(app.query_params) == {}  # nothing was changed, so nothing has to be kept


def test_photos_are_counted_divided_and_pictured(app: AppTest) -> None:
    assert "50 photos of 3 classes" in words(app)
    assert "Uneven: glass has 4 times the photos of paper" in words(app)
    assert "notes.txt: not a photo" in words(app)
    [grid] = [html.proto.body for html in app.get("html") if 'class="pictures"' in html.proto.body]
    assert grid.count("data:image/jpeg;base64,") == 3
    assert "<b>glass</b><span>30</span>" in grid


def test_title_name_and_rules_follow_the_photos_until_they_are_given(app: AppTest) -> None:
    assert (fields(app)["title"], fields(app)["name"], fields(app)["rulebook"]) == ("Home", "home", "default")
    app.text_input(key=state.TRAIN_TITLE).input("My own: été").run()
    rules = f"{state.FIELD}_rulebook_{len(app.selectbox[1].options)}"
    checked(app.selectbox(key=rules).set_value("germany").run())
    choose(choose(app), "home")
    assert (fields(app)["title"], fields(app)["rulebook"]) == ("My own: été", "germany")


def test_fewer_photos_a_class_can_be_taken(app: AppTest) -> None:
    checked(app.slider(key=f"{state.FIELD}_per_class_30").set_value(10).run())
    assert fields(app)["data"]["sources"][0]["per_class"] == 10
    assert "28 photos of 3 classes" in words(app)
    checked(app.slider(key=f"{state.FIELD}_per_class_30").set_value(30).run())
    assert fields(app)["data"]["sources"][0]["per_class"] is None


def test_what_learns_is_counted_as_the_choice_changes(app: AppTest) -> None:
    press(app, state.TRAIN_METHOD, "thesis")
    key = f"{state.FIELD}_stages.1.unfreeze_layers86"
    head = 2 * 1024 + (1024 * 512 + 512) + (512 * 3 + 3)
    assert f"**{head:,}** parameters learn first, then **{head + 2_126_848:,}**" in words(app)
    checked(app.slider(key=key).set_value(12).run())
    assert f"**{head + 1_593_856:,}**" in words(app)
    assert method_of(fields(app)) == "fine_tuning"  # no longer the thesis to the letter


def test_blocks_can_be_unfrozen_by_name_instead_of_the_last_layers(app: AppTest) -> None:
    fold(press(app, state.TRAIN_METHOD, "thesis"), "network")
    [box] = [box for box in app.multiselect if "unfreeze_blocks" in str(box.key)]
    checked(box.set_value(["conv_pw_13", "conv_pw_13_bn"]).run())
    stage = fields(app)["stages"][1]
    assert (stage["unfreeze_blocks"], stage["unfreeze_layers"]) == (["conv_pw_13", "conv_pw_13_bn"], 0)
    head = 2 * 1024 + (1024 * 512 + 512) + (512 * 3 + 3)
    assert f"**{head + 1024 * 1024 + 2 * 1024:,}**" in words(app)
    checked(app.multiselect(key=str(box.key)).set_value([]).run())
    assert fields(app)["stages"][1]["unfreeze_layers"] == 24


def test_what_a_later_fine_tuning_alone_can_do_is_offered_there_alone(app: AppTest) -> None:
    def offered() -> dict[str, str]:
        keys = [str(slider.key) for slider in app.slider]
        return {name: key for name in ("cutmix", "start_share") for key in keys if name in key}

    fold(fold(press(app, state.TRAIN_METHOD, "thesis"), "advanced"), "stage_0")
    assert not offered()
    fold(press(app, f"{state.TRAIN_STAGE}_2", 1), "stage_1")
    for name, key in offered().items():
        checked(app.slider(key=key).set_value(0.5).run())
        assert fields(app)["stages"][1][name] == 0.5
    assert {*offered()} == {"cutmix", "start_share"}


def test_a_gpu_is_refused_at_its_field_where_there_is_none(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    fold(app, "advanced")
    press(app, f"{state.FIELD}_device", "gpu")
    assert "This machine has no GPU, or hides it" in words(app)
    assert app.button(key=state.TRAIN_START).disabled


def test_a_mistake_stands_at_its_field_and_nothing_starts(app: AppTest) -> None:
    press(app, state.TRAIN_PRESET, "heavy")
    assert "ZCA whitening takes photos of at most 32 pixels" in words(app)
    assert "Something above has to be mended first." in words(app)  # so it is said at the field, and once
    assert app.button(key=state.TRAIN_START).disabled
    press(app, state.TRAIN_PRESET, "phone")
    assert not app.button(key=state.TRAIN_START).disabled


def test_each_augmentation_is_a_switch_with_its_strength(app: AppTest) -> None:
    press(app, state.TRAIN_PRESET, "relevant")
    fold(app, "each")
    checked(app.toggle(key=f"{state.TRAIN_SWITCH}_rotation_degrees").set_value(False).run())
    checked(app.toggle(key=f"{state.TRAIN_SWITCH}_hue_degrees").set_value(True).run())
    checked(app.slider(key=f"{state.FIELD}_augmentation.hue_degrees").set_value(30.0).run())
    change = fields(app)["augmentation"]
    assert (change["rotation_degrees"], change["hue_degrees"], change["preset"]) == (0.0, 30.0, "relevant")
    assert "Changed by you: rotation, hue" in words(app)


def test_the_form_survives_a_reload(app: AppTest) -> None:
    press(app, state.TRAIN_METHOD, "fine_tuning")
    app.text_area(key=state.TRAIN_NOTE).input("Does it help?").run()
    identity = str(app.query_params[state.TRAIN_ID])
    again = opened(**{state.TRAIN_ID: identity})
    assert fields(again) == fields(app)
    assert again.text_area(key=state.TRAIN_NOTE).value == "Does it help?"
    assert again.text_input(key=state.TRAIN_TITLE).value == "Home"


@pytest.mark.parametrize("damage", [{"recipe": {}}, {"recipe": {"stages": []}}, {"note": 1}])
def test_a_draft_of_another_version_is_passed_over(app: AppTest, damage: dict[str, Any], own_home: Path) -> None:
    identity = str(app.query_params[state.TRAIN_ID])
    assert load_draft(identity)
    (own_home / "drafts" / f"{identity}.json").write_text(str(damage).replace("'", '"'))
    assert fields(opened(**{state.TRAIN_ID: identity}))["name"] == "quick"


def test_starting_gives_the_recipe_and_its_label(app: AppTest) -> None:
    app.text_input(key=state.TRAIN_TITLE).input("Kitchen, first try").run()
    app.text_area(key=state.TRAIN_NOTE).input("With a note").run()
    app.button(key=state.TRAIN_START).click().run()
    wanted = app.session_state["wanted"]
    assert (wanted.label.title, wanted.label.note) == ("Kitchen, first try", "With a note")
    assert wanted.recipe.name == "kitchen-first-try"
    assert wanted.recipe == parse_recipe(dump_recipe(wanted.recipe))
    assert [source.name for source in wanted.recipe.data.sources] == ["home"]


@pytest.mark.parametrize("path", sorted((PROJECT / "recipes").rglob("*.yaml")), ids=lambda path: path.stem)
def test_our_recipes_come_into_the_form_unchanged_and_leave_it_so(path: Path) -> None:
    app = opened()
    checked(app.selectbox(key=state.TRAIN_FROM).set_value(str(path.relative_to(PROJECT))).run())
    fold(fold(fold(app, "advanced"), "network"), "each")
    assert Recipe.model_validate(fields(app)) == load_recipe(path)


def test_a_yaml_file_is_loaded_and_a_wrong_one_told(app: AppTest) -> None:
    text = (PROJECT / "recipes" / "thesis" / "home_photos.yaml").read_bytes()

    def load(content: bytes) -> None:
        uploader = next(u for u in app.file_uploader if "YAML" in u.label)
        checked(uploader.set_value(("mine.yaml", content, "application/yaml")).run())

    load(text + b"\nbackbonne: mobilenet\n")
    assert "unknown key “backbonne”" in words(app)
    assert fields(app)["name"] == "home"
    load(text)
    assert fields(app)["name"] == "thesis-home-photos"
    assert "backbonne" not in words(app)


def test_a_yaml_file_with_lists_is_queued_as_so_many_trainings(app: AppTest) -> None:
    ahead = new_run(settings().runs, load_recipe(PROJECT / "recipes" / "quick.yaml"), "cpu")  # the others wait for it
    text = (PROJECT / "recipes" / "quick.yaml").read_text().replace("dropout: 0.5", "dropout: [0.2, 0.5]")
    uploader = next(u for u in app.file_uploader if "YAML" in u.label)
    checked(uploader.set_value(("sweep.yaml", text.encode(), "application/yaml")).run())
    assert "2 trainings" in words(app)
    with ahead.lock:
        try:
            checked(app.button(key=state.TRAIN_QUEUE_ALL).click().run())
            assert [run.recipe.network.dropout for run in jobs.queue("cpu")] == [0.5, 0.2, 0.5]
            assert "2 trainings" not in words(app)
        finally:
            for run in jobs.queue("cpu")[1:]:
                jobs.discard(run.record.run)


def test_an_uploaded_zip_is_kept_and_chosen(app: AppTest) -> None:
    photos = {f"{name}/{i}.jpg": photo(i) for name in ("metal", "shoes") for i in range(6)}
    content = packed({**photos, "../evil.jpg": photo(1), "metal/x.exe": b"junk"})
    uploader = next(u for u in app.file_uploader if "zip" in u.label)
    checked(uploader.set_value(("Bin day.zip", content, "application/zip")).run())
    [path] = list_uploads()
    assert fields(app)["data"]["sources"][-1]["name"] == str(path)
    choose(app, str(path))
    assert "12 photos of 2 classes" in words(app)
    assert "a name that leads out of the zip" in words(app)
    assert fields(app)["title"] == "bin-day"


def test_a_zip_that_is_none_and_a_folder_that_is_not_there_are_told_at_their_fields(app: AppTest) -> None:
    uploader = next(u for u in app.file_uploader if "zip" in u.label)
    checked(uploader.set_value(("a.zip", b"nothing", "application/zip")).run())
    assert "a.zip is no zip" in words(app)
    checked(app.text_input(key=state.TRAIN_FOLDER).input("/nowhere/at/all").run())
    assert "/nowhere/at/all is not a folder" in words(app)
    assert [source["name"] for source in fields(app)["data"]["sources"]] == ["home"]


def say_what_is_recycling(app: AppTest, *classes: str) -> AppTest:
    [box] = [box for box in app.multiselect if str(box.key).startswith(state.TRAIN_RECYCLED)]
    checked(box.set_value([*classes]).run())
    return checked(app.button(key=state.TRAIN_OWN_RULES).click().run())


def test_classes_that_no_rulebook_knows_are_asked_for_and_then_it_can_start(
    tmp_path_factory: pytest.TempPathFactory, app: AppTest
) -> None:
    names = [f"{c}/{i}.jpg" for c in ("capsule", "glass", "wrapper") for i in range(6)]
    tree = write_tree(tmp_path_factory.mktemp("kitchen"), {name: photo(i) for i, name in enumerate(names)})
    choose(checked(app.text_input(key=state.TRAIN_FOLDER).input(str(tree)).run()), str(tree))
    assert "No rulebook says where all of these classes go" in words(app)
    assert app.button(key=state.TRAIN_START).disabled
    say_what_is_recycling(app, "capsule", "glass")
    assert not app.button(key=state.TRAIN_START).disabled
    book = find_rulebook(fields(app)["rulebook"])
    assert book.mask(["capsule", "glass", "wrapper"]).tolist() == [True, True, False]
    assert book.classes["glass"] == find_rulebook("default").classes["glass"]


def test_ones_own_word_goes_before_a_rulebooks(app: AppTest) -> None:
    assert app.button(key=state.TRAIN_OWN_RULES).disabled
    say_what_is_recycling(app, "paper")
    assert fields(app)["rulebook"] == "home"
    assert find_rulebook("home").mask(list(CLASSES)).tolist() == [False, True, False]
    say_what_is_recycling(app, "paper", "glass")
    assert fields(app)["rulebook"] == "home"
    assert find_rulebook("home").mask(list(CLASSES)).tolist() == [True, True, False]


def test_a_press_counts_although_the_search_for_copies_ends_meanwhile(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(4):
        keep(photo(100 + i), "glass" if i % 2 else "paper")
    fragment = st.fragment

    def after_the_search(function: Any, run_every: float | None = None) -> Any:
        if run_every:
            search(Data.model_validate(st.session_state[state.TRAIN_DRAFT]["recipe"]["data"])).answer.exception()
        return fragment(function, run_every=run_every)

    checked(app.run())  # which offers them, too
    monkeypatch.setattr(st, "fragment", after_the_search)
    app.button_group(key=state.TRAIN_SOURCES).set_value(["home", "collected"])
    checked(app.button(key=state.TRAIN_START).click().run())
    assert [source.name for source in app.session_state["wanted"].recipe.data.sources] == ["home", "collected"]


def test_copies_of_a_photo_are_told_and_shown(app: AppTest) -> None:
    search(Data.model_validate(fields(app)["data"])).answer.result(60)
    checked(app.run())
    assert "20 photos are copies of another, or nearly. In 12 cases a copy is in another class." in words(app)
    app.session_state[state.TRAIN_COPIES] = True
    checked(app.run())
    [grid] = [html.proto.body for html in app.get("html") if "--columns: 4" in html.proto.body]
    assert grid.count("data:image/jpeg;base64,") == 2 * 8
    assert "<b>glass and paper and plastic</b><span>3 photos</span>" in grid


def test_the_preview_shows_photos_before_and_after(app: AppTest, request: pytest.FixtureRequest) -> None:
    press(app, state.TRAIN_PRESET, "relevant")
    app.session_state[state.TRAIN_PREVIEW] = True
    app.run(timeout=180)
    checked(app)

    def shown() -> list[str]:
        grid = next(h.proto.body for h in app.get("html") if "--columns: 4" in h.proto.body)
        return re.findall('base64,([^"]+)', grid)

    request.addfinalizer(previewer().close)
    first = shown()
    assert len(first) == 16
    checked(app.button(key=state.TRAIN_REDRAW).click().run())
    assert shown()[::2] == first[::2]
    assert shown()[1::2] != first[1::2]


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_known_by_what_it_sets(method: str) -> None:
    quick = load_recipe(PROJECT / "recipes" / "quick.yaml").model_dump(mode="json")
    chosen = apply_method(quick, method)
    assert method_of(chosen) == method
    assert Recipe.model_validate(chosen).data == load_recipe(PROJECT / "recipes" / "quick.yaml").data


def test_every_strength_is_in_the_form_once_and_begins_within_its_bounds() -> None:
    drawn = [name for kind in KINDS.values() for name in kind]
    assert sorted(drawn) == sorted(n for n, f in Augmentation.model_fields.items() if f.annotation is float)
    for name in drawn:
        Augmentation.model_validate({name: strength_to_begin_with(name)})


def test_classes_are_made_to_count_more(app: AppTest) -> None:
    fold(app, "advanced")
    assert app.multiselect(key=state.TRAIN_EMPHASIS).options == ["glass", "paper", "plastic"]
    checked(app.multiselect(key=state.TRAIN_EMPHASIS).set_value(["paper", "glass"]).run())
    checked(app.slider(key=f"{state.FIELD}_emphasis_glass").set_value(3.5).run())
    assert fields(app)["emphasis"] == {"paper": 2.0, "glass": 3.5}
    assert "Photos of paper, glass count more" in words(app)
    app.button(key=state.TRAIN_START).click().run()
    assert app.session_state["wanted"].recipe.emphasis == {"paper": 2.0, "glass": 3.5}


def test_an_emphasised_class_goes_with_the_photos_that_had_it(app: AppTest, tmp_path: Path) -> None:
    identity = str(app.query_params[state.TRAIN_ID])
    draft = load_draft(identity)
    assert draft is not None
    draft["recipe"]["emphasis"] = {"tin": 2.0, "glass": 2.0}
    keep_draft("ab" * 8, draft)
    wrong = opened(**{state.TRAIN_ID: "ab" * 8})
    assert "its photos have no such class" in words(wrong)
    assert wrong.button(key=state.TRAIN_START).disabled
    fold(wrong, "advanced")
    assert "Something above has to be mended first" in words(wrong)
    choose(choose(wrong), "home")
    assert fields(wrong)["emphasis"] == {}


def test_corrected_labels_are_noticed_by_the_form(app: AppTest, trees: Path) -> None:
    assert "50 photos of 3 classes" in words(app)
    change_label("home", "glass/1.jpg", None)
    change_label("home", "glass/2.jpg", "paper")
    checked(app.run())
    assert "49 photos of 3 classes" in words(app)
    assert "glass/1.jpg: left out by a corrected label" in words(app)
    undo("home")
    undo("home")
    assert "50 photos of 3 classes" in words(checked(app.run()))


def test_a_damaged_labels_file_is_told_and_nothing_starts(app: AppTest, own_home: Path) -> None:
    (own_home / "labels").mkdir()
    (own_home / "labels" / "home.jsonl").write_text("{\n")
    checked(app.run())
    assert "home.jsonl cannot be read: line 1 is no change of a label" in words(app)
    assert app.button(key=state.TRAIN_START).disabled


def test_collected_photos_are_offered_with_counts_and_pictures() -> None:
    for i in range(4):
        keep(photo(100 + i), "glass" if i % 2 else "metal")
    app = choose(opened(), "home", "collected")
    assert "My photos" in app.button_group(key=state.TRAIN_SOURCES).options
    assert "54 photos of 4 classes" in words(app)
    [grid] = [html.proto.body for html in app.get("html") if 'class="pictures"' in html.proto.body]
    assert "<b>metal</b><span>2</span>" in grid
    assert grid.count("data:image/jpeg;base64,") == 4


def test_a_draft_that_trains_again_says_from_what_until_another_recipe_takes_its_place(app: AppTest) -> None:
    keep(photo(1), "glass")
    run = new_run(settings().runs, Recipe.model_validate(fields(app)), "cpu")
    parent = Subject("household", "Household waste", ("glass", "paper", "plastic"), ALWAYS_ANSWER, run=run)
    identity = draft_again(parent, ["paper"])
    app.query_params[state.TRAIN_ID] = identity  # in the same visit, which holds another draft
    checked(app.run())
    assert fields(app)["title"] == "Home, again"
    assert "Again, from Household waste" in words(app)
    assert [source["name"] for source in fields(app)["data"]["sources"]] == ["home", "collected"]
    app.button(key=state.TRAIN_START).click().run()
    assert app.session_state["wanted"].parent == "household"
    assert opened(**{state.TRAIN_ID: identity}).session_state[state.TRAIN_DRAFT]["parent"] == "household"
    checked(app.selectbox(key=state.TRAIN_FROM).set_value("recipes/quick.yaml").run())
    assert "Again, from" not in words(app)
    assert app.session_state[state.TRAIN_DRAFT]["parent"] == ""


def test_an_address_of_a_draft_that_is_gone_keeps_what_the_visit_holds(app: AppTest) -> None:
    before = fields(app)
    app.query_params[state.TRAIN_ID] = "0" * 16
    checked(app.run())
    assert fields(app) == before
