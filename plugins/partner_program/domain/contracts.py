"""Contracts of a long term that end, with what the partner pays if it goes on with a shorter one (rule 9).

A service on a longer contract runs until the end of its term; the programme says what going on with a shorter one
costs. A contract is a line of recurring fees whose amount pays for a whole such term, or for a piece of one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from partner_program.domain.money import BP, percent_text, round_half_away
from partner_program.domain.plurals import plural
from partner_program.domain.program import Component, Program
from partner_program.domain.quote import quote
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import NotDefined

_LIST_PRICE_CENTS = BP  # of so many cents, one cent is one basis point of the list price


@dataclass(frozen=True, slots=True, order=True)
class TermLine:
    """A posted line that pays for a term at an entity; amounts in minor units, `service_end` is exclusive.

    `term_amount_minor` is the price of the whole term where the line pays for a piece of it.
    """

    account_id: str
    service_id: str
    service_start: date
    service_end: date
    line_id: str
    product: str
    currency: str
    term_months: int
    net_amount_minor: int
    term_amount_minor: int | None

    @property
    def last_day(self) -> date:
        """The last day of the service: a contract until 1 January ends on 31 December."""
        return self.service_end - timedelta(days=1)

    @property
    def monthly_minor(self) -> int:
        """What a month was billed at, in minor units."""
        whole = self.net_amount_minor if self.term_amount_minor is None else self.term_amount_minor
        return round_half_away(whole, self.term_months)


@dataclass(frozen=True, slots=True)
class TermLinesRead:
    """The lines of a term that an entity shows for some days; with a `fault` it could not be read.

    `faulty_lines` are the ids of lines that a run would report: whether they end a contract is not known.
    """

    entity: str
    lines: tuple[TermLine, ...]
    faulty_lines: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ShorterTerm:
    """A shorter term: what a month of it costs, in basis points of the list price, or why it is not offered."""

    term_months: int
    of_list_price_bp: int | None
    refused: str | None


@dataclass(frozen=True, slots=True)
class EndingContract:
    """A contract that ends, and what its partner pays for going on with a shorter term from the day after.

    Without a partner, or for one that has no rate, `shorter_terms` is empty and `no_quote` says why. `renewed_until` is
    the last day of a line of the same service and term that goes on where this one ends, None where there is none.
    """

    partner_id: str | None
    company_name: str | None
    account_manager_id: str | None
    entity: str
    account_id: str
    line_id: str
    service_id: str
    product: str
    service_start: date
    last_day: date
    currency: str
    monthly_minor: int
    renewed_until: date | None
    shorter_terms: tuple[ShorterTerm, ...]
    no_quote: str | None


@dataclass(frozen=True, slots=True)
class EndingContracts:
    """The contracts whose last day lies in `[first, last]`; `not_read` says of which entities that is not known."""

    first: date
    last: date
    contracts: tuple[EndingContract, ...]
    not_read: dict[str, str]
    faulty_lines: dict[str, tuple[str, ...]]


def ending_between(lines: Sequence[TermLine], *, first: date, last: date) -> Iterable[tuple[TermLine, date | None]]:
    """Yield the lines whose last day lies in `[first, last]`, each with the last day of a line that goes on from there.

    A line without a service goes on nowhere: which other line renews it is not known.
    """
    follows = {(each.account_id, each.service_id, each.service_start): each for each in lines if each.service_id}
    for line in sorted(lines):
        if first <= line.last_day <= last:
            following = follows.get((line.account_id, line.service_id, line.service_end))
            yield line, following.last_day if following else None


def shorter_terms(
    *, program: Program, rate: Rate, legacy: frozenset[Component], product: str
) -> tuple[ShorterTerm, ...]:
    """The terms to which an expiring contract may be shortened, by the scheme of the programme in force that day."""
    scheme = program.shortening
    if scheme is None:
        return ()
    return tuple(
        _shorter_term(program, rate, legacy, product, scheme.from_months, months) for months in scheme.surcharge_bp
    )


def _shorter_term(
    program: Program, rate: Rate, legacy: frozenset[Component], product: str, from_months: int, months: int
) -> ShorterTerm:
    try:
        priced = quote(
            program=program,
            terms=rate.terms,
            legacy=legacy,
            monthly_list_cents=_LIST_PRICE_CENTS,
            setup_list_cents=0,
            term_months=months,
            product=product or None,
            shortened_from_months=from_months,
        )
    except NotDefined as refusal:
        return ShorterTerm(months, None, str(refusal))
    return ShorterTerm(months, priced.monthly_fee_cents, None)


def shorter_term_words(term: ShorterTerm) -> str:
    """Say a shorter term and what a month of it costs, as in `3 months 95 %`."""
    length = plural(term.term_months, "month")
    return (
        f"{length} not offered" if term.of_list_price_bp is None else f"{length} {percent_text(term.of_list_price_bp)}"
    )
