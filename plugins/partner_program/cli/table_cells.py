"""What the tables of several commands share: a table with a title, and how amounts, shares and tiers are written."""

from rich.table import Table

from partner_program.domain.money import percent_text
from partner_program.domain.program_unit import EURO, Unit


def titled_table(title: str, *columns: str, right: tuple[str, ...] = ()) -> Table:
    """Return an empty table with these columns; those in `right` are aligned to the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def euros(cents: int | None, unit: Unit = EURO) -> str:
    """Write an amount of the programme; nothing for None."""
    return "" if cents is None else unit.text(cents)


def percent(bp: int | None) -> str:
    """Write basis points as a percentage; nothing for None."""
    return "" if bp is None else percent_text(bp)


def tier_name(tier: int | None) -> str:
    """Write a tier; nothing for None."""
    return "" if tier is None else str(tier or "none")
