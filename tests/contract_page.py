"""Reads docs/contract.md as data: its tables, lists and examples, so that tests compare the page with the code."""

import json
import re
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[1] / "docs/contract.md").read_text(encoding="utf-8")
Row = dict[str, str]


def section(number: int) -> str:
    """The text of a numbered section."""
    return re.split(r"(?m)^## ", PAGE.partition(f"\n## {number} ")[2])[0]


def part(text: str, heading: str) -> str:
    """The text below a heading of a section, up to the next one."""
    found = re.split(rf"(?m)^### {re.escape(heading)}$", text)
    assert len(found) == 2, f"one heading {heading!r} is expected"
    return re.split(r"(?m)^### ", found[1])[0]


def headings(text: str) -> list[str]:
    """The code words in a section's headings, such as the name of a relation or a file."""
    return re.findall(r"(?m)^### `([^`]+)`$", text)


def table(text: str, first_column: str) -> list[Row]:
    """The rows of the only table whose first column has that name."""
    tables = re.findall(r"(?m)(?:^\|.*\|\n)+", text)
    (found,) = [each for each in tables if _cells(each.splitlines()[0])[0].strip("`") == first_column]
    names, _, *rows = [_cells(line) for line in found.splitlines()]
    return [dict(zip([name.strip("`") for name in names], row, strict=True)) for row in rows]


def plain(cell: str) -> str:
    """The word of a cell that is one code word, without its backticks; empty for an empty cell."""
    return cell.strip("`")


def codes(text: str) -> list[str]:
    """Every code word of a text, in order."""
    return re.findall(r"`([^`]+)`", text)


def example(text: str) -> Any:
    """The first JSON example of a text."""
    return json.loads(re.findall(r"(?ms)^```json\n(.*?)^```$", text)[0])


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
