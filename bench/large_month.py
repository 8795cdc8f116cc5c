"""Measures a month of many partners as a person runs it: its memory, its processor time, and a second run of it.

Processor time counts the run and the processes that it starts, so that other work on the machine is left out. Memory
is that of the largest process: rendering has processes of its own, of about a fourth of that size each.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import Measurement
from bench.month_world import EFFECTIVE_ON, MONTH, make_world

PARTNERS = 100_000
MEGABYTES, SECONDS, AGAIN = 700.0, 600.0, 0.1  # 300 s on two cores


def measure(partners: int = PARTNERS) -> list[Measurement]:
    """Run the month in a new folder, and again with nothing new."""
    with TemporaryDirectory(prefix="bench-large-month-") as folder:
        environment = make_world(Path(folder), partners)
        first, megabytes = _run(environment)
        again, _ = _run(environment)
    how = f"{partners:,} partners at two entities on SQLite, letters rendered; one run"
    return [
        Measurement("run of a large month: memory", megabytes, MEGABYTES, "MB", f"{how}; the largest process"),
        Measurement("run of a large month", first, SECONDS, "s", f"{how}; processor time of all processes"),
        Measurement("the same with nothing new / the first", again / first, AGAIN, "x", f"{again:.0f} s; {how}"),
    ]


def _run(environment: dict[str, str]) -> tuple[float, float]:
    """Run the month; return its seconds of processor time and the megabytes of its largest process."""
    command = [
        str(Path(sys.executable).with_name("partner-program")),
        "run",
        str(MONTH),
        "--effective-on",
        EFFECTIVE_ON,
    ]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own command
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"partner-program run ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
