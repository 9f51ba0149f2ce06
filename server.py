"""The web server: app.py, and beside it /ready and /metrics for whoever runs it. `streamlit run server.py`.

Whether the process lives is told by Streamlit's own /_stcore/health.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recycler import monitoring
from recycler.errors import RecyclerError
from recycler.holdings import keep_tidy
from recycler.home import prepare_home
from recycler.logs import log_as_json
from recycler.settings import PROJECT, settings

# No other page may frame ours, guess another type for a file, or learn an address that was passed on.
HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class WithHeaders:
    """Adds HEADERS to each answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as `app` does, with headers more."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def ready(request: Request) -> JSONResponse:
    """200 when photos can be answered, else 503 with the reasons."""
    found = monitoring.problems()
    return JSONResponse({"ready": not found, "problems": found}, 503 if found else 200)


def metrics(request: Request) -> Response:
    """For Prometheus."""
    return Response(monitoring.metrics(), media_type=monitoring.MEDIA_TYPE)


@asynccontextmanager
async def started(app: st.App) -> AsyncGenerator[None]:
    """Logs are arranged last, when all that logs has been imported; what is too old goes while the server runs."""
    if settings().log == "json":
        log_as_json()
    tidying = asyncio.create_task(keep_tidy())
    yield
    tidying.cancel()


try:
    prepare_home(settings().home)
except RecyclerError as problem:
    sys.exit(str(problem))

app = st.App(
    PROJECT / "app.py",
    routes=[Route("/ready", ready), Route("/metrics", metrics)],
    middleware=[Middleware(WithHeaders)],
    lifespan=started,
)
