"""The cluster itself: how to reach its job server, and what its nodes have."""

import logging
import os
from typing import TYPE_CHECKING, NoReturn

from recycler.cluster import INSTALL
from recycler.errors import RunError
from recycler.settings import settings

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient


def has_gpu() -> bool:
    """Whether a node of the cluster has a GPU. Raises RunError."""
    return any(node.get("GPU") for node in nodes())


def nodes() -> list[dict[str, float]]:
    """What each living node of the cluster has, such as CPU and GPU. Raises RunError when there is no answer."""
    connect()  # says what is missing
    from ray.util.state import list_nodes

    try:
        found = list_nodes(settings().ray_address, filters=[("state", "=", "ALIVE")])
    except Exception as problem:  # the state API raises of many kinds
        no_answer(problem)
    return [dict(node.resources_total or {}) for node in found]


def connect() -> "JobSubmissionClient":
    """The client of the cluster's job server. Raises RunError when Ray is not installed or nobody answers."""
    try:
        from ray.job_submission import JobSubmissionClient
    except ImportError as problem:
        raise RunError(INSTALL) from problem
    logging.getLogger("ray").setLevel(logging.ERROR)  # it tells of every file that stays here
    for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS"):  # they would win over the address that is asked for
        os.environ.pop(name, None)
    try:
        return JobSubmissionClient(settings().ray_address)
    except (OSError, RuntimeError) as problem:
        no_answer(problem)


def no_answer(problem: Exception) -> NoReturn:
    """Raise RunError: the cluster is not there."""
    raise RunError(
        f"The Ray cluster does not answer at {settings().ray_address}: start it, or set RECYCLER_RAY_ADDRESS."
    ) from problem
