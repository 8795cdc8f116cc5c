"""What a letter that is owed states: committed figures, and what the programme and the registry add (rule 12).

Nothing is decided here: a letter states what was committed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.domain.account_moves import account_moves
from partner_program.domain.benefits import BenefitState, Standing
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import AtRatesBefore, rates_alone
from partner_program.domain.letters import (
    AccountFact,
    ApprovalFact,
    BenefitFact,
    EarlierFact,
    GraceFact,
    LackFact,
    LetterFacts,
    LetterKind,
    NextTierFact,
    RatesFact,
    RevenueFact,
    StaysFact,
    ToldProgram,
    WindowFact,
)
from partner_program.domain.program import Program
from partner_program.domain.qualifications import Lack, Used, lacks_of, revenue_alone
from partner_program.domain.rates import RateTerms, legacy_ended, legacy_kept
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AccountManager, LegacyAgreement, Partner, Registry, agreements_by_partner
from partner_program.domain.tier_changes import Changes, Merit, stays_for

# Not lost with the last tier: a grace period may be granted to a partner without a tier, and all partners have the API.
# A constant, since programme files have a cell for each tier from Tier 1 on and past files never change.
WITHOUT_TIER = frozenset({"grace_period", "api_access"})


@dataclass(frozen=True, slots=True)
class EarlierAssessment:
    """What was committed for a partner before the letter's month, or for the month itself before it was restated.

    `program_hash` is that of the programme file that it was settled with.
    """

    billing_month: BillingMonth
    terms: RateTerms
    mrr_eur_cents: int
    accounts: tuple[AccountFact, ...]
    program_hash: str | None = None


@dataclass(frozen=True, slots=True)
class OwedLetter:
    """A letter that a month owes, with what was committed for its partner.

    `content_hash` is None until it is rendered; `program_hash` is that of the programme file that the month was
    settled with. `terms` have the tier of the month and the discounts of the rate, which holds from
    `rate_valid_from`; `effective_on` is the day of the settlement. `earlier` is None where no month in force had
    assigned the partner before; `rate_before` are the terms of the rate in force before the settlement, which only a
    letter about changed terms states. `benefits` are those written down with the letter, on its effective day; None
    where it is of an earlier version, which stated those of the tier. `at_rates_before` is the total at the
    exchange rates that the month was held against, and `qualifications` what was on record, as they were written down.
    `window` are the months before that counted with it, oldest first, and `qualifying_eur_cents` their amount, None
    without a window; `merit` is None without rules for changes of tier.
    """

    billing_month: BillingMonth
    partner_id: str
    revision: int
    kind: LetterKind
    content_hash: str | None
    effective_on: date
    program_hash: str
    mrr_eur_cents: int
    earned_tier: int
    granted_tier: int | None
    previous_tier: int | None
    terms: RateTerms
    rate_valid_from: date
    accounts: tuple[AccountFact, ...]
    grants: tuple[GraceFact, ...]
    earlier: EarlierAssessment | None
    rate_before: RateTerms | None
    benefits: tuple[BenefitFact, ...] | None = None
    at_rates_before: AtRatesBefore | None = None
    qualifications: Used | None = None
    qualifying_eur_cents: int | None = None
    window: tuple[tuple[BillingMonth, int], ...] = ()
    merit: Merit | None = None


def facts_of_letters(
    *, owed: Sequence[OwedLetter], registry: Registry, programs: Sequence[Program]
) -> Iterator[tuple[OwedLetter, LetterFacts]]:
    """Yield each owed letter with the facts that it states.

    `registry` has at least the partners of these letters. Raises `Refusal` where a month's programme file is not
    among the `programs`.
    """
    partners = {partner.partner_id: partner for partner in registry.partners}
    managers = {manager.account_manager_id: manager for manager in registry.account_managers}
    by_hash = {program.file_hash: program for program in programs}
    entities = registry.entities
    contacts: dict[str, list[str]] = defaultdict(list)
    for contact in registry.contacts:
        if contact.role == "billing":
            contacts[contact.partner_id].append(contact.name)
    agreements = agreements_by_partner(registry.legacy_agreements)
    for letter in owed:
        program = by_hash.get(letter.program_hash)
        if program is None:
            raise Refusal(
                f"month {letter.billing_month} was settled with a programme file that is not here: "
                f"{letter.program_hash}"
            )
        partner = partners[letter.partner_id]
        yield (
            letter,
            letter_facts(
                letter=letter,
                program=program,
                program_before=by_hash.get(letter.earlier.program_hash or "") if letter.earlier else None,
                partner=partner,
                manager=managers[partner.account_manager_id],
                contact_names=contacts.get(letter.partner_id, ()),
                agreements=agreements.get(letter.partner_id, ()),
                one_entity=sum(each.bills_in(letter.billing_month) for each in entities) == 1,
            ),
        )


def letter_facts(
    *,
    letter: OwedLetter,
    program: Program,
    partner: Partner,
    manager: AccountManager,
    contact_names: Sequence[str],
    agreements: Sequence[LegacyAgreement],
    program_before: Program | None = None,
    one_entity: bool = False,
) -> LetterFacts:
    """What one letter states; `program` is the one that its month was settled with.

    `program_before` is that of the month before, where it is known: it says what the tier before was called. Revenue
    that it counted in another unit stands beside nothing.
    """
    terms, day, previous_tier = letter.terms, letter.effective_on, tier_before(letter)
    before = terms_before(letter)
    benefits = benefits_of_tier(program=program, tier=terms.tier) if letter.benefits is None else letter.benefits
    return LetterFacts(
        billing_month=str(letter.billing_month),
        kind=letter.kind,
        partner_id=letter.partner_id,
        company_name=partner.company_name,
        language=partner.language,
        contact_names=tuple(contact_names),
        effective_on=day,
        rate_valid_from=letter.rate_valid_from,
        tier=terms.tier,
        previous_tier=previous_tier,
        earned_tier=letter.earned_tier,
        granted_tier=letter.granted_tier,
        monthly_fee_discount_bp=terms.monthly_fee_discount_bp,
        setup_fee_discount_bp=terms.setup_fee_discount_bp,
        sla=terms.sla,
        families=terms.families,
        terms_before=before,
        mrr_eur_cents=letter.mrr_eur_cents,
        accounts=letter.accounts,
        earlier=None if program_before and program_before.unit != program.unit else _earlier(letter),
        grants=letter.grants,
        legacy=legacy_kept(program=program, terms=terms, agreements=agreements, day=day),
        ended_legacy=()
        if before is None
        else legacy_ended(program=program, before=before, now=terms, agreements=agreements, day=day),
        benefits=benefits,
        ended_benefits=benefits_ended(
            program=program,
            tier=terms.tier,
            previous_tier=previous_tier,
            attributes=partner.attributes,
            stated=benefits,
        ),
        prepayment=tuple((program.prepayment_bp or {}).items()),
        next_tier=next_tier(program=program, mrr_eur_cents=_amount(letter), used=letter.qualifications),
        manager_name=manager.name,
        manager_email=manager.email,
        manager_phone=manager.phone,
        program=told_program(program),
        previous_tier_name=(program_before or program).tier_name(previous_tier),
        rates=rates_fact(letter, program),
        revenue=revenue_fact(letter, program),
        window=_window(letter, program),
        stays=None if letter.merit is None else _stays(letter.billing_month, letter.merit, program),
        merit_tier=None if letter.merit is None else letter.merit.tier,
        rises_in=_rises_in(letter.billing_month, program),
        one_entity=one_entity,
    )


def told_program(program: Program) -> ToldProgram:
    """What a letter has to know of a programme."""
    asked_below = {each.key for each in program.benefits if each.key in WITHOUT_TIER or each.terms.without_tier}
    return ToldProgram(
        tier_names=tuple(row.name for row in program.tiers if row.name),
        components=program.components,
        benefits_from=next((row.tier for row in program.tiers if benefits_of_tier(program=program, tier=row.tier)), 0),
        starts_below={"grace_period", "seeding_options"} <= asked_below,
        applies_to=program.applies_to,
        by_rules=bool(program.measure or program.changes or program.required_keys)
        or program.fx_guard == "hold_tier"
        or program.unit.is_counted,
        needs_more=bool(program.required_keys),
        promotions=program.promotions,
        has_cap=program.promotion_cap_bp is not None,
        unit=program.unit,
    )


def rates_fact(letter: OwedLetter, program: Program) -> RatesFact | None:
    """What the month would have earned at the exchange rates of an earlier one, where that is another tier."""
    before = letter.at_rates_before
    held = dict(letter.qualifications or ())
    found = rates_alone(
        program=program,
        mrr_eur_cents=letter.mrr_eur_cents,
        before=before,
        held=held,
        window=_totals(letter),
    )
    if found is None or before is None or found.tier is None or not found.moves:
        return None
    return RatesFact(str(before.rates_of), before.cents, found.tier, found.own_tier, found.holds)


def revenue_fact(letter: OwedLetter, program: Program) -> RevenueFact | None:
    """What the tier that revenue reaches lacked beside it; None where revenue alone decided."""
    found = revenue_alone(program=program, mrr_eur_cents=_amount(letter), used=letter.qualifications)
    if found is None:
        return None
    lacks = [_lack(each, program) for each in found.lacks]
    return RevenueFact(found.tier, tuple(lacks))


def _totals(letter: OwedLetter) -> tuple[int, ...]:
    """The totals of the months that counted with the letter's own, in EUR cents."""
    return tuple(cents for _, cents in letter.window)


