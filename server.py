"""The web server: app.py, and beside it /ready and /metrics for whoever runs it. `streamlit run server.py`.

Whether the process lives is told by Streamlit's own /_stcore/health.
"""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from recycler import monitoring
from recycler.errors import RecyclerError
from recycler.home import prepare_home
from recycler.logs import log_as_json
from recycler.settings import PROJECT, settings


def ready(request: Request) -> JSONResponse:
    """200 when photos can be answered, else 503 with the reasons."""
    found = monitoring.problems()
    return JSONResponse({"ready": not found, "problems": found}, 503 if found else 200)


def metrics(request: Request) -> Response:
    """For Prometheus."""
    return Response(monitoring.metrics(), media_type=monitoring.MEDIA_TYPE)


@asynccontextmanager
async def started(app: st.App) -> AsyncGenerator[None]:
    """Logs are arranged last, when all that logs has been imported."""
    if settings().log == "json":
        log_as_json()
    yield


try:
    prepare_home(settings().home)
except RecyclerError as problem:
    sys.exit(str(problem))

app = st.App(PROJECT / "app.py", routes=[Route("/ready", ready), Route("/metrics", metrics)], lifespan=started)
