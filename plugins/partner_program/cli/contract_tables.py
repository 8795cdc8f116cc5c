"""Prints contracts that end for people in a terminal, on stdout."""

from typing import TYPE_CHECKING

import click

from partner_program.cli.long_tables import print_rows
from partner_program.cli.table_cells import percent
from partner_program.domain.money import euros_text
from partner_program.domain.plurals import plural

if TYPE_CHECKING:
    from partner_program.domain.contracts import EndingContract, EndingContracts


def print_contracts(ending: "EndingContracts", *, every: bool) -> None:
    """Print one row a contract: whose it is, what it was billed at, and each shorter term in per cent of list price."""
    terms = sorted({term.term_months for each in ending.contracts for term in each.shorter_terms})
    print_rows(
        f"Contracts whose last day lies from {ending.first} to {ending.last}; shorter terms in % of the list price",
        {
            "partner": "left",
            "entity": "left",
            "account": "left",
            "line": "left",
            "product": "left",
            "last day": "left",
            "billed a month": "right",
            "renewed until": "left",
            **{plural(each, "month"): "right" for each in terms},
            "": "left",
        },
        (
            (
                each.partner_id or "",
                each.entity,
                each.account_id,
                each.line_id,
                each.product,
                str(each.last_day),
                f"{euros_text(each.monthly_minor)} {each.currency}",
                str(each.renewed_until or ""),
                *(_of_list_price(each, months) for months in terms),
                each.no_quote or "",
            )
            for each in ending.contracts
        ),
        every=every,
        total=len(ending.contracts),
        rest="contracts; every one: --all, or --format csv",
    )
    for why in sorted({each.refused for one in ending.contracts for each in one.shorter_terms if each.refused}):
        click.echo(f"not offered: {why}")


def _of_list_price(contract: "EndingContract", months: int) -> str:
    """Per cent of the list price, a dash where the term is not offered, nothing where there is no quote."""
    bp = {each.term_months: each.of_list_price_bp for each in contract.shorter_terms}
    return "" if months not in bp else percent(bp[months]) or "-"
