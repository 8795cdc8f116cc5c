"""The domain's source uses no float, no clock, no file and no library."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import partner_program.domain

MODULES = sorted(Path(partner_program.domain.__path__[0]).glob("*.py"))
CLOCK = {"now", "today", "utcnow", "time", "localtime", "gmtime", "monotonic", "perf_counter"}
# Standard modules for files, networks, chance or the clock.
OUTSIDE = {"os", "io", "pathlib", "random", "secrets", "socket", "sqlite3", "subprocess", "time", "urllib.request"}
# A Fraction divided stays exact; these are the only divisions that are not `//`.
EXACT_DIVISIONS = {
    "cost.py": [
        "list_value(part, amount) * (part.order.due_bp or 0) / BP",
        "part.share / part.units",
        "whole * order.due_bp / BP",
        "list_value(part, amount) * int(getattr(part.order.shares, name)) / BP",
        "amount * BP / (BP - given_bp) / part.units",
        "amount * BP / (BP - given_bp)",
    ],
    "money.py": [
        "sum((Fraction(rate) for rate in published), Fraction(0)) / len(published)",
        "list_cents * max(BP - discount_bp, Fraction(0)) / BP",
    ],
    "posting.py": ["each.share * order.given_bp / (BP - order.given_bp)", "minor / each.units"],
    "unit.py": [
        "Fraction(Decimal(units)) / Fraction(Decimal(programme))",
        "Fraction(by.units_per_eur) / Fraction(by.programme_units_per_eur)",
    ],
}


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def test_the_modules_of_the_domain_are_found() -> None:
    assert {"money.py", "totals.py", "settlement.py", "quote.py"} <= {path.name for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_float_is_written_or_made(path: Path) -> None:
    for node in nodes(path):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float | complex)), ast.unparse(node)
        assert not (isinstance(node, ast.Name) and node.id in {"float", "complex"}), ast.unparse(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_every_division_is_exact(path: Path) -> None:
    found = [ast.unparse(node) for node in nodes(path) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]
    assert found == EXACT_DIVISIONS.get(path.name, [])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_time_comes_in_as_an_argument(path: Path) -> None:
    called = [node.func for node in nodes(path) if isinstance(node, ast.Call)]
    assert not [ast.unparse(name) for name in called if isinstance(name, ast.Attribute) and name.attr in CLOCK]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_it_imports_only_itself_and_the_standard_library(path: Path) -> None:
    imported = {node.module or "" for node in nodes(path) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in nodes(path) if isinstance(node, ast.Import) for name in node.names}
    for module in imported:
        root = module.partition(".")[0]
        assert module.startswith("partner_program.domain.") or root in sys.stdlib_module_names, module
        assert root not in OUTSIDE, module
        assert module not in OUTSIDE, module
