"""Keeps what knows one discount for all products from telling amounts where product families have their own."""

from collections.abc import Iterable

from partner_program.domain.program import Program
from partner_program.domain.refusals import NotDefined
from partner_program.usecases.installation import Installation


def check_no_families(installation: Installation, what: str, drafts: Iterable[Program]) -> None:
    """Refuse what knows no discounts by product family, by the first programme in force so far, or draft, with some."""
    today = installation.today()
    in_force = [each for each in installation.programs if each.in_force_from <= today]
    for program in (*in_force, *drafts):
        if program.product_discounts:
            named = ", ".join(each.product for each in program.product_discounts)
            raise NotDefined(f"{what} does not know discounts by product family yet: {program.file_name} has {named}")
