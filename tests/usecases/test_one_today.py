"""Only `Installation.today` reads the day from the clock, in the time zone of the programme in force."""

import ast
from collections.abc import Iterator
from pathlib import Path

from partner_program.usecases.installation import PROJECT

CLOCK = {"now", "today", "utcnow", "localtime", "gmtime"}
ITS_PLACE = "plugins/partner_program/usecases/installation.py"


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK:
            yield ast.unparse(node.func)


def test_no_other_module_and_no_dag_reads_the_day_from_the_clock() -> None:
    files = sorted([*(PROJECT / "plugins/partner_program").rglob("*.py"), *(PROJECT / "dags").glob("*.py")])
    found = {str(path.relative_to(PROJECT)): sorted(set(calls(path))) for path in files}

    asked = {"here.today", "installation.today"}
    assert {name: said for name, said in found.items() if set(said) - asked} == {ITS_PLACE: ["datetime.now"]}
