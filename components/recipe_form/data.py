"""Which photos: named sets that were found, uploaded zips, folders on the server; what is in them, and what is used."""

from pathlib import Path
from typing import Any

import streamlit as st

from components import data_sets, state
from components.pictures import Picture, picture_grid
from components.recipe_form import photos
from components.recipe_form.copies import copies_note
from components.recipe_form.draft import Draft
from components.recipe_form.fields import Fields, bind, tell
from components.recipe_form.rules import fitting_rulebooks, rules_form
from components.words import count_of, plain, readable, short_name
from recycler.access import may
from recycler.datasets import available_datasets
from recycler.datasets.folder import load_folder
from recycler.datasets.named import require_offered
from recycler.datasets.summary import Summary
from recycler.datasets.uploads import keep_upload, list_uploads
from recycler.errors import DatasetError
from recycler.recipe import Data, Source

TITLES = {"cifar100": "CIFAR-100", "trashnet": "TrashNet", "garbage": "Garbage", "home": "Home"}
SHOWN = 10  # classes with a picture at first; the others are a fold away
MOST = 200  # classes with a picture at all
UNEVEN = 3.0  # from which the rarest class is worth a word
FIRST_COLUMNS = 5
UPLOAD_MEGABYTES = 500  # of a zip: it passes through memory; a larger set goes into a folder on the server


def data_form(draft: Draft, fields: Fields) -> tuple[Data, Summary] | None:
    """Draw the choice of photos; gives what was chosen, or None while it cannot be used."""
    known = _known(draft)
    if known:
        _sources(draft, known)
    else:
        st.info(
            f"No photos yet. Upload a zip below, or set RECYCLER_DATA to a folder that holds "
            f"{', '.join(list(TITLES)[:-1])} or {[*TITLES][-1]}. CIFAR-100 comes with: python -m recycler download",
            icon=":material/photo_library:",
        )
    with st.expander("Add photos of your own", icon=":material/add_photo_alternate:", expanded=not known):
        _add(draft)
    if not draft.get("data.sources"):
        return None
    try:
        data = Data.model_validate(draft.get("data"))
        summary = photos.summary(data.model_dump_json(), data_sets.stamps(data))
    except (DatasetError, ValueError) as problem:
        text = str(problem) if isinstance(problem, DatasetError) else "These photos cannot be divided so."
        st.error(plain(text, 600))
        return None
    _show(data, summary)
    _how_many(draft, summary, fields)
    return (data, summary) if rules_form(draft, tuple(summary.classes)) else None


def name_of(source: str) -> str:
    """A source's name for people."""
    return "My photos" if source == "collected" else TITLES.get(source, Path(source).stem)


def _known(draft: Draft) -> list[str]:
    """Sources to choose from: those that were found, and those that the recipe names."""
    found = [name for name, path in available_datasets().items() if path]
    uploads = [str(path) for path in list_uploads()]
    return list(dict.fromkeys([*found, *uploads, *(source["name"] for source in draft.get("data.sources"))]))


def _sources(draft: Draft, known: list[str]) -> None:
    """Several sources may be chosen; one that stays keeps all that the recipe says of it."""

    def changed() -> None:
        before = {source["name"]: source for source in draft.get("data.sources")}
        _choose(draft, [before.get(name) or _new(name) for name in st.session_state[state.TRAIN_SOURCES]])

    bind(state.TRAIN_SOURCES, [source["name"] for source in draft.get("data.sources")])
    st.pills(
        "Photos",
        known,
        selection_mode="multi",
        format_func=name_of,
        key=state.TRAIN_SOURCES,
        on_change=changed,
        label_visibility="collapsed",
    )
    if not draft.get("data.sources"):
        st.markdown(":red[:material/error: Choose photos to learn from.]")


def _choose(draft: Draft, sources: list[dict[str, Any]]) -> None:
    """Take these sources, a title and rules that go with them; what was said of the ones before goes."""
    fields = {"data": draft.get("data") | {"sources": sources, "label_rule": ""}, "description": ""}
    if not draft.is_own("title"):
        title = " and ".join(name_of(source["name"]) for source in sources) or "My photos"
        fields |= {"title": title, "name": short_name(title)}
    try:
        classes = data_sets.load(Data.model_validate(fields["data"])).classes
    except (DatasetError, ValueError):
        classes = ()
    fitting = fitting_rulebooks(classes) if classes else {}
    fields["emphasis"] = {name: factor for name, factor in draft.get("emphasis").items() if name in classes}
    wanted = draft.is_own("rulebook") and draft.get("rulebook") in fitting
    if fitting and not wanted:
        fields["rulebook"] = next(iter(fitting))
    draft.update(fields)


def _new(name: str) -> dict[str, Any]:
    return Source(name=name).model_dump(mode="json")


