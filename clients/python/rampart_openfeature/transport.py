"""HTTP to the server, by the standard library: one connection, kept open, for the one thread that has it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR
from urllib.parse import urlencode, urlsplit

_LARGEST_BODY = 256 * 1024 * 1024
_LONGEST_LINE = 64 * 1024
_LONGEST_RETRY_AFTER = 60.0


class Unreachable(Exception):
    """No answer, or not a whole one in time."""


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait, at most a minute; None where it does not."""
        given = self.headers.get("retry-after", "")
        try:
            seconds = (
                float(given) if given.isdigit() else parsedate_to_datetime(given).timestamp() - time.time()
            )
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


@dataclass(frozen=True)
class Server:
    """Where the server is and how to be let in.

    Raises:
        ValueError: an address or a key that can not be used; the message names it.
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
                f"base_url must be such as https://rampart.example.com, and is {self.base_url!r}"
            )
        if (
            not self.api_key
            or not self.api_key.isascii()
            or not self.api_key.isprintable()
            or " " in self.api_key
        ):
            raise ValueError("api_key must be a key of role server, as POST /v1/keys shows it once")

    def connect(self, timeout: float) -> HTTPConnection:
        parts = urlsplit(self.base_url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return make(parts.hostname or "", parts.port, timeout=timeout)

    def target(self, path: str, query: Mapping[str, str]) -> str:
        prefix = urlsplit(self.base_url).path.rstrip("/")
        return prefix + path + ("?" + urlencode(query) if query else "")


class Transport:
    """Requests one after the other over one connection. Only `close` may be called by another thread."""

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
        """Opens a response without end; its lines come until it breaks or is silent for `idle_timeout` s.

        Raises:
            Unreachable: it could not be opened within `timeout` seconds.
        """
        self.close()
        try:
            response = self._send("GET", self._server.target(path, {}), None, _EVENT_STREAM, timeout)
        except _TROUBLES as error:
            self.close()
            raise Unreachable(_describe(error)) from error
        if response.status != 200:
            self.close()
            raise Unreachable(f"HTTP {response.status}")
        self._set_timeout(idle_timeout)
        return self._lines(response)

    def _lines(self, response: HTTPResponse) -> Iterator[bytes]:
        try:
            while line := response.readline(_LONGEST_LINE):
                yield line
        except _TROUBLES:
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
                sock.shutdown(SHUT_RDWR)  # Wakes a thread that is reading from it.
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
        except _TROUBLES as error:
            self.close()
            # A server closes connections that were idle: that says nothing of the server. All requests may be
            # sent again.
            if not is_reused or isinstance(error, TimeoutError):
                raise Unreachable(_describe(error)) from error
        try:
            return self._exchange(method, target, body, headers, deadline)
        except _TROUBLES as error:
            self.close()
            raise Unreachable(_describe(error)) from error

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], deadline: float
    ) -> Response:
        response = self._send(method, target, body, headers, _until(deadline))
        content = self._read(response, lambda: self._set_timeout(_until(deadline)))
        if response.will_close:
            self.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Response(response.status, found, content)

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

    def _read(self, response: HTTPResponse, tick: Callable[[], None]) -> bytes:
        """The body, in time as a whole: a server that sends a byte now and then does not hold us up."""
        parts: list[bytes] = []
        size = 0
        while True:
            tick()
            part = response.read1(65536)
            if not part:
                break
            parts.append(part)
            size += len(part)
            if size > _LARGEST_BODY:
                raise HTTPException(f"the answer is longer than {_LARGEST_BODY} bytes")
        if response.length:
            raise HTTPException("the answer was cut off")
        response.close()  # read1 does not say that it has read all, and the connection waits for that.
        return b"".join(parts)

    def _set_timeout(self, seconds: float) -> None:
        connection = self._connection
        if connection is not None and connection.sock is not None:
            connection.sock.settimeout(seconds)


_EVENT_STREAM = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}

# ValueError and AttributeError: reading from a connection that `close` has just taken away.
_TROUBLES = (OSError, HTTPException, ValueError, AttributeError)


def _until(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("timed out")
    return remaining


def _describe(error: Exception) -> str:
    return str(error) or type(error).__name__
