"""Run every measurement and compare it with its limit; the exit status is 1 if a limit is exceeded."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from bench import (
    Measurement,
    embedded_demo,
    letter_messages,
    letters,
    pull,
    pull_postgres,
    scheduler,
    sending,
    settlement,
    write_postgres,
)

MEASURES: tuple[Callable[[], list[Measurement]], ...] = (
    pull.measure,
    pull_postgres.measure,
    write_postgres.measure,
    settlement.measure,
    letters.measure,
    letter_messages.measure,
    sending.measure,
    embedded_demo.measure,
    scheduler.measure,
)


def main() -> int:
    """Measure everything and print the table; return the exit status."""
    table = Table("what", "figure", "limit", "", "how")
    measured = [measurement for measure in MEASURES for measurement in measure()]
    for one in measured:
        verdict = "[green]within[/]" if one.within else "[red]over[/]"
        table.add_row(one.name, f"{one.figure:.2f} {one.unit}", f"{one.limit:g} {one.unit}", verdict, one.how)
    Console().print(table)
    return 0 if all(one.within for one in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
