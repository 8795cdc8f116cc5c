"""Asks the entities for a partner's single lines of a month, and compares them with its receipt."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import partial

from partner_program.adapters.billing.single_lines import read_single_lines
from partner_program.adapters.database.registry import load_entities
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.ownership import Ownership
from partner_program.domain.receipt import ReceiptFaultyLine, ReceiptLines
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AccountLink, Entity
from partner_program.domain.single_lines import LinesNow, LinesRead, compare_lines
from partner_program.usecases.installation import Installation, billing_fields
from partner_program.usecases.side_by_side import side_by_side


def find_single_lines(
    installation: Installation,
    partner_id: str,
    month: BillingMonth,
    *,
    links: Sequence[AccountLink],
    ownership: Ownership,
    lines: Sequence[ReceiptLines | ReceiptFaultyLine],
    is_held: bool,
) -> LinesNow:
    """Read the partner's lines from every entity where it has an account; an entity that cannot be read says so."""
    accounts: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if ownership.owner(link.entity, link.account_id) == partner_id:
            accounts[link.entity].add(link.account_id)
    with installation.database.reading() as connection:
        entities = [each for each in load_entities(connection) if each.entity in accounts and each.bills_in(month)]
    asked = [partial(read_lines_of, installation, entity, month, accounts[entity.entity]) for entity in entities]
    return compare_lines(
        reads=list(side_by_side(asked)),
        groups=[(each.entity, each.group) for each in lines if isinstance(each, ReceiptLines)],
        faulty_lines=[(each.entity, each.line) for each in lines if isinstance(each, ReceiptFaultyLine)],
        month=month,
        is_held=is_held,
    )


def read_lines_of(
    installation: Installation, entity: Entity, month: BillingMonth, accounts: Collection[str]
) -> LinesRead:
    """Read the lines of some accounts that touch a month; an entity that cannot be read says why."""
    try:
        fields = billing_fields(installation, entity)
    except Refusal as refusal:
        return LinesRead(entity.entity, (), (), str(refusal))
    return read_single_lines(
        fields,
        entity,
        month,
        accounts,
        largest_line=installation.largest_line(month),
        sql_folder=installation.sql_folder,
    )
