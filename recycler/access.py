"""Who may do what: four roles, each with all that the one before it may, and the question that functions ask.

Whatever changes something, or shows what not everybody may see, begins with `require`. Who acts is found by asking:
on the command line its user, who owns the machine; in the web process whoever the page is drawn for. There a thread
that serves no visitor is nobody, unless it says on whose behalf it works (`acting`).
"""

import getpass
import ipaddress
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from recycler.errors import AccessError
from recycler.settings import Settings

ACTOR = "RECYCLER_ACTOR"  # in the environment of a process that we start: for whom


class Role(IntEnum):
    """What somebody is here."""

    GUEST = 0
    MEMBER = 1
    TRAINER = 2
    ADMIN = 3

    def __str__(self) -> str:
        return self.name.lower()


Right = Literal["classify", "teach", "relabel", "analyse", "train", "publish", "administer"]

# The least role that has a right, and the right as a sentence has it.
RIGHTS: dict[Right, tuple[Role, str]] = {
    "classify": (Role.GUEST, "show photos"),
    "teach": (Role.MEMBER, "teach photos, and look after those that were taught"),
    "relabel": (Role.MEMBER, "put labels right"),
    "analyse": (Role.MEMBER, "analyse what models get wrong"),
    "train": (Role.TRAINER, "train"),
    "publish": (Role.TRAINER, "publish models and say when they are unsure"),
    "administer": (Role.ADMIN, "look after this server"),
}
assert tuple(RIGHTS) == get_args(Right)  # noqa: S101 - as written above


@dataclass(frozen=True)
class Actor:
    """Somebody who asks for something. name: for the audit log. more: a sentence on how to be allowed more."""

    name: str
    role: Role
    more: str = "Ask whoever runs this server for more."

    def may(self, right: Right) -> bool:
        """Whether the role has a right."""
        return self.role >= RIGHTS[right][0]


NOBODY = Actor("nobody", Role.GUEST)

_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def owner() -> Actor:
    """Whoever runs the program: on the machine that is theirs they may do everything."""
    try:
        name = os.environ.get(ACTOR) or getpass.getuser()
    except (KeyError, OSError):  # a container may have a user without a name
        name = "command line"
    return Actor(name, Role.ADMIN)


_who: Callable[[], Actor] = owner


def ask(who: Callable[[], Actor]) -> None:
    """From now on, in this process, this function says who acts."""
    global _who
    _who = who


def actor() -> Actor:
    """Who acts now."""
    return _acting.get() or _who()


@contextmanager
def acting(who: Actor) -> Iterator[None]:
    """Let the block act on somebody's behalf."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def may(right: Right) -> bool:
    """Whether whoever acts now has a right."""
    return actor().may(right)


def require(right: Right) -> None:
    """Go on only if whoever acts now has a right. Raises AccessError."""
    who = actor()
    if who.may(right):
        return
    least, deed = RIGHTS[right]
    raise AccessError(f"To {deed}, one has to be {_a(least)} here; you are {_a(who.role)}. {who.more}")


def is_this_machine(bound: str | None, peer: str | None, host: str | None) -> bool:
    """Whether a visitor sits at this machine: all three have to say so.

    bound: the address that the server listens at, None for all. No visitor can change that.
    peer: the visitor's address as the socket or a proxy on this machine says, None for this machine.
    host: the name in the request, with or without a port. It tells a proxy or tunnel in front of the server, and a
        page elsewhere whose name was made to lead here (DNS rebinding), neither of which the other two show.
    """
    try:
        named = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return _is_loopback(bound) and (peer is None or _is_loopback(peer)) and _is_loopback(named)


def person(claims: Mapping[str, Any], config: Settings, now: float | None = None) -> Actor:
    """Who a signed-in identity is here.

    claims: of an OpenID Connect ID token, which Streamlit has checked. The role is the highest that `role_claim` names
        or an address list grants. An address counts only if the provider says that it was verified: else anybody could
        sign up there with an admin's. An identity older than `sign_in_hours` is a guest's.
    now: Unix time, by default the clock's.
    """
    issued, mail = claims.get("iat"), str(claims.get("email") or "").lower()
    name = mail or str(claims.get("preferred_username") or claims.get("sub") or "unknown")
    age = (time.time() if now is None else now) - issued if isinstance(issued, int | float) else float("inf")
    if age > 3600 * config.sign_in_hours:
        return Actor(name, Role.GUEST, "Your sign-in has become too old: sign in again.")
    named = claims.get(config.role_claim) if config.role_claim else None
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    roles = [role for role in Role if str(role) in names]
    wanted = {"*"}
    if mail and claims.get("email_verified") in (True, "true"):
        wanted |= {mail, f"@{mail.rpartition('@')[2]}"}
    lists = {Role.MEMBER: config.members, Role.TRAINER: config.trainers, Role.ADMIN: config.admins}
    roles += [role for role, granted in lists.items() if granted & wanted]
    return Actor(name, max(roles, default=Role.GUEST))


def _is_loopback(name: str | None) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False


def _a(role: Role) -> str:
    return f"{'an' if role == Role.ADMIN else 'a'} {role}"
