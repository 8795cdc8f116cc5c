"""What accepting a restatement does, result by result (rule 8).

`restatement show` prints these consequences and an acceptance writes them: one function says both, so that nothing is
promised that is not done.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import months_words
from partner_program.domain.letters import LetterKind
from partner_program.domain.money import percent_text
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import Rate
from partner_program.domain.rates_taking_force import rate_of_acceptance
from partner_program.domain.registry import GraceGrant, LegacyAgreement
from partner_program.domain.restatement import Figures, Proposal, differences, figures_of, rate_in_force
from partner_program.domain.settlement import Decision, keep_rate


@dataclass(frozen=True, slots=True)
class Standing:
    """What a partner has before a restatement is accepted.

    `figures` are those of the month in force and `rate` the one in force on the day of acceptance. `decided_by` is the
    newest later month that has assigned the partner: that month decides its rate. `open_grants` were open before the
    restated month. `counted_by` are later months in force that count this one in their window, with what they counted.
    """

    figures: Figures
    rate: Rate | None
    decided_by: BillingMonth | None = None
    open_grants: Sequence[GraceGrant] = ()
    agreements: Sequence[LegacyAgreement] = ()
    counted_by: Mapping[BillingMonth, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consequence:
    """What acceptance does for one partner; `decision` is what it writes.

    `record` says in words what changes in the month's record. `rate` is the one in force from the day of acceptance and
    `rate_before` the one that would be without it; they are the same where `decided_by` names a later month.
    `counted_by` are the later months in force that have counted another total in their window, and stay as they are.
    """

    partner_id: str
    decision: Decision
    record: tuple[str, ...]
    rate_before: Rate | None
    rate: Rate | None
    decided_by: BillingMonth | None
    counted_by: tuple[BillingMonth, ...] = ()

    @property
    def letter(self) -> LetterKind | None:
        """The letter that acceptance owes the partner."""
        return self.decision.letter

    @property
    def is_on_record_only(self) -> bool:
        """Whether nothing takes effect from the day: neither a rate nor a letter."""
        return self.letter is None and self.rate == self.rate_before


@dataclass(frozen=True, slots=True)
class Outlook:
    """What accepting a proposal on a day does; `refused` says why it cannot be accepted on that day."""

    proposal: Proposal
    day: date
    consequences: tuple[Consequence, ...] = ()
    refused: str | None = None


def consequences(
    *,
    restated: Sequence[Decision],
    standings: Mapping[str, Standing],
    program: Program | None,
    day: date,
    unit: Unit = EURO,
) -> tuple[Consequence, ...]:
    """What accepting these decisions from a day does, one consequence for each.

    A partner that a later month has assigned gets the corrected figures and keeps its rate; so does each partner of a
    month that is history only. `program` is that of the day, None for such a month.
    """
    found = []
    for decision in restated:
        before = standings[decision.partner_id]
        decided_by = before.decided_by if program is not None else None  # a month of history decides no rate
        if program is None or decided_by is not None:
            written, rate = keep_rate(decision, rate=rate_in_force(before.figures)), before.rate
        else:
            rate = _rate_from(day, decision, before, program)
            written = replace(decision, rate=rate, rate_is_new=rate != before.rate, letter="restated")
        found.append(
            Consequence(
                partner_id=decision.partner_id,
                decision=written,
                record=tuple(differences(in_force=before.figures, now=figures_of(written), unit=unit)),
                rate_before=before.rate,
                rate=rate,
                decided_by=decided_by,
                counted_by=tuple(
                    month for month, cents in sorted(before.counted_by.items()) if cents != decision.mrr_eur_cents
                ),
            )
        )
    return tuple(found)


def _rate_from(day: date, decision: Decision, before: Standing, program: Program) -> Rate:
    return rate_of_acceptance(
        program=program,
        day=day,
        earned_tier=decision.merit_tier or 0,
        open_grants=before.open_grants,
        settled_grants=decision.grants,
        agreements=before.agreements,
        current=before.rate,
    )


def takes_effect_on(*, accepted: Sequence[Consequence], day: date, month_in_force_from: date | None) -> date | None:
    """The effective day of the new revision: `day`, or the month's own where nothing takes effect on `day`."""
    return month_in_force_from if all(each.is_on_record_only for each in accepted) else day


def record_words(consequence: Consequence) -> str:
    """What changes in the month's record, one line each."""
    return "\n".join([*consequence.record, *_later_words(consequence)]) or "stays as it is"


def _later_words(consequence: Consequence) -> Iterator[str]:
    """Name the later months in force that would come out differently, and do not change."""
    if consequence.counted_by:
        months = months_words(consequence.counted_by)
        yield f"counted with the total before in {months}: what was decided there stays, and would differ"


def rate_words(consequence: Consequence) -> str:
    """What happens to the rate for new orders, in one sentence or two."""
    rate, before = consequence.rate, consequence.rate_before
    if rate != before and rate is not None:
        return f"from {rate.valid_from}: {_terms(rate)}; until then {_terms(before)}"
    stays = f"stays: {_terms(rate)}" + (f", since {rate.valid_from}" if rate else "")
    later = consequence.decided_by
    return f"{stays}; {later} decides it, a later month" if later is not None else stays


def letter_words(consequence: Consequence) -> str:
    """Which letter the partner is owed."""
    return consequence.letter or "no new one"


def summary_words(accepted: Sequence[Consequence]) -> str:
    """How many results change in which way."""
    rates = sum(each.rate != each.rate_before for each in accepted)
    letters = sum(each.letter is not None for each in accepted)
    record = sum(each.is_on_record_only for each in accepted)
    return (
        f"{plural(len(accepted), 'partner')} restated: {plural(rates, 'new rate')}, {plural(letters, 'letter')}, "
        f"{record} on record only"
    )


def _terms(rate: Rate | None) -> str:
    if rate is None:
        return "no rate"
    terms = rate.terms
    discounts = (
        f"{percent_text(terms.monthly_fee_discount_bp)} monthly, {percent_text(terms.setup_fee_discount_bp)} setup"
    )
    return f"tier {terms.tier or 'none'}, {discounts}, {terms.sla or 'no SLA'}"
