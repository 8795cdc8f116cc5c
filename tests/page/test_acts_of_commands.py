"""Every command that changes something has a page, or docs/operations.md says why it belongs to the command line."""

import re
from collections.abc import Iterator
from typing import Any

import click
import pytest

from partner_program.cli.commands import program
from partner_program.usecases.installation import PROJECT

# Commands that look, print, or write a file to keep: they change nothing that the programme knows.
LOOK = {
    *(
        "accounts suggest",
        "acts",
        "application check",
        "badge",
        "benefit list",
        "benefit units",
        "certificate",
        "close check",
    ),
    *(
        "contracts ending",
        "dispute list",
        "doctor",
        "drift",
        "events list",
        "explain",
        "export changes",
        "forecast",
        "grants list",
        "leakage",
        "cost",
        "letters book",
        "letters list",
    ),
    *(
        "new",
        "program check",
        "letters pdf",
        "letters reconcile",
        "letters show",
        "month book",
        "movements",
        "near",
        "proof key show",
        "proof verify",
        "proof who",
    ),
    *(
        "quote",
        "rates list",
        "register",
        "reminders list",
        "reminders show",
        "restatement show",
        "signals list",
        "simulate",
    ),
    "source check",
}


def commands(of: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command by its words, groups left out."""
    if isinstance(of, click.Group):
        for name, each in of.commands.items():
            yield from commands(each, (*path, name))
    else:
        yield " ".join(path)


def rows_below(heading: str) -> list[list[str]]:
    """The rows of the table whose first cell of the heading is this."""
    text = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    table = text.partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert rows, heading
    return rows


def named(cell: str) -> list[str]:
    """The words in code marks of a cell."""
    return re.findall(r"`([^`]+)`", cell)


def on_pages() -> dict[str, tuple[list[str], str]]:
    """The acting commands that have a page: its addresses, and the right that it takes."""
    return {command: (named(page), right) for cell, page, right in rows_below("command") for command in named(cell)}


def on_the_command_line_alone() -> dict[str, str]:
    """The acting commands that have none, each with the reason."""
    return {command: why for cell, why in rows_below("no page for") for command in named(cell)}


def all_calls(dependant: Any) -> Iterator[Any]:
    """What a route depends on, and what that depends on."""
    for each in dependant.dependencies:
        yield each.call
        yield from all_calls(each)


def test_every_acting_command_has_a_page_or_a_reason_to_have_none() -> None:
    acting = set(commands(program)) - LOOK
    with_page, without = set(on_pages()), on_the_command_line_alone()
    assert acting == with_page | set(without), (
        "one that only looks is named in LOOK; of another one docs/operations.md, The pages inside Airflow, has the "
        "page and the right, or the reason why it has none"
    )
    assert with_page.isdisjoint(without)
    assert all(len(why.split()) >= 5 for why in without.values())


def test_what_only_looks_is_still_a_command() -> None:
    assert set(commands(program)) >= LOOK


@pytest.mark.usefixtures("desk")
def test_the_pages_are_there_and_take_the_right_that_is_written() -> None:
    from partner_program.page.app import build_app
    from partner_program.page.rights import may_act, may_answer_rates, may_decide

    guards = {"act": may_act, "decide": may_decide, "answer about rates": may_answer_rates}
    posts = [each for each in build_app().routes if "POST" in (getattr(each, "methods", None) or ())]
    for command, (addresses, right) in on_pages().items():
        assert right in guards, command
        assert addresses, command
        for address in addresses:
            route = next((each for each in posts if each.path.replace(":path", "") == f"/{address}"), None)  # type: ignore[attr-defined]
            assert route is not None, f"{command}: nothing is sent to {address}"
            calls = set(all_calls(route.dependant))  # type: ignore[attr-defined]
            assert guards[right] in calls, f"{command}: {address} does not take the right to {right}"
