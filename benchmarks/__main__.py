"""All benchmarks, one after another, each in a process of its own: `python -m benchmarks` or `make bench`.

By default those that take a minute or two each; `--full` adds those that train, for hours. One that fails is told, and
the others go on. At the end the chart of the README is drawn from what the reports say.
"""

import argparse
import subprocess
import sys
import time

from benchmarks.chart import draw
from recycler.settings import PROJECT

QUICK = ("latency", "web", "live", "pages", "analysis", "formats")
LONG = ("training", "teach", "batch", "reliability", "strangers", "household", "mira")
THESIS = [sys.executable, "-m", "recycler", "bench", "thesis"]  # many hours; goes on where it ended


def main() -> None:
    """Run them; the exit status says whether all went well."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="those that train, too")
    full = options.parse_args().full
    commands = {name: [sys.executable, "-m", f"benchmarks.{name}"] for name in (*QUICK, *(LONG if full else ()))}
    commands |= {"thesis": THESIS} if full else {}
    failed = []
    for name, command in commands.items():
        begin = time.monotonic()
        done = subprocess.run(command, cwd=PROJECT, check=False)  # noqa: S603 - our own programs
        print(f"{name}: {'failed' if done.returncode else 'done'} after {time.monotonic() - begin:.0f} s", flush=True)
        failed += [name] if done.returncode else []
    draw()
    if failed:
        sys.exit(f"These failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