def _amount(letter: OwedLetter) -> int:
    """What was held against the tier table, in EUR cents."""
    return letter.mrr_eur_cents if letter.qualifying_eur_cents is None else letter.qualifying_eur_cents


def _window(letter: OwedLetter, program: Program) -> WindowFact | None:
    measure = program.measure
    if measure is None or letter.qualifying_eur_cents is None:
        return None
    months = [*letter.window, (letter.billing_month, letter.mrr_eur_cents)]
    first = measure.months_before(letter.billing_month)[:1] or (letter.billing_month,)
    leaves = months[0] if months[0][0] == first[0] else None
    return WindowFact(
        months=tuple((str(month), cents) for month, cents in months),
        of_months=measure.months,
        is_mean=measure.of == "mean",
        projected=measure.of == "sum" and measure.short == "projected" and len(months) < measure.months,
        amount_cents=letter.qualifying_eur_cents,
        leaves=None if leaves is None else (str(leaves[0]), leaves[1]),
    )


def _stays(month: BillingMonth, merit: Merit, program: Program) -> StaysFact | None:
    changes = program.changes
    if changes is None or merit.tier == merit.earned_tier:
        return None
    return StaysFact(
        tier=merit.tier,
        earned_tier=merit.earned_tier,
        waits_for=stays_for(changes, merit),
        review=_next_review(changes, month),
        after_months=changes.drop_after_months,
        months_below=merit.months_below,
    )


