"""A small server that responds as Rampart does, or as badly as a test wants."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "server-key"


class BadResponse:
    """A response instead of the right one."""

    def __init__(
        self, status: int, body: bytes = b"{}", *, headers: dict[str, str] | None = None, after: float = 0
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.after = after


class FakeServer:
    """Serves a snapshot and accepts events. Records requests in `polls`, `events` and `batches`."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.snapshot = snapshot
        self.bad_response: BadResponse | None = None
        """Instead of the snapshot."""
        self.bad_event_responses: list[BadResponse] = []
        """For the next batches of events, one after the other."""
        self.rejected: list[dict[str, Any]] = []
        self.has_stream = False
        self.age = 0
        """How many seconds ago it last heard of changes."""
        self.connections = 0
        self.polls: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.batches: list[list[dict[str, Any]]] = []
        self.tried: list[list[dict[str, Any]]] = []
        self.user_agents: set[str] = set()
        self._streams: list[queue.Queue[bytes | None]] = []
        self._connections: set[Any] = set()
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.batches for event in batch]

    @property
    def streams(self) -> int:
        return len(self._streams)

    def start(self) -> None:
        """Listens; after a stop on the same port as before."""
        self._http = _Server(("127.0.0.1", self._port), _handler_for(self))
        self._port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Breaks all connections, as kill -9 does."""
        self._http.shutdown()
        self._http.server_close()
        self.break_streams()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._thread.join()

    def send_to_streams(self, data: bytes) -> None:
        for stream in self._streams:
            stream.put(data)

    def break_streams(self) -> None:
        streams, self._streams = self._streams, []
        for stream in streams:
            stream.put(None)

    def change(self, **fields: Any) -> None:
        self.snapshot = {**self.snapshot, "revision": self.snapshot["revision"] + 1, **fields}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # Some tests are about clients that disconnect early.


def _handler_for(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def setup(self) -> None:
            super().setup()
            server.connections += 1
            server._connections.add(self.connection)

        def finish(self) -> None:
            server._connections.discard(self.connection)
            super().finish()

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            server.user_agents.add(self.headers["User-Agent"])
            if self.headers["Authorization"] != f"Bearer {KEY}":
                self._respond(401, b'{"code":"unauthenticated"}')
            elif url.path == "/v1/snapshot":
                self._snapshot(dict(parse_qsl(url.query)))
            elif url.path == "/v1/stream" and server.has_stream:
                self._stream()
            else:
                self._respond(404, b'{"code":"not_found"}')

        def do_POST(self) -> None:
            events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.tried.append(events)
            if server.bad_event_responses:
                self._bad(server.bad_event_responses.pop(0))
                return
            server.batches.append(events)
            body = {"accepted": len(events), "duplicates": 0, "rejected": server.rejected}
            self._respond(202, json.dumps(body).encode())

        def _snapshot(self, query: dict[str, str]) -> None:
            server.polls.append(query)
            if server.bad_response:
                self._bad(server.bad_response)
                return
            body = json.dumps(server.snapshot).encode()
            etag = f'"{hash(body)}"'
            headers = {"ETag": etag, "Age": str(server.age)}
            if self.headers["If-None-Match"] == etag:
                self._respond(304, b"", headers)
            else:
                self._respond(200, body, headers)

        def _bad(self, bad: BadResponse) -> None:
            time.sleep(bad.after)
            self._respond(bad.status, bad.body, bad.headers)

        def _respond(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            server.statuses.append(status)
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if status != 304 and "Content-Length" not in (headers or {}):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.close_connection = True
            pending: queue.Queue[bytes | None] = queue.Queue()
            server._streams.append(pending)
            while (data := pending.get()) is not None:
                self.wfile.write(data)
                self.wfile.flush()

    return Handler
