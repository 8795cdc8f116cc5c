"""Run every measurement, or those named, and compare each with its limit.

The exit status is 1 if a limit is exceeded, 2 for a name that is no measurement's.
"""

import os
import sys
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table

from bench import (
    Measurement,
    cost,
    embedded_demo,
    large_month,
    leakage,
    letter_messages,
    letters,
    one_partner,
    pages,
    program_design,
    pull,
    pull_files,
    pull_postgres,
    reports,
    scheduler,
    sending,
    settlement,
    status_pages,
    tables,
    whole_run,
    write_postgres,
)

MEASURES: dict[str, Callable[[], list[Measurement]]] = {
    "pull": pull.measure,
    "leakage": leakage.measure,
    "cost": cost.measure,
    "pull_postgres": pull_postgres.measure,
    "pull_files": pull_files.measure,
    "write_postgres": write_postgres.measure,
    "settlement": settlement.measure,
    "one_partner": one_partner.measure,
    "pages": pages.measure,
    "whole_run": whole_run.measure,
    "large_month": large_month.measure,
    "tables": tables.measure,
    "program_design": program_design.measure,
    "reports": reports.measure,
    "status_pages": status_pages.measure,
    "letters": letters.measure,
    "letter_messages": letter_messages.measure,
    "sending": sending.measure,
    "embedded_demo": embedded_demo.measure,
    "scheduler": scheduler.measure,
}


def main(names: Sequence[str]) -> int:
    """Measure the parts that are named, or everything, and print the table; return the exit status."""
    unknown = sorted(set(names) - MEASURES.keys())
    if unknown:
        sys.stderr.write(f"no part of the bench is called {unknown[0]}: there are {', '.join(MEASURES)}\n")
        return 2
    load, _, _ = os.getloadavg()
    table = Table("what", "figure", "limit", "", "how")
    measured = [measurement for name in names or MEASURES for measurement in MEASURES[name]()]
    for one in measured:
        verdict = "[green]within[/]" if one.within else "[red]over[/]"
        table.add_row(one.name, f"{one.figure:.2f} {one.unit}", f"{one.limit:g} {one.unit}", verdict, one.how)
    Console().print(table)
    Console().print(f"load of the machine before: {load:.1f} on {os.cpu_count()} cores")
    return 0 if all(one.within for one in measured) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
