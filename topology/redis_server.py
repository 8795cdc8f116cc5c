"""The queue: a Redis of this run's own, or, where no redis-server is installed, one that runs already."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import redis

from topology.local_places import LOOPBACK
from topology.processes import Command, Processes, ServiceFailed

URL_VARIABLE = "REDIS_URL"
_PROGRAMS = ("redis-server", "valkey-server")
_USUAL_URL = f"redis://{LOOPBACK}:6379/0"


def own_server() -> str | None:
    """The installed server program, if there is one."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def running_server() -> str:
    """The address of a Redis that runs already; refuses where there is none."""
    url = os.environ.get(URL_VARIABLE, _USUAL_URL)
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError as error:
        raise ServiceFailed(
            f"no redis-server on the PATH, and no Redis answers at {URL_VARIABLE} or {LOOPBACK}:6379"
            f" ({type(error).__name__}): install one of them"
        ) from None
    return url


def bring_up(processes: Processes, *, home: Path, port: int, environment: Mapping[str, str]) -> Iterator[None]:
    """Start a Redis that writes nothing to disk, its password on standard input, and yield until it answers."""
    password = environment["REDIS_PASSWORD"]
    settings = f'bind {LOOPBACK}\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {home}\n'
    words = [own_server() or "", "-"]
    log = home / "output.log"
    processes.start(Command("redis", words, {"PATH": os.defpath}, log, text=settings, stop_last=True))
    client = redis.Redis(host=LOOPBACK, port=port, password=password, socket_timeout=2)
    while not _answers(client):
        processes.check()
        yield
    client.close()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def forget_keys(url: str, prefix: str) -> None:
    """Delete this run's keys from a Redis that is not its own."""
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(match=f"{prefix}*"):
            client.delete(key)
