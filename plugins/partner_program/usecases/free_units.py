"""A partner's units free of charge beside the lines of nothing that the entities bill it now; nothing is stored."""

from collections import defaultdict
from datetime import date
from functools import partial

from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.reports.free_units import free_units_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.free_units import ApprovedUnits, CountedBenefit, FreeUnits, free_lines
from partner_program.usecases.benefits import BenefitLine, list_benefits
from partner_program.usecases.installation import Installation
from partner_program.usecases.side_by_side import side_by_side
from partner_program.usecases.single_lines import read_lines_of

_STATES = ("in_force", "stopped")


def find_free_units(installation: Installation, partner_id: str, *, on: date) -> FreeUnits:
    """A partner's units on a day, and the lines of nothing that run that day at the accounts that it has then.

    The entities are asked now; one that cannot be read is named with the reason.
    """
    month = BillingMonth.of(on)
    with installation.database.reading() as connection:
        partner_id = registry_store.find_partner(connection, partner_id).partner_id
        links = registry_store.links_of_accounts_of(connection, {partner_id})
        entities = registry_store.load_entities(connection)
    accounts: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.partner_id == partner_id and on in link.period:
            accounts[link.entity].add(link.account_id)
    asked = [
        partial(read_lines_of, installation, entity, month, accounts[entity.entity])
        for entity in entities
        if entity.entity in accounts and entity.bills_in(month)
    ]
    reads = list(side_by_side(asked))
    own: dict[str, list[BenefitLine]] = defaultdict(list)
    for line in list_benefits(installation, on=on, partner_id=partner_id):
        if line.units_in_force is not None and line.state in _STATES:
            own[line.benefit].append(line)
    return FreeUnits(
        partner_id=partner_id,
        on=on,
        benefits=tuple(_counted(lines) for lines in own.values()),
        lines=free_lines(reads, day=on),
        not_read={read.entity: read.fault for read in reads if read.fault is not None},
        faulty_lines={
            read.entity: tuple(line.line_id for line in read.faulty_lines) for read in reads if read.faulty_lines
        },
    )


def _counted(lines: list[BenefitLine]) -> CountedBenefit:
    return CountedBenefit(
        benefit=lines[0].benefit,
        units_in_force=lines[0].units_in_force or 0,
        units_limit=lines[0].units_limit,
        approvals=tuple(
            ApprovedUnits(
                line.request_id,
                line.state,
                1 if line.quantity is None else line.quantity,
                line.valid_from,
                line.valid_to,
            )
            for line in lines
        ),
    )


def free_units_file(found: FreeUnits) -> str:
    """Units and lines as JSON: days in ISO form."""
    return free_units_json(found)
