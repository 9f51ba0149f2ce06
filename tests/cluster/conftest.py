"""A Ray cluster of a head and two nodes on this machine, where Ray is installed."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recycler import jobs
from recycler.runs import LIVE, list_runs
from recycler.settings import settings


@pytest.fixture
def cluster(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The cluster; its head works on nothing, its nodes have two cores each."""
    pytest.importorskip("ray", reason="needs Ray: make env-ray")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")  # whose Python the nodes start
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": True})
    try:
        monkeypatch.setenv("RECYCLER_EXECUTOR", "ray")
        monkeypatch.setenv("RECYCLER_RAY_ADDRESS", f"http://{nodes.head_node.webui_url}")
        settings.cache_clear()
        for _ in range(2):
            nodes.add_node(num_cpus=2)
        nodes.wait_for_nodes()
        yield nodes
    finally:
        for run in list_runs(settings().runs):
            if run.record.state in LIVE:
                jobs.discard(run.record.run, patience=60)
        nodes.shutdown()
