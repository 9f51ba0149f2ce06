"""NVIDIA GPUs of this machine, asked of the driver: TensorFlow would take seconds, and the page does without it."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

QUERY = ("--query-gpu=name,memory.total,memory.used", "--format=csv,noheader,nounits")


class Gpu(NamedTuple):
    """Its name, its memory and how much of it is taken by anybody, in MB."""

    name: str
    memory_megabytes: float
    used_megabytes: float


def has_gpu() -> bool:
    """Whether a GPU is there and this process may see it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1")
    return Path("/dev/nvidiactl").exists() and not hidden


def list_gpus() -> list[Gpu]:
    """The GPUs, in the driver's order; none when there is no driver, or when it does not answer."""
    program = shutil.which("nvidia-smi")
    if not program:
        return []
    try:
        answer = subprocess.run([program, *QUERY], capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
        return [_gpu(line) for line in answer.stdout.splitlines() if line.strip()]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


def _gpu(line: str) -> Gpu:
    """From "NVIDIA H100 80GB HBM3, 81559, 1024": the driver counts in MiB. Raises ValueError for anything else."""
    name, total, used = line.rsplit(",", 2)
    return Gpu(name.strip(), float(total) * 1.048576, float(used) * 1.048576)
