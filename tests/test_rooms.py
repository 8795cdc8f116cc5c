import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "plugins" / "partner_program"
OUTER_ROOMS = sorted(file for room in ("cli", "airflow_steps", "page") for file in (PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("file", OUTER_ROOMS, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_command_or_step_reaches_no_database_through_the_installation(file: Path) -> None:
    """The import contracts hold the rest: an attribute is nothing that an import could show."""
    tree = ast.parse(file.read_text("utf-8"))
    reached = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "database"]
    assert reached == []
