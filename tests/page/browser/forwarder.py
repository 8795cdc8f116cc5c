"""A proxy that hands bytes on: Airflow is then asked at an address that is not the one that it listens at."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

LOOPBACK = "127.0.0.1"
AT_ONCE = 65_536


@contextmanager
def forwarded(port: int, to: int) -> Iterator[None]:
    """Hand on what comes to `port`, on loopback, until the block ends."""
    with closing(socket.create_server((LOOPBACK, port))) as server:
        threading.Thread(target=_serve, args=(server, to), daemon=True).start()
        yield


def _serve(server: socket.socket, to: int) -> None:
    with suppress(OSError):  # closed: the block has ended
        while True:
            client, _ = server.accept()
            threading.Thread(target=_both_ways, args=(client, to), daemon=True).start()


def _both_ways(client: socket.socket, to: int) -> None:
    with closing(client), suppress(OSError), closing(socket.create_connection((LOOPBACK, to))) as behind:
        back = threading.Thread(target=_one_way, args=(behind, client), daemon=True)
        back.start()
        _one_way(client, behind)
        back.join()


def _one_way(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(AT_ONCE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
