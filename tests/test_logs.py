import json
import logging

from recycler.logs import formatter


def test_a_line_is_one_json_object_with_what_it_carries() -> None:
    record = logging.makeLogRecord(
        {
            "name": "recycler.monitoring",
            "levelname": "INFO",
            "msg": "said “%s”\nand more",
            "args": ("x",),
            "verdict": "bin",
        }
    )
    text = formatter().format(record)
    line = json.loads(text)
    assert "\n" not in text
    assert line.pop("time").endswith(("+0000", "00", "30"))
    assert line == {
        "level": "INFO", "logger": "recycler.monitoring", "message": "said “x”\nand more", "verdict": "bin"
    }  # fmt: skip


def test_a_traceback_stays_on_its_line() -> None:
    try:
        raise ValueError("teapot")
    except ValueError as problem:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": (ValueError, problem, problem.__traceback__)})
    text = formatter().format(record)
    assert "\n" not in text
    assert "teapot" in json.loads(text)["exc_info"]
