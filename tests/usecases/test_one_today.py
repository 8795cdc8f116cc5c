"""Only `Installation.today` reads the day from the clock, in the time zone of the programme in force."""

import ast
from collections.abc import Iterator
from pathlib import Path

from partner_program.usecases.installation import PROJECT

CLOCK = {"now", "today", "utcnow", "localtime", "gmtime"}
ITS_PLACE = "plugins/partner_program/usecases/installation.py"


# A moment, not a day of the programme: whether a month has ended yet, the zone that is in force now, and the month that
# a company without an installation most likely begins with.
MOMENTS = {
    "plugins/partner_program/airflow_steps/months.py",
    "plugins/partner_program/airflow_steps/programme_days.py",
    "plugins/partner_program/cli/program_commands.py",
}


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK:
            yield ast.unparse(node.func)


def test_no_other_module_and_no_dag_reads_the_day_from_the_clock() -> None:
    files = sorted([*(PROJECT / "plugins/partner_program").rglob("*.py"), *(PROJECT / "dags").glob("*.py")])
    found = {str(path.relative_to(PROJECT)): sorted(set(calls(path))) for path in files}

    asked = {"here.today", "installation.today"}
    reading = {name: set(said) - asked for name, said in found.items() if set(said) - asked}
    assert reading == {name: {"datetime.now"} for name in (ITS_PLACE, *MOMENTS)}