def _add(draft: Draft) -> None:
    """An uploaded zip, or for admins a folder on the server; what is wrong with it stands under its field."""
    problems = st.session_state.setdefault(state.TRAIN_PROBLEMS, {})
    turn = st.session_state.setdefault(state.TRAIN_TURN, 0)
    key = f"{state.TRAIN_ZIP}_{turn}"

    def add(name: str) -> None:
        sources = [source for source in draft.get("data.sources") if source["name"] != name]
        only_example = not draft.touched  # the recipe of the first visit makes room for the visitor's own photos
        _choose(draft, [*([] if only_example else sources), _new(name)])

    def uploaded() -> None:
        file = st.session_state[key]
        problems.pop("zip", None)
        if file is None:
            return
        st.session_state[state.TRAIN_TURN] = turn + 1  # a fresh uploader, which lets go of the file
        try:
            add(str(keep_upload(file.name, file)[0]))
        except DatasetError as problem:
            problems["zip"] = str(problem)

    def named() -> None:
        text = st.session_state[state.TRAIN_FOLDER].strip()
        problems.pop("folder", None)
        if not text:
            return
        try:
            require_offered([text])
            load_folder(Path(text).expanduser())
            add(text)
        except DatasetError as problem:
            problems["folder"] = str(problem)

    st.file_uploader(
        "A zip with one folder for each class", "zip", key=key, on_change=uploaded, max_upload_size=UPLOAD_MEGABYTES
    )
    tell(problems.get("zip"))
    if not may("administer"):
        return
    st.text_input(
        "Or a folder on this server, with one folder for each class",
        key=state.TRAIN_FOLDER,
        on_change=named,
        placeholder="/photos/kitchen",
    )
    tell(problems.get("folder"))


def _show(data: Data, summary: Summary) -> None:
    """A picture of each class and its count; the first few at once."""
    names = list(summary.classes)
    _pictures(data, summary, names[:SHOWN])
    if len(names) > SHOWN:
        label = f"The other {min(len(names), MOST) - SHOWN} classes"
        with st.expander(label, key=f"{state.TRAIN_FOLD}_classes", on_change="rerun") as fold:
            if fold.open:
                _pictures(data, summary, names[SHOWN:MOST])
    st.caption(_in_words(summary))
    copies_note(data)
    if summary.skipped:
        label = f"Left out: {count_of(_files(summary.skipped), 'file')}"
        with st.expander(label, key=f"{state.TRAIN_FOLD}_skipped"):
            st.markdown("\n".join(f"- {plain(name, 100)}: {plain(reason, 100)}" for name, reason in summary.skipped))


def _pictures(data: Data, summary: Summary, names: list[str]) -> None:
    found = photos.thumbnails(data.model_dump_json(), data_sets.stamps(data), tuple(names))
    pictures = [
        Picture((found[name],) if name in found else (), readable(name), f"{summary.classes[name]:,}") for name in names
    ]
    picture_grid(pictures, FIRST_COLUMNS)


def _in_words(summary: Summary) -> str:
    """How many photos, how they are divided, and whether classes are uneven."""
    text = (
        f"{summary.photos:,} photos of {len(summary.classes)} classes: {summary.train:,} to learn from, "
        f"{summary.validation:,} to choose the best weights, {summary.test:,} to test with. "
        "Copies of a photo stay together."
    )
    if summary.imbalance >= UNEVEN:
        most, fewest = (f(summary.classes, key=summary.classes.__getitem__) for f in (max, min))
        text += (
            f" Uneven: {plain(readable(most))} has {summary.imbalance:.0f} times the photos of "
            f"{plain(readable(fewest))}; class weights, under Advanced, make up for that."
        )
    return text


def _files(skipped: tuple[tuple[str, str], ...]) -> int:
    """How many were left out, those behind the rests "and 1,234 more" among them."""
    rests = [int(name.split()[1].replace(",", "")) for name, _ in skipped if name.startswith("and ")]
    return len(skipped) - len(rests) + sum(rests)


def _how_many(draft: Draft, summary: Summary, fields: Fields) -> None:
    """Photos a class, of all sources alike; at the right end all of them."""
    data = Data.model_validate(draft.get("data"))
    whole = data.model_copy(update={"sources": tuple(s.model_copy(update={"per_class": None}) for s in data.sources)})
    most = max(photos.summary(whole.model_dump_json(), data_sets.stamps(whole)).classes.values())
    if most < 2:
        return

    def changed() -> None:
        chosen = st.session_state[key]
        for source in draft.get("data.sources"):
            source["per_class"] = None if chosen >= most else chosen
        draft.put("data.sources", draft.get("data.sources"))

    key = f"{state.FIELD}_per_class_{most}"
    now = draft.get("data.sources.0.per_class")
    bind(key, min(now or most, most))
    help_text = "Fewer learn faster, more learn better. At the right end: all that there are."
    label = "Photos a class" if len(data.sources) == 1 else "Photos a class and source"
    st.slider(label, 1, most, key=key, on_change=changed, help=help_text)
    fields.tell("data.sources.0.per_class")
