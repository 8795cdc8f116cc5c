"""Measures `partner-program run` as a person types it: a first month of 24 partners, and the same with nothing new.

Processor time of the whole process and of those that it starts, compared with that of importing Great Expectations in
another process in turn: on a machine at rest, where that takes 3.3 s, the limits are 6 s and 2.5 s.
"""

import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import Measurement
from bench.month_world import EFFECTIVE_ON, MONTH, make_world

PARTNERS, TURNS = 24, 3
FIRST, AGAIN = 6.0 / 3.3, 2.5 / 3.3


def measure() -> list[Measurement]:
    """Run the month in a new folder, and again, several times; compare seconds of processor time."""
    turns = [_turn() for _ in range(TURNS)]
    found = []
    for name, place, limit in (("the first", 1, FIRST), ("nothing new", 2, AGAIN)):
        seconds = median(turn[place] for turn in turns)
        how = f"{seconds:.1f} s, two entities on SQLite, start of Python included; median of {TURNS} worlds"
        ratio = median(turn[place] / turn[0] for turn in turns)
        found.append(Measurement(f"run of {PARTNERS} partners, {name} / import of checks", ratio, limit, "x", how))
    return found


def _turn() -> tuple[float, float, float]:
    run = [str(Path(sys.executable).with_name("partner-program")), "run", str(MONTH), "--effective-on", EFFECTIVE_ON]
    with TemporaryDirectory(prefix="bench-whole-run-") as folder:
        environment = make_world(Path(folder), PARTNERS)
        bare = _seconds([sys.executable, "-c", "import great_expectations"], environment)
        return bare, _seconds(run, environment), _seconds(run, environment)


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    before = _spent()
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603 - our own commands
    return _spent() - before


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
