"""A small receiver of events on loopback: it verifies each signature as the scheme's own library does, and remembers.

with Receiver() as receiver:
    world.connections["events_webhook"] = receiver.connection()
    receiver.answers = [500]        # the next answers; then 204 for ever
    receiver.ids                    # of the requests that it took, in their order
"""

import base64
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from standardwebhooks import Webhook

from partner_program.adapters.connections import ConnectionFields

SECRET = "whsec_" + base64.b64encode(b"a secret of a test, 32 bytes it.").decode()


class Receiver:
    """Takes what is posted to it; `before` is called before each answer and may end the connection by raising."""

    def __init__(self, secret: str = SECRET, port: int = 0) -> None:
        """Listen on a port of loopback, a free one unless it is named."""
        self.answers: list[int] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.taken: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.secret = secret
        self.before: Callable[[dict[str, Any]], None] = lambda _event: None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._post(self)

            def log_message(self, *_words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_fault: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_address[1]

    @property
    def ids(self) -> list[str]:
        """The ids of the events that it took, in their order; one that came twice is there twice."""
        return [each["id"] for each in self.taken]

    def connection(self, password: str | None = None, **extra: Any) -> ConnectionFields:
        """A connection that leads here."""
        values = {
            "url": f"http://127.0.0.1:{self.port}/events?token=hidden",
            "hosts": ["127.0.0.1"],
            "addresses": ["127.0.0.1"],
            **extra,
        }
        return ConnectionFields("events_webhook", "http", password=password or self.secret, extra=values)

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        event = json.loads(body)
        with self._lock:
            self.before(event)
            at = int(headers["webhook-timestamp"])
            if abs(time.time() - at) < 200:
                Webhook(self.secret).verify(body, headers)
            signature = Webhook(self.secret).sign(event["id"], datetime.fromtimestamp(at, UTC), body.decode())
            assert signature in headers["webhook-signature"].split()
            assert headers["webhook-id"] == event["id"]
            assert headers["content-type"].startswith("application/cloudevents+json")
            self.asked.append((request.path, event))
            self.headers.append(headers)
            status = self.answers.pop(0) if self.answers else 204
            if status < 300:
                self.taken.append(event)
        request.send_response(status)
        if 300 <= status < 400:
            request.send_header("location", f"http://127.0.0.1:{self.port}/elsewhere")
        request.end_headers()
        request.wfile.write(b"an answer that nobody keeps" if status != 204 else b"")
