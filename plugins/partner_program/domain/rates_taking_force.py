"""Which rates take force outside a month's own decisions: rates in, rates out (rules 4 to 8).

Most rates come with a partner's decision in a month. The others are here: a rate that begins later and was written for
another tier, the end of a partner's rates, an early rise, a grant made on demand, an accepted restatement.
Rates are only ever appended, so each function gives new rates and none changes an old one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import SettledGrant, tier_with_grants
from partner_program.domain.measure import NO_EARLIER, EarlierMonth
from partner_program.domain.program import NOTHING_HELD, OnRecord, Program
from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate, rate_from, rate_terms
from partner_program.domain.registry import GraceGrant, LegacyAgreement


@dataclass(frozen=True, slots=True)
class RateAhead:
    """A rate that begins later; `granted_tier` is that of a grant made on demand from its first day, 0 without one."""

    rate: Rate
    granted_tier: int = 0


def rates_ahead(
    *,
    tiers: Mapping[str, int],
    ahead: Mapping[str, Sequence[RateAhead]],
    agreements: Mapping[str, Sequence[LegacyAgreement]],
    programs: Mapping[date, Program],
) -> list[tuple[str, Rate]]:
    """The rates that begin after the run's day and differ from what it decided, by partner.

    Each was written for the tier that the partner had then. The rate of a grant on demand never lies below the tier
    decided now, as a grant lowers nobody; that of an earlier month's restatement, or of an early rise, becomes that of
    the tier decided now.
    `tiers` are those decided now, `ahead` each partner's rates in the order of their days, one a day; `programs` has
    the programme of each of these days.
    """
    found = list[tuple[str, Rate]]()
    for partner_id, decided in tiers.items():
        tier = decided
        for each in ahead.get(partner_id, ()):
            tier, day = max(tier, each.granted_tier), each.rate.valid_from
            terms = rate_terms(program=programs[day], tier=tier, agreements=agreements.get(partner_id, ()), day=day)
            if terms != each.rate.terms:
                found.append((partner_id, Rate(day, terms)))
    return found


def closing_rates(
    *, authorized: Collection[str], rates: Mapping[str, Rate], ahead: Mapping[str, Sequence[RateAhead]], day: date
) -> list[tuple[str, Rate]]:
    """A rate of 0 % for each partner that has a rate and is no longer authorised, by partner and day.

    `rates` are those in force on `day`, from which they end; `ahead` those that begin later: each ends on its own day.
    """
    ends = [(partner_id, day, rate.terms) for partner_id, rate in rates.items()]
    ends += [(partner_id, each.rate.valid_from, each.rate.terms) for partner_id, own in ahead.items() for each in own]
    return [
        (partner_id, Rate(first_day, NO_PROGRAMME_RATE))
        for partner_id, first_day, terms in sorted(ends, key=lambda each: each[:2])
        if partner_id not in authorized and not terms.gives_nothing
    ]


def ended_ahead(ahead: Mapping[str, Sequence[RateAhead]]) -> frozenset[str]:
    """The partners whose newest rate ahead gives nothing: their rates end on a day that was said already."""
    return frozenset(each for each, own in ahead.items() if own and own[-1].rate.terms.gives_nothing)


def rates_of_return(
    *,
    partner_id: str,
    rate: Rate,
    current: Rate | None,
    ahead: Sequence[RateAhead],
    agreements: Sequence[LegacyAgreement],
    programs: Mapping[date, Program],
) -> list[Rate]:
    """The rates of a partner that is authorised again: `rate` from its day on, and what was to end later goes on.

    `current` is the rate on that day, `ahead` those after it; `programs` has the programme of each of their days.
    """
    later = rates_ahead(
        tiers={partner_id: rate.terms.tier},
        ahead={partner_id: ahead},
        agreements={partner_id: agreements},
        programs=programs,
    )
    return [*([] if rate == current else [rate]), *(each for _, each in later)]


def early_rises(
    *,
    program: Program,
    month: BillingMonth,
    known_parts: Mapping[str, int],
    decided: Collection[str],
    rates: Mapping[str, Rate | None],
    agreements: Mapping[str, Sequence[LegacyAgreement]],
    effective_on: date,
    known_parts_before: Mapping[str, int] | None = None,
    held: Mapping[str, OnRecord] | None = None,
    earlier: Mapping[str, Sequence[EarlierMonth]] = NO_EARLIER,
) -> list[tuple[str, Rate]]:
    """The rates of held partners that rise with the part of their revenue that is known, by partner.

    Only with the reading `rise_on_partial`, and in a month in which a tier may rise. `known_parts` are EUR cents,
    `rates` those in force, `earlier` the months of the window before. Partners that are `decided`, in this month or a
    later one, have the rate that was decided. `known_parts_before` are EUR cents at the exchange rates that the month
    is held against, of those of whom that is known: with the exchange-rate guard nobody rises early by rates alone.
    `held` is what is on record beside revenue, by partner.
    """
    changes = program.changes
    if not program.readings.rise_on_partial:
        return []
    if changes is not None and changes.rises == "review" and not changes.is_review(month):
        return []
    risen = {
        partner_id: rise_early(
            program=program,
            known_cents=_known_amount(
                program,
                _guarded_part(program, cents, (known_parts_before or {}).get(partner_id)),
                earlier.get(partner_id, ()),
            ),
            rate=rates.get(partner_id),
            agreements=agreements.get(partner_id, ()),
            effective_on=effective_on,
            held=(held or {}).get(partner_id, NOTHING_HELD),
        )
        for partner_id, cents in known_parts.items()
        if partner_id not in decided
    }
    return [(partner_id, rate) for partner_id, rate in risen.items() if rate is not None]


def _guarded_part(program: Program, cents: int, before: int | None) -> int:
    return cents if program.fx_guard != "hold_tier" or before is None else min(cents, before)


def _known_amount(program: Program, cents: int, earlier: Sequence[EarlierMonth]) -> int:
    """What is held against the table of a partner of which this much is known of the month."""
    return program.amount_of(cents, [each.mrr_eur_cents for each in earlier if each.mrr_eur_cents is not None])


def rise_early(
    *,
    program: Program,
    known_cents: int,
    rate: Rate | None,
    agreements: Sequence[LegacyAgreement],
    effective_on: date,
    held: OnRecord = NOTHING_HELD,
) -> Rate | None:
    """The rate to which a held partner rises with the known part of its revenue, None where that part gives no more.

    The reading `rise_on_partial`: the known part alone reaches the tier and the unknown part cannot be negative.
    """
    tier = program.tier_with(known_cents, held)
    if tier <= (rate.terms.tier if rate else 0):
        return None
    return Rate(effective_on, rate_terms(program=program, tier=tier, agreements=agreements, day=effective_on))


def rate_of_grant(
    *, program: Program, grant: GraceGrant, agreements: Sequence[LegacyAgreement], current: Rate | None
) -> Rate:
    """The rate from a grant's first day: at least the `current` one of that day, which is given back if it stays.

    `program` and `agreements` are those of the grant's first day.
    """
    day = grant.starts_on
    lifted = max(grant.tier, current.terms.tier if current else 0)
    terms = rate_terms(program=program, tier=lifted, agreements=agreements, day=day)
    if current is not None and current.terms.tier > terms.tier:
        # A tier in force may be above all of the programme that begins: no grant lowers it before a month does.
        return current
    return rate_from(day=day, terms=terms, current=current)


def rate_of_acceptance(
    *,
    program: Program,
    day: date,
    earned_tier: int,
    open_grants: Sequence[GraceGrant],
    settled_grants: Sequence[SettledGrant],
    agreements: Sequence[LegacyAgreement],
    current: Rate | None,
) -> Rate:
    """The rate from the day on which a restatement is accepted: the corrected tier, or that of a grant on that day.

    `open_grants` were open before the restated month, `settled_grants` are what the restated month makes of them.
    `current` is the rate in force on that day, which is given back where its terms are the same.
    """
    settled = {each.grant.grant_id for each in settled_grants if each.outcome is not None}
    tier = tier_with_grants(earned_tier=earned_tier, open_grants=open_grants, settled=settled, day=day)
    terms = rate_terms(program=program, tier=tier, agreements=agreements, day=day)
    return rate_from(day=day, terms=terms, current=current)
