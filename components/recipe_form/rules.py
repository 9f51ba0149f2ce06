"""Which of the classes are recycling: a rulebook that knows them all, or the visitor's own word."""

import streamlit as st

from components import state
from components.recipe_form.draft import Draft
from components.recipe_form.fields import bind, tell
from components.words import distinct, readable, short_name
from recycler.errors import RulebookError
from recycler.own_rules import keep_rules
from recycler.rulebook import Rulebook, find_rulebook, is_own, known_rulebooks
from recycler.settings import settings


def rules_form(draft: Draft, classes: tuple[str, ...]) -> bool:
    """Draw the choice of a rulebook and of one's own rules; False while no rulebook that fits is chosen."""
    fitting = fitting_rulebooks(classes)
    now = draft.get("rulebook")
    if fitting:
        _choice(draft, fitting, now)
    else:
        st.markdown("**No rulebook says where all of these classes go.** Which of them are recycling?")
    fold = f"{state.TRAIN_FOLD}_rules_{bool(fitting)}"
    with st.expander("Which classes are recycling", key=fold, expanded=not fitting, icon=":material/recycling:"):
        _own_rules(draft, classes, now)
    return now in fitting


def fitting_rulebooks(classes: tuple[str, ...]) -> dict[str, str]:
    """Name and title of the rulebooks that know all of these classes; read again when one was changed."""
    return _fitting(classes, tuple((name, path.stat().st_mtime_ns) for name, path in known_rulebooks().items()))


@st.cache_data(max_entries=64, show_spinner=False)
def _fitting(classes: tuple[str, ...], changed: tuple[tuple[str, int], ...]) -> dict[str, str]:
    fitting = {}
    for name, _ in changed:
        try:
            book = find_rulebook(name, classes)
            book.check(classes)
        except RulebookError:
            continue
        fitting[name] = book.title
    return fitting


def _choice(draft: Draft, fitting: dict[str, str], now: str) -> None:
    titles = distinct(fitting)
    key = f"{state.FIELD}_rulebook_{len(fitting)}"
    bind(key, now)
    st.selectbox(
        "Rules that say which classes are recycling",
        [*fitting] if now in fitting else [now, *fitting],
        format_func=lambda name: titles.get(name, name),
        key=key,
        on_change=lambda: draft.put_own("rulebook", st.session_state[key]),
    )
    if now not in fitting:
        tell(f"The rulebook {now} does not say where all of these classes go; choose another one.")


def _own_rules(draft: Draft, classes: tuple[str, ...], now: str) -> None:
    """What goes to the recycling by the chosen rulebook, to be changed; that makes a rulebook of one's own."""
    book = _book(now, classes) or _book(settings().rulebook, classes)
    fits = book is not None and set(classes) <= set(book.classes)
    recycled = [name for name in classes if book and name in book.classes and book.recycles(name)]
    chosen = st.multiselect(
        "These go to the recycling",
        classes,
        recycled,
        format_func=readable,
        key=f"{state.TRAIN_RECYCLED}_{now}_{hash(classes)}",
        placeholder="Choose classes",
    )
    st.caption("Everything else goes in the bin, or to a better place where the rules above name one.")
    changed = not fits or set(chosen) != set(recycled)
    if st.button("Use these rules", key=state.TRAIN_OWN_RULES, disabled=not changed):
        path = known_rulebooks().get(now)
        own = book if book and fits and path and is_own(path) else None  # then it is changed, else a new one made
        name, title = (own.name, own.title) if own else _new_name(draft)
        try:
            name = keep_rules(name, title, classes, chosen, book)
        except RulebookError as problem:
            tell(str(problem))
        else:
            draft.put_own("rulebook", name)
            st.rerun()


def _new_name(draft: Draft) -> tuple[str, str]:
    """Name and title of rules for the photos that are chosen."""
    title = draft.get("title")
    return short_name(title), f"Your rules for {title or 'these photos'}"


def _book(name: str, classes: tuple[str, ...]) -> Rulebook | None:
    try:
        return find_rulebook(name, classes)
    except RulebookError:
        return None
