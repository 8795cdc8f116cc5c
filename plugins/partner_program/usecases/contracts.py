"""Contracts that end: asked from the entities now, with the quote for going on with a shorter term, by partner."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Literal

from partner_program.adapters.billing.term_lines import read_term_lines
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.reports.contracts import contracts_csv, contracts_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.contracts import (
    EndingContract,
    EndingContracts,
    ShorterTerm,
    TermLine,
    TermLinesRead,
    ending_between,
    shorter_terms,
)
from partner_program.domain.month_order import months_from_to
from partner_program.domain.ownership import Ownership
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import (
    AUTHORIZED,
    Entity,
    LegacyAgreement,
    Partner,
    Registry,
    agreements_by_partner,
)
from partner_program.usecases.installation import Installation, billing_fields
from partner_program.usecases.orders import legacy_components
from partner_program.usecases.side_by_side import side_by_side


def contracts_ending(installation: Installation, *, first: date, last: date) -> EndingContracts:
    """The contracts whose last day lies in `[first, last]`, by partner, as the entities' databases show them now.

    A quote is for an order on the day after the contract, with the rate of that day as far as it is known now. An
    account is the partner's to whom it is linked on the last day of the month in which the contract ends. An entity
    that cannot be read is named with the reason.
    """
    with installation.database.reading() as connection:
        registry = registry_store.load_registry(connection)
    months = months_from_to(first=BillingMonth.of(first), last=BillingMonth.of(last))
    entities = [each for each in registry.entities if any(each.bills_in(month) for month in months)]
    reads = list(side_by_side([partial(_read, installation, entity, first, last) for entity in entities]))
    ending = [(each.entity, *found) for each in reads for found in ending_between(each.lines, first=first, last=last)]
    owners = {
        month: Ownership(month=month, links=registry.account_links, partners=registry.partners) for month in months
    }
    owned = [
        (entity, line, until, owners[BillingMonth.of(line.last_day)].owner(entity, line.account_id))
        for entity, line, until in ending
    ]
    quotes = _Quotes.of(installation, registry, {partner_id for *_, partner_id in owned if partner_id})
    contracts = [_contract(entity, line, until, quotes, partner_id) for entity, line, until, partner_id in owned]
    return EndingContracts(
        first=first,
        last=last,
        contracts=tuple(sorted(contracts, key=_by_partner)),
        not_read={each.entity: each.fault for each in reads if each.fault},
        faulty_lines={each.entity: each.faulty_lines for each in reads if each.faulty_lines},
    )


def contracts_file(ending: EndingContracts, form: Literal["json", "csv"]) -> str:
    """Contracts as a file: amounts in minor units, quotes in basis points of the list price."""
    return contracts_json(ending) if form == "json" else contracts_csv(ending)


def _by_partner(contract: EndingContract) -> tuple[bool, str, date, str, str]:
    """Those of no partner come last."""
    partner_id = contract.partner_id
    return partner_id is None, partner_id or "", contract.last_day, contract.entity, contract.line_id


def _read(installation: Installation, entity: Entity, first: date, last: date) -> TermLinesRead:
    """Read the lines of the term that may be shortened; the day on which a service ends is not one of its days."""
    try:
        fields = billing_fields(installation, entity)
    except Refusal as refusal:
        return TermLinesRead(entity.entity, (), fault=str(refusal))
    day = timedelta(days=1)
    return read_term_lines(
        fields,
        entity,
        term_months=installation.program_on_or_first(last).shortening_from_months,
        from_day=first + day,
        to_day=last + day,
        largest_line=installation.largest_line(BillingMonth.of(last)),
        sql_folder=installation.include / "sql",
    )


@dataclass(frozen=True)
class _Quotes:
    """What each partner pays for a shorter term; the same question is answered once."""

    installation: Installation
    partners: Mapping[str, Partner]
    agreements: Mapping[str, Sequence[LegacyAgreement]]
    rates: Mapping[str, Sequence[Rate]]

    @classmethod
    def of(cls, installation: Installation, registry: Registry, partner_ids: Collection[str]) -> "_Quotes":
        agreements = agreements_by_partner(registry.legacy_agreements)
        with installation.database.reading() as connection:
            few = partner_ids if len(partner_ids) <= rate_store.FEW else None
            rates = rate_store.all_rates(connection, few) if partner_ids else {}
        return cls(installation, {each.partner_id: each for each in registry.partners}, agreements, rates)

    def of_partner(self, partner_id: str, *, on: date, product: str) -> tuple[tuple[ShorterTerm, ...], str | None]:
        """The shorter terms, or none and the reason why."""
        partner = self.partners[partner_id]
        if partner.status != AUTHORIZED:
            return (), f"the partner is {partner.status}"
        rate = next((each for each in reversed(self.rates.get(partner_id, ())) if each.valid_from <= on), None)
        if rate is None:
            return (), f"the partner has no rate on {on}"
        legacy = legacy_components(self.installation, rate, self.agreements.get(partner_id, ()))
        program = self.installation.program_on(on)
        return shorter_terms(program=program, rate=rate, legacy=legacy, product=product), None


def _contract(
    entity: str, line: TermLine, until: date | None, quotes: _Quotes, partner_id: str | None
) -> EndingContract:
    partner = quotes.partners.get(partner_id) if partner_id else None
    terms, no_quote = (
        quotes.of_partner(partner_id, on=line.service_end, product=line.product)
        if partner_id
        else ((), "the account is linked to no one partner")
    )
    return EndingContract(
        partner_id=partner_id,
        company_name=partner.company_name if partner else None,
        account_manager_id=partner.account_manager_id if partner else None,
        entity=entity,
        account_id=line.account_id,
        line_id=line.line_id,
        service_id=line.service_id,
        product=line.product,
        service_start=line.service_start,
        last_day=line.last_day,
        currency=line.currency,
        monthly_minor=line.monthly_minor,
        renewed_until=until,
        shorter_terms=terms,
        no_quote=no_quote,
    )
