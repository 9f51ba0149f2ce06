import os
from pathlib import Path

import pytest

from recycler.gpu import has_gpu, list_gpus


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of the driver's, which a test writes."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "nvidia-smi"


def answers(driver: Path, script: str) -> None:
    driver.write_text(f"#!/bin/sh\n{script}\n")
    driver.chmod(0o755)


def test_gpus_are_told_with_their_memory(driver: Path) -> None:
    answers(driver, "echo 'NVIDIA H100 80GB HBM3, 81559, 1000'; echo 'NVIDIA RTX, A2000, 6138, 0'")
    first, second = list_gpus()
    assert (first.name, round(first.memory_megabytes), round(first.used_megabytes)) == (
        "NVIDIA H100 80GB HBM3",
        85521,
        1049,
    )
    assert (second.name, second.used_megabytes) == ("NVIDIA RTX, A2000", 0)


@pytest.mark.parametrize("script", ["exit 9", "echo 'No devices were found'", "echo 'GeForce GT 710, [N/A], [N/A]'"])
def test_a_driver_that_does_not_answer_is_no_gpu(driver: Path, script: str) -> None:
    answers(driver, script)
    assert list_gpus() == []


def test_without_a_driver_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list_gpus() == []


def test_a_gpu_that_is_hidden_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert not has_gpu()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert has_gpu() == Path("/dev/nvidiactl").exists()
