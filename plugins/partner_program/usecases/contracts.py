"""Contracts that end: asked from the entities now, with the quote for going on with a shorter term, by partner."""

from collections import defaultdict
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
from partner_program.domain.program import Shortening
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import NotDefined, Refusal
from partner_program.domain.registry import (
    AUTHORIZED,
    AccountLink,
    Entity,
    LegacyAgreement,
    Partner,
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
    shortening_on(installation, last)
    with installation.database.reading() as connection:
        registry = registry_store.load_registry(connection)
    months = months_from_to(first=BillingMonth.of(first), last=BillingMonth.of(last))
    entities = [each for each in registry.entities if any(each.bills_in(month) for month in months)]
    reads = list(side_by_side([partial(_read, installation, entity, first, last) for entity in entities]))
    owned = _owned(reads, first, last, registry.account_links, registry.partners)
    quotes = _Quotes.of(
        installation,
        registry.partners,
        registry.legacy_agreements,
        {partner_id for *_, partner_id in owned if partner_id},
    )
    return _listed(reads, first, last, [_contract(*found, quotes) for found in owned])


def contracts_of_partner(
    installation: Installation, partner_id: str, *, first: date, last: date, longest_seconds: int
) -> tuple[Partner, EndingContracts]:
    """One partner, and its contracts as `contracts_ending` lists them.

    Only its accounts are asked for, and each entity has `longest_seconds` to answer: a person waits. Raises `NotThere`
    for a partner that is not in the registry.
    """
    shortening_on(installation, last)
    with installation.database.reading() as connection:
        partner = registry_store.find_partner(connection, partner_id)
        links = registry_store.links_of_accounts_of(connection, {partner_id})
        entities = registry_store.load_entities(connection)
        agreements = registry_store.agreements_of(connection, partner_id)
    months = months_from_to(first=BillingMonth.of(first), last=BillingMonth.of(last))
    accounts: dict[str, set[str]] = defaultdict(set)
    for link in links:
        accounts[link.entity].add(link.account_id)
    asked = [
        partial(_read, installation, entity, first, last, accounts[entity.entity], longest_seconds)
        for entity in entities
        if entity.entity in accounts and any(entity.bills_in(month) for month in months)
    ]
    reads = list(side_by_side(asked))
    owned = [found for found in _owned(reads, first, last, links, [partner]) if found[-1] == partner_id]
    quotes = _Quotes.of(installation, [partner], agreements, {partner_id} if owned else set())
    return partner, _listed(reads, first, last, [_contract(*found, quotes) for found in owned])


def shortening_on(installation: Installation, day: date) -> Shortening:
    """The scheme by which contracts are shortened; refused where the programme of that day has none."""
    program = installation.program_on_or_first(day)
    if program.shortening is None:
        raise NotDefined(
            f"contracts that end until {day} are not listed: the programme has no rule for a shorter term "
            f"({program.file_name})"
        )
    return program.shortening


_Owned = tuple[str, TermLine, date | None, str | None]


def _owned(
    reads: Sequence[TermLinesRead],
    first: date,
    last: date,
    links: Sequence[AccountLink],
    partners: Sequence[Partner],
) -> list[_Owned]:
    """Each contract that ends: its entity and line, until when another renews it, and whose it is then."""
    months = months_from_to(first=BillingMonth.of(first), last=BillingMonth.of(last))
    owners = {month: Ownership(month=month, links=links, partners=partners) for month in months}
    return [
        (each.entity, line, until, owners[BillingMonth.of(line.last_day)].owner(each.entity, line.account_id))
        for each in reads
        for line, until in ending_between(each.lines, first=first, last=last)
    ]


def _listed(
    reads: Sequence[TermLinesRead], first: date, last: date, contracts: Sequence[EndingContract]
) -> EndingContracts:
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


def _read(
    installation: Installation,
    entity: Entity,
    first: date,
    last: date,
    accounts: Collection[str] | None = None,
    longest_seconds: int | None = None,
) -> TermLinesRead:
    """Read the lines of the term that may be shortened; the day on which a service ends is not one of its days."""
    try:
        fields = billing_fields(installation, entity)
    except Refusal as refusal:
        return TermLinesRead(entity.entity, (), fault=str(refusal))
    day = timedelta(days=1)
    return read_term_lines(
        fields,
        entity,
        term_months=shortening_on(installation, last).from_months,
        from_day=first + day,
        to_day=last + day,
        largest_line=installation.largest_line(BillingMonth.of(last)),
        sql_folder=installation.sql_folder,
        accounts=accounts,
        longest_seconds=longest_seconds,
    )


@dataclass(frozen=True)
class _Quotes:
    """What each partner pays for a shorter term; the same question is answered once."""

    installation: Installation
    partners: Mapping[str, Partner]
    agreements: Mapping[str, Sequence[LegacyAgreement]]
    rates: Mapping[str, Sequence[Rate]]

    @classmethod
    def of(
        cls,
        installation: Installation,
        partners: Sequence[Partner],
        agreements: Sequence[LegacyAgreement],
        partner_ids: Collection[str],
    ) -> "_Quotes":
        with installation.database.reading() as connection:
            few = partner_ids if len(partner_ids) <= rate_store.FEW else None
            rates = rate_store.all_rates(connection, few) if partner_ids else {}
        by_id = {each.partner_id: each for each in partners}
        return cls(installation, by_id, agreements_by_partner(agreements), rates)

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
    entity: str, line: TermLine, until: date | None, partner_id: str | None, quotes: _Quotes
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
