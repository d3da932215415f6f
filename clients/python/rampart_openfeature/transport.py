"""HTTP with the standard library: one connection that is kept open, for use by one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR
from urllib.parse import urlencode, urlsplit

_MAX_BODY_BYTES = 256 * 1024 * 1024
_MAX_LINE_BYTES = 64 * 1024
_MAX_RETRY_AFTER = 60.0


class Unreachable(Exception):
    """No response, or not a complete one in time."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server wants the client to wait, at most 60; None where it does not say."""
        given = self.headers.get("retry-after", "")
        try:
            seconds = (
                float(given) if given.isdigit() else parsedate_to_datetime(given).timestamp() - time.time()
            )
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(seconds, 0.0), _MAX_RETRY_AFTER)


@dataclass(frozen=True)
class Server:
    """The address of the server and the key for it.

    Raises:
        ValueError: the address or the key is not valid; the message names it.
    """

    base_url: str
    api_key: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        try:
            is_usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            is_usable = False
        if not is_usable or parts.query or parts.fragment:
            raise ValueError(
                f"base_url must be a URL such as https://rampart.example.com, not {self.base_url!r}"
            )
        if (
            not self.api_key
            or not self.api_key.isascii()
            or not self.api_key.isprintable()
            or " " in self.api_key
        ):
            raise ValueError("api_key must be a key with the role server, as POST /v1/keys returns it")

    def connect(self, timeout: float) -> HTTPConnection:
        parts = urlsplit(self.base_url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return make(parts.hostname or "", parts.port, timeout=timeout)

    def target(self, path: str, query: Mapping[str, str]) -> str:
        prefix = urlsplit(self.base_url).path.rstrip("/")
        return prefix + path + ("?" + urlencode(query) if query else "")


class Transport:
    """Makes one request at a time over one connection. Only `close` may be called from another thread."""

    def __init__(self, server: Server, user_agent: str) -> None:
        self._server = server
        self._headers = {"Authorization": f"Bearer {server.api_key}", "User-Agent": user_agent}
        self._connection: HTTPConnection | None = None

    def get(
        self, path: str, *, query: Mapping[str, str], headers: Mapping[str, str], timeout: float
    ) -> Response:
        return self._request("GET", self._server.target(path, query), None, headers, timeout)

    def post(self, path: str, body: bytes, *, timeout: float) -> Response:
        headers = {"Content-Type": "application/json"}
        return self._request("POST", self._server.target(path, {}), body, headers, timeout)

    def open_lines(self, path: str, *, timeout: float, idle_timeout: float) -> Iterator[bytes]:
        """Opens an endless response. Its lines come until it breaks or is silent for `idle_timeout` seconds.

        Raises:
            Unreachable: the response could not be opened within `timeout` seconds.
        """
        self.close()
        try:
            response = self._send("GET", self._server.target(path, {}), None, _EVENT_STREAM, timeout)
        except _CONNECTION_ERRORS as error:
            self.close()
            raise Unreachable(_describe(error)) from error
        if response.status != 200:
            self.close()
            raise Unreachable(f"HTTP {response.status}")
        self._set_timeout(idle_timeout)
        return self._lines(response)

    def _lines(self, response: HTTPResponse) -> Iterator[bytes]:
        try:
            while line := response.readline(_MAX_LINE_BYTES):
                yield line
        except _CONNECTION_ERRORS:
            return
        finally:
            self.close()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        sock = connection and connection.sock
        if connection is None:
            return
        try:
            if sock:
                sock.shutdown(SHUT_RDWR)  # Wakes a thread that reads from it.
        except OSError:
            pass
        connection.close()

    def _request(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> Response:
        deadline = time.monotonic() + timeout
        is_reused = self._connection is not None
        try:
            return self._exchange(method, target, body, headers, deadline)
        except _CONNECTION_ERRORS as error:
            self.close()
            # A server may close an idle connection at any time. All requests may be sent again.
            if not is_reused or isinstance(error, TimeoutError):
                raise Unreachable(_describe(error)) from error
        try:
            return self._exchange(method, target, body, headers, deadline)
        except _CONNECTION_ERRORS as error:
            self.close()
            raise Unreachable(_describe(error)) from error

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], deadline: float
    ) -> Response:
        response = self._send(method, target, body, headers, _remaining(deadline))
        content = self._read(response, lambda: self._set_timeout(_remaining(deadline)))
        if response.will_close:
            self.close()
        lower_case = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, lower_case, content)

    def _send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> HTTPResponse:
        if self._connection is None:
            connection = self._server.connect(timeout)
            connection.connect()
            self._connection = connection
        connection = self._connection
        self._set_timeout(timeout)
        connection.request(method, target, body=body, headers={**self._headers, **headers})
        return connection.getresponse()

    def _read(self, response: HTTPResponse, before_read: Callable[[], None]) -> bytes:
        """Reads the body. The time limit is for all of it, even where the server sends it byte by byte."""
        parts: list[bytes] = []
        size = 0
        while True:
            before_read()
            part = response.read1(65536)
            if not part:
                break
            parts.append(part)
            size += len(part)
            if size > _MAX_BODY_BYTES:
                raise HTTPException(f"the response is longer than {_MAX_BODY_BYTES} bytes")
        if response.length:
            raise HTTPException("the response was cut off")
        response.close()  # read1 does not mark the response as complete, and the connection waits for that.
        return b"".join(parts)

    def _set_timeout(self, seconds: float) -> None:
        connection = self._connection
        if connection is not None and connection.sock is not None:
            connection.sock.settimeout(seconds)


_EVENT_STREAM = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}

# ValueError and AttributeError come from reading from a connection that `close` has just closed.
_CONNECTION_ERRORS = (OSError, HTTPException, ValueError, AttributeError)


def _remaining(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("timed out")
    return remaining


def _describe(error: Exception) -> str:
    return str(error) or type(error).__name__
