"""Log lines as JSON objects: time, level, logger, message, and whatever a line carries beside it."""

import logging

from pythonjsonlogger.json import JsonFormatter

FIELDS = {"asctime": "time", "levelname": "level", "name": "logger"}


def formatter() -> logging.Formatter:
    """A line of JSON for each record, with the traceback as text in `exc_info`."""
    return JsonFormatter(
        "{asctime}{levelname}{name}{message}", style="{", datefmt="%Y-%m-%dT%H:%M:%S%z", rename_fields=FIELDS
    )


def log_as_json() -> None:
    """Let our loggers speak, as JSON on standard error, and those that have handlers already do the same."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter())
    logging.getLogger("recycler").addHandler(handler)
    logging.getLogger("recycler").setLevel(logging.INFO)
    loggers = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    for other in (handler for logger in (logging.root, *loggers) for handler in logger.handlers):
        other.setFormatter(formatter())
