"""Names this process uniquely among all machines, and says whether the process of such a name has ended."""

import os
import re
import socket
from datetime import UTC, datetime

_NAME = re.compile(
    r"process (?P<number>\d+) of (?P<machine>\S+), started (?P<started>[\d-]+ [\d:]+) UTC",
    re.ASCII,
)


def own_name() -> str:
    """Return the name of this process, with the second of its start: the system reuses process numbers."""
    number = os.getpid()
    return f"process {number} of {socket.gethostname()}, started {_started(number)} UTC"


def is_gone(name: str) -> bool:
    """Return whether a process of this machine has ended; False if that cannot be known from here."""
    import psutil

    found = _NAME.fullmatch(name)
    if found is None or found["machine"] != socket.gethostname():
        return False
    try:
        return _started(int(found["number"])) != found["started"]
    except psutil.NoSuchProcess:
        return True


def _started(number: int) -> str:
    """Return the second in which a process started, in UTC; raises `psutil.NoSuchProcess` where there is none."""
    import psutil

    return f"{datetime.fromtimestamp(int(psutil.Process(number).create_time()), UTC):%Y-%m-%d %H:%M:%S}"