def _next_review(changes: Changes, month: BillingMonth) -> str | None:
    review = changes.next_review(month)
    return None if review is None else str(review.following)  # a month is reviewed in the one after it


def _rises_in(month: BillingMonth, program: Program) -> str | None:
    changes = program.changes
    return _next_review(changes, month) if changes is not None and changes.rises == "review" else None


def tier_before(letter: OwedLetter) -> int | None:
    """The tier that a letter names as the one before: that of the last month, or before a correction the wrong one."""
    if letter.kind == "restated" and letter.earlier is not None:
        return letter.earlier.terms.tier
    return letter.previous_tier


def terms_before(letter: OwedLetter) -> RateTerms | None:
    """The terms that a letter states beside the new ones: those that the partner was assigned before.

    They are not always those of the rate in force the day before: a grant on demand changes the rate ahead of the month
    whose letter tells it. Only changed terms are compared with that rate, because it is what they differ from; of a
    partner that returns, the last assessment has terms that orders have not got since.
    """
    if letter.kind == "terms_changed":
        return letter.rate_before
    return letter.earlier.terms if letter.earlier else None


def _earlier(letter: OwedLetter) -> EarlierFact | None:
    if letter.earlier is None:
        return None
    moves = account_moves(before=letter.earlier.accounts, now=letter.accounts)
    return EarlierFact(
        billing_month=str(letter.earlier.billing_month),
        mrr_eur_cents=letter.earlier.mrr_eur_cents,
        moves=moves.shown,
        other_moves=moves.others,
        other_moves_cents=moves.others_cents,
    )


