"""A visitor of the app as a browser is one: Streamlit's WebSocket, its messages, its upload endpoint."""

import select
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPConnection, HTTPSConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

PATIENCE = 60  # seconds
XSRF = "_streamlit_xsrf"


class OneAtATime(ssl.SSLSocket):
    """A socket that one thread may read while another writes, as WebSockets do.

    OpenSSL allows no two calls at once, and Python 3.11 does not stand between them: now and then an answer was lost.
    """

    @cached_property
    def _turn(self) -> threading.Lock:
        return threading.Lock()

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Wait without the lock, read with it."""
        if not self.pending():
            select.select([self], [], [], self.gettimeout())
        with self._turn:
            return super().recv(buflen, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Write with the lock."""
        with self._turn:
            super().sendall(data, flags)


@dataclass
class Browser:
    """What a browser keeps from one page to the next: cookies, and with https whose certificates it trusts.

    address: such as http://localhost:8501.
    """

    address: str
    trust: ssl.SSLContext | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Name and port that it asks."""
        return urlsplit(self.address).netloc

    def cookie(self) -> str:
        """The cookies as a header says them."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
        """The status of an answer, whose cookies are kept."""
        connection = (
            HTTPSConnection(self.host, timeout=PATIENCE, context=self.trust)
            if self.trust
            else HTTPConnection(self.host, timeout=PATIENCE)
        )
        with closing(connection):
            connection.request(method, path, body, {**(headers or {}), "Cookie": self.cookie()})
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            return answer.status


class Visitor:
    """One session on the Classify page. Raises TimeoutError or RuntimeError when the app does not do its part."""

    def __init__(self, socket: ClientConnection, browser: Browser) -> None:
        self._socket, self._browser = socket, browser
        self._session = self._page = ""
        self._widgets: dict[str, WidgetState] = {}
        self._uploader = ""

    def arrive(self) -> None:
        """Open the page and choose to upload."""
        elements = self._rerun()
        [source] = [e.button_group for e in elements if e.WhichOneof("type") == "button_group"]
        upload = [value for value in source.raw_values if "Upload" in value]
        self._widgets[source.id] = WidgetState(id=source.id)
        self._widgets[source.id].string_array_value.data[:] = upload
        self._rerun()

    def classify(self, name: str, data: bytes) -> tuple[float, set[str]]:
        """Upload a photo; gives the seconds until a verdict was shown, and the headlines of all that are shown."""
        begin = time.perf_counter()
        info = self._upload(name, data)
        sent = WidgetState(id=self._uploader)
        sent.file_uploader_state_value.uploaded_file_info.append(info)
        headlines: set[str] = set()
        seconds = 0.0
        for element in self._run(sent):
            if element.WhichOneof("type") == "alert":
                raise RuntimeError(f"The page says: {element.alert.body}")
            if element.WhichOneof("type") == "html" and '<h2 class="verdict-word"' in element.html.body:
                seconds = seconds or time.perf_counter() - begin
                headlines.add(element.html.body)
        return seconds, headlines

    def _rerun(self) -> list[Element]:
        return list(self._run())

    def _run(self, *more: WidgetState) -> Iterator[Element]:
        """Ask for a run of the page and give its elements, until it is drawn to its end; `more`: states of this run."""
        state = ClientState(page_script_hash=self._page)
        state.widget_states.widgets.extend([*self._widgets.values(), *more])
        self._send(BackMsg(rerun_script=state))
        while True:
            message = self._receive()
            match message.WhichOneof("type"):
                case "new_session":
                    self._session = message.new_session.initialize.session_id or self._session
                    self._page = message.new_session.page_script_hash
                case "delta" if message.delta.WhichOneof("type") == "new_element":
                    element = message.delta.new_element
                    if element.WhichOneof("type") == "file_uploader":
                        self._uploader = element.file_uploader.id
                    if element.WhichOneof("type") == "exception":
                        raise RuntimeError(f"The page broke: {element.exception.message}")
                    yield element
                case "script_finished" if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return
                case "script_finished" if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise RuntimeError("The page does not compile.")

    def _upload(self, name: str, data: bytes) -> UploadedFileInfo:
        wanted = BackMsg()
        wanted.file_urls_request.request_id = uuid.uuid4().hex
        wanted.file_urls_request.file_names.append(name)
        wanted.file_urls_request.session_id = self._session
        self._send(wanted)
        while (message := self._receive()).WhichOneof("type") != "file_urls_response":
            pass
        [urls] = message.file_urls_response.file_urls
        border = uuid.uuid4().hex
        head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{border}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={border}",
            "X-Xsrftoken": self._browser.cookies[XSRF],
        }
        status = self._browser.ask("PUT", urls.upload_url, body, headers)
        if status >= 300:
            raise RuntimeError(f"The upload was answered with {status}.")
        return UploadedFileInfo(name=name, size=len(data), file_id=urls.file_id, file_urls=urls)

    def _send(self, message: BackMsg) -> None:
        self._socket.send(message.SerializeToString())

    def _receive(self) -> ForwardMsg:
        message = ForwardMsg()
        message.ParseFromString(self._socket.recv(PATIENCE, decode=False))
        return message


@contextmanager
def visit(browser: Browser) -> Iterator[Visitor]:
    """A visitor who has opened the page, and leaves at the end."""
    status = browser.ask("GET", "/_stcore/health")
    if status >= 300:
        raise RuntimeError(f"The first request was answered with {status}.")
    with connect(
        f"{'wss' if browser.trust else 'ws'}://{browser.host}/_stcore/stream",
        ssl=browser.trust,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": browser.cookie()},
        max_size=None,
        open_timeout=PATIENCE,
    ) as socket:
        visitor = Visitor(socket, browser)
        visitor.arrive()
        yield visitor
