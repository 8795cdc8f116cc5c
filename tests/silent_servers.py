"""Servers on loopback that take a connection and say nothing of use, or go silent in the midst."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on loopback that leaves each connection to `answer`; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                taken.append(connection)
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for each in taken:
                each.close()


def say_nothing(connection: socket.socket) -> None:
    del connection


def say_a_byte_now_and_then(connection: socket.socket) -> None:
    """A whole packet never comes, and no single wait is long."""
    with connection:
        try:
            for byte in b"\xff\xff\x7f\x00" + b"\x0a" * 200:
                connection.sendall(bytes([byte]))
                sleep(0.1)
        except OSError:
            return


class Mute:
    """Passes on what client and server say, until the client says `last`: then the server is heard no more."""

    def __init__(self, server: Callable[[], socket.socket], last: bytes) -> None:
        self._server = server
        self._last = last
        self.said_it = threading.Event()

    def __call__(self, client: socket.socket) -> None:
        server = self._server()
        threading.Thread(target=self._back, args=(server, client), daemon=True).start()
        seen = b""
        try:
            while asked := client.recv(65536):
                seen += asked
                if self._last in seen:
                    self.said_it.set()
                server.sendall(asked)
        except OSError:
            pass
        finally:
            server.close()

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        try:
            while answer := server.recv(65536):
                if not self.said_it.is_set():
                    client.sendall(answer)
        except OSError:
            return
