from pathlib import Path

from benchmarks.__main__ import LONG, QUICK


def test_make_bench_knows_every_benchmark() -> None:
    files = Path(__file__).parents[2].joinpath("benchmarks").glob("*.py")
    found = {file.stem for file in files if 'write("' in file.read_text("utf-8")}
    assert found <= {*QUICK, *LONG}
    assert not {*QUICK} & {*LONG}
