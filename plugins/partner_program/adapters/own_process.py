"""Names this process uniquely among all machines, and says whether the process of such a name has ended."""

import os
import re
import socket

_NAME = re.compile(r"process (?P<number>\d+) of (?P<machine>\S+), started (?P<started>\d+)", re.ASCII)


def own_name() -> str:
    """Return the name of this process, with the second of its start: the system reuses process numbers."""
    import psutil

    number = os.getpid()
    return f"process {number} of {socket.gethostname()}, started {int(psutil.Process(number).create_time())}"


def is_gone(name: str) -> bool:
    """Return whether a process of this machine has ended; False if that cannot be known from here."""
    import psutil

    found = _NAME.fullmatch(name)
    if found is None or found["machine"] != socket.gethostname():
        return False
    try:
        return int(psutil.Process(int(found["number"])).create_time()) != int(found["started"])
    except psutil.NoSuchProcess:
        return True
