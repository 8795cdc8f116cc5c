"""The same months by the command line, without Airflow, and the comparison of what both wrote."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from demo.__main__ import MONTHS
from topology.processes import Command, Processes

COMPARED = ("registers", "letters")


def run_by_command_line(
    processes: Processes, *, environment: Mapping[str, str], registry: Path, out: Path
) -> Iterator[None]:
    """Run the demo's months into a folder of their own, from the same billing databases; yield while they run."""
    out.mkdir(parents=True)
    here = dict(environment) | {"PARTNER_PROGRAM_OUT": str(out)}
    here["AIRFLOW_CONN_PARTNER_PROGRAM"] = f'{{"conn_type": "sqlite", "host": "{out / "partner_program.db"}"}}'
    program = Path(sys.executable).with_name("partner-program")
    for number, words in enumerate((["init"], ["load", str(registry)], *_month_commands()), 1):
        yield from processes.run(
            Command(f"command line {number}", [program, *words], here, out / "output.log", job=True)
        )


def _month_commands() -> Iterator[list[str]]:
    for dag_id, params in MONTHS:
        migration = ["--migration"] if dag_id == "migration_2015" else []
        yield ["run", params["billing_month"], "--effective-on", params["effective_on"], *migration]


def differences(one: Path, other: Path) -> tuple[int, list[str]]:
    """How many files of the compared folders are equal to the byte, and the names of those that are not."""
    names = {path.relative_to(side) for side in (one, other) for path in _files(side)}
    different = sorted(str(name) for name in names if _bytes(one / name) != _bytes(other / name))
    return len(names) - len(different), different


def _files(side: Path) -> Iterator[Path]:
    """What people read; a run keeps its own sums below `.checks`, to save work."""
    found = (path for folder in COMPARED for path in (side / folder).rglob("*") if path.is_file())
    return (path for path in found if ".checks" not in path.parts)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