def benefits_of_tier(*, program: Program, tier: int) -> tuple[BenefitFact, ...]:
    """The benefits of a tier, given or given on request; those that the source leaves open are left out."""
    facts = []
    for benefit in program.benefits:
        availability = benefit.of_tier(tier)
        if availability != "unknown":
            facts.append(BenefitFact(benefit.key, benefit.name, benefit.group, availability))
    return tuple(facts)


def benefits_stated(states: Iterable[BenefitState], *, tier: int) -> tuple[BenefitFact, ...]:
    """What a letter states of a partner's benefits on its effective day, written down with the letter.

    Without a tier, what may be asked for is told by a sentence of the letter, and is left out here.
    """
    return tuple(_stated(each) for each in states if tier or each.status != "on_request")


def _stated(state: BenefitState) -> BenefitFact:
    benefit, terms = state.benefit, state.benefit.terms
    given = state.status == "included"
    return BenefitFact(
        key=benefit.key,
        name=benefit.name,
        group=benefit.group,
        availability="yes" if given else "on_request",
        kept=bool(state.kept) and not given,
        approvals=() if given else tuple(_approval(each) for each in (*state.in_force, *state.upcoming)),
        requested=bool(state.requested) and not given,
        limit=state.limit,
        incidents=state.incidents,
        days=terms.days,
        days_ahead=terms.days_ahead,
        link=terms.link,
    )


def _approval(standing: Standing) -> ApprovalFact:
    return ApprovalFact(
        begins_on=standing.valid_from if standing.state == "upcoming" else None,
        ends_on=standing.valid_to,
        units=standing.quantity,
        amount_cents=standing.amount_cents,
    )


def benefits_ended(
    *, program: Program, tier: int, previous_tier: int | None, attributes: str, stated: Sequence[BenefitFact]
) -> tuple[BenefitFact, ...]:
    """The benefits that the tier before gives, and that are not `stated` as the partner's now; see `WITHOUT_TIER`.

    One that demands an attribute which the partner lacks was not lost with the tier.
    """
    kept = {benefit.key for benefit in stated}
    kept |= {benefit.key for benefit in program.benefits if not benefit.terms.are_for(attributes)}
    if not tier:
        kept |= WITHOUT_TIER
    before = benefits_of_tier(program=program, tier=previous_tier or 0)
    return tuple(benefit for benefit in before if benefit.availability == "yes" and benefit.key not in kept)


def _lack(each: Lack, program: Program) -> LackFact:
    names = program.requirement_names.get(each.key, {})
    own = tuple((language, name) for language, name in names.items() if language)
    return LackFact(each.name, each.at_least, each.on_record, own)


def next_tier(*, program: Program, mrr_eur_cents: int, used: Used | None = None) -> NextTierFact | None:
    """The tier above the one that is earned, whatever a grant gives; None above the highest.

    `used` is what was on record beside revenue; None where the month was decided without it.
    """
    held = dict(used or ())
    earned = program.earned_tier(mrr_eur_cents) if used is None else program.tier_with(mrr_eur_cents, held)
    if earned == program.highest_tier:
        return None
    row = program.tiers[earned]
    lacks = [] if used is None else [_lack(each, program) for each in lacks_of(program, row, held)]
    return NextTierFact(row.tier, row.from_mrr_cents, max(row.from_mrr_cents - mrr_eur_cents, 0), tuple(lacks))
