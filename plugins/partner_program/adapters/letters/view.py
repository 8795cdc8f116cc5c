"""Formats the facts of one letter for its reader's locale; the templates only place them.

Both parts of a letter, HTML and plain text, are made from one `LetterView`, so that both state the same figures.
Nothing is decided here: a total that is not the sum of its accounts is refused, never corrected.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple
from urllib.parse import quote

from partner_program.adapters.letters.locale_format import LocaleFormat
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.families import families_of
from partner_program.domain.letters import (
    AccountFact,
    AccountMove,
    BenefitFact,
    GraceFact,
    LackFact,
    LetterFacts,
    NextTierFact,
    RatesFact,
    RevenueFact,
    StaysFact,
    ToldProgram,
    WindowFact,
)
from partner_program.domain.program import Component
from partner_program.domain.rates import LegacyTerm, RateTerms, orders_differ
from partner_program.domain.refusals import Refusal
from partner_program.domain.unit import is_own, rate_text


class BenefitStateRow(NamedTuple):
    """What a partner has of a benefit: kept, approved for some days (the day it ends is not one), or requested."""

    kind: Literal["kept", "approved", "requested"]
    begins: str | None = None
    ends: str | None = None
    units: int | None = None
    limit: int | None = None
    amount: str | None = None


class BenefitRow(NamedTuple):
    """A benefit in the letter's language; the line says what it is and how to ask for it, the link where it is."""

    name: str
    line: str
    states: tuple[BenefitStateRow, ...] = ()
    link: str = ""


BenefitGroups = tuple[tuple[str, tuple[BenefitRow, ...], tuple[BenefitRow, ...], tuple[BenefitRow, ...]], ...]
"""For each group: its name, the benefits given, those agreed with the partner, those on request."""


class Window(NamedTuple):
    """The months that count together, each with its total, and what they come to."""

    first: str
    last: str
    rows: list[tuple[str, str]]
    total: str
    of_months: int
    is_mean: bool
    projected: bool
    amount: str
    leaves: tuple[str, str] | None


class Stays(NamedTuple):
    """A tier that is not the one that was earned, and what it waits for; `review` is the month of the review."""

    tier: int
    earned_tier: int
    waits_for: str
    review: str | None
    after_months: int
    months_below: int


class TermRow(NamedTuple):
    """A term of new orders; `value` and `before` are None where there is none. `compared` is False without a before.

    `product` is the product family that it is of; the general discount beside families is that of all `others`.
    `kept` says that it is of an older agreement.
    """

    component: Component
    value: str | None
    compared: bool
    before: str | None
    kept: bool = False
    product: str | None = None
    others: bool = False


class MoveRow(NamedTuple):
    """An account that moved: `before` or `now` is None where it had no part in that count, `by` has no sign."""

    account: str
    before: str | None
    now: str | None
    rose: bool
    by: str


class Earlier(NamedTuple):
    """The count before: of `month`, or of the letter's own month before a correction, which has no `month` then.

    `other_moves` more accounts than the `moves` moved by `others` in all, with its sign.
    """

    month: str | None
    total: str
    moves: list[MoveRow]
    other_moves: int
    others: str


class AccountRow(NamedTuple):
    """One account: its number, the amount billed in its currency, and the same in EUR.

    `converted` is True if the two are different amounts, of different currencies.
    """

    account: str
    billed: str
    euros: str
    converted: bool


class SumRow(NamedTuple):
    """The accounts of one entity and currency together: their number, and the values of an `AccountRow`."""

    accounts: int
    billed: str
    euros: str
    converted: bool


class EntityRows(NamedTuple):
    """What one legal entity billed: its accounts one by one, or in a shortened letter their sums by currency.

    `subtotal` is None for a single row, and where the letter has one entity alone: its subtotal is the total.
    """

    entity: str
    legal_name: str
    accounts: list[AccountRow]
    sums: list[SumRow]
    subtotal: str | None


class GrantRow(NamedTuple):
    """A grace period: `last_day` is the last day on which it holds; `lifts` is True if it gives the partner's tier."""

    tier: int
    tier_name: str
    first_day: str
    last_day: str
    state: str
    lifts: bool


class LegacyRow(NamedTuple):
    """A term of an older agreement, kept or ended; `last_day` is None while it has no end."""

    component: str
    value: str
    source: str
    last_day: str | None
    product: str | None = None
    others: bool = False


class LackRow(NamedTuple):
    """Something that a tier needs more of than is on record."""

    key: str
    at_least: int
    on_record: int


class RevenueAlone(NamedTuple):
    """The tier that revenue alone would have earned, and what was lacking for it."""

    tier: int
    tier_name: str
    lacks: tuple[LackRow, ...]


class AtOtherRates(NamedTuple):
    """The total at the exchange rates of another month, and its tier, 0 for none.

    `own_tier` is what the letter's month gives by the table; `holds` says that exchange rates alone did not move it.
    """

    month: str
    total: str
    tier: int
    tier_name: str
    own_tier: int
    own_tier_name: str
    holds: bool


class NextTier(NamedTuple):
    """The next tier: where it begins, what is missing, and `reached`, how far the way is done in per cent.

    `missing` is None where revenue is enough, and only what it `lacks` beside it is missing; `reached` is 0 then.
    """

    tier: int
    tier_name: str
    begins: str
    missing: str | None
    reached: int
    lacks: tuple[LackRow, ...] = ()


class LetterView(NamedTuple):
    """Every value that the templates may print; amounts, days and percentages are finished text.

    `..._name` is a tier's own name, "" where it is told by its number.
    """

    lang: str
    dir: str
    arrow: str
    unit: str
    counted: bool
    kind: str
    reference: str
    company: str
    names: str
    month: str
    effective: str
    rates_are_new: bool
    rates_from: str
    tier: int
    tier_name: str
    previous_tier: int | None
    previous_tier_name: str
    earned_tier: int
    earned_tier_name: str
    lifted_to: int | None
    lifted_to_name: str
    all_services: bool
    has_sla: bool
    has_setup: bool
    one_entity: bool
    needs_more: bool
    terms: list[TermRow]
    terms_moved: bool
    total: str
    total_is_negative: bool
    entities: list[EntityRows]
    account_list: str | None
    account_count: int
    exchange_rates: list[tuple[str, str]]
    shows_currencies: bool
    earlier: Earlier | None
    grants: list[GrantRow]
    grant_states: frozenset[str]
    legacy: list[LegacyRow]
    ended_legacy: list[LegacyRow]
    benefits: BenefitGroups
    ended_benefits: BenefitGroups
    has_benefits: bool
    benefits_from: int
    benefits_from_name: str
    starts_below: bool
    prepayment: list[tuple[int, str]]
    next_tier: NextTier | None
    rates: AtOtherRates | None
    revenue: RevenueAlone | None
    manager: str
    manager_email: str
    manager_mailto: str
    manager_phone: str
    window: Window | None
    stays: Stays | None
    by_rules: bool
    rises_in: str | None


def letter_view(
    facts: LetterFacts,
    *,
    language: str,
    form: LocaleFormat,
    benefits: Callable[[tuple[BenefitFact, ...], ToldProgram], BenefitGroups],
    shortened: bool = False,
) -> LetterView:
    """Format one letter's facts for a locale; `benefits` names and groups the benefits in the letter's language.

    A `shortened` letter has the accounts' sums, and the name of the file with all of them.
    """
    _refuse_sums_that_do_not_add_up(facts)
    told = facts.program
    form = form.of_unit(told.unit)
    terms = RateTerms(facts.tier, facts.monthly_fee_discount_bp, facts.setup_fee_discount_bp, facts.sla, facts.families)
    lifted = facts.granted_tier is not None and facts.granted_tier > facts.own_tier
    # a grant on demand begins on its own day, before the month's run that reports it
    begins = facts.rate_valid_from if facts.kind == "grace_granted" else facts.effective_on
    return LetterView(
        lang=language,
        dir=form.direction,
        arrow=form.arrow,
        unit=plain_name(told.unit.name),
        counted=told.unit.is_counted,
        kind=facts.kind,
        reference=f"{plain_name(facts.partner_id)} · {facts.billing_month}",
        company=plain_name(facts.company_name) or plain_name(facts.partner_id),
        names=form.together([name for name in map(plain_name, facts.contact_names) if name]),
        month=form.month(facts.billing_month),
        effective=form.day(begins),
        rates_are_new=facts.rate_valid_from == begins,
        rates_from=form.day(facts.rate_valid_from),
        tier=facts.tier,
        tier_name=told.tier_name(facts.tier),
        previous_tier=facts.previous_tier,
        previous_tier_name=facts.previous_tier_name,
        earned_tier=facts.earned_tier,
        earned_tier_name=told.tier_name(facts.earned_tier),
        lifted_to=facts.granted_tier if lifted else None,
        lifted_to_name=told.tier_name(facts.granted_tier),
        all_services=told.applies_to == "all_services",
        has_sla="sla" in told.components,
        has_setup="setup_fee" in told.components,
        one_entity=facts.one_entity,
        needs_more=told.needs_more,
        terms=_terms(terms, facts, form),
        terms_moved=facts.terms_before is not None and orders_differ(facts.terms_before, terms),
        total=form.own(facts.mrr_eur_cents),
        total_is_negative=facts.mrr_eur_cents < 0,
        entities=_entities(facts.accounts, form, shortened),
        account_list=f"accounts-{facts.billing_month}.csv" if shortened else None,
        account_count=len({(row.entity, row.account_id) for row in facts.accounts}),
        exchange_rates=_exchange_rates(facts.accounts, form),
        shows_currencies=any(map(_is_foreign, facts.accounts)),
        earlier=_earlier(facts, form),
        grants=[_grant(grant, facts.granted_tier if lifted else None, told, form) for grant in facts.grants],
        grant_states=frozenset([grant.outcome or "open" for grant in facts.grants]),
        legacy=[_legacy(term, form) for term in facts.legacy],
        ended_legacy=[_legacy(term, form) for term in facts.ended_legacy],
        benefits=benefits(facts.benefits, told),
        ended_benefits=benefits(facts.ended_benefits, told),
        has_benefits=bool(told.benefits_from or facts.benefits),
        benefits_from=told.benefits_from,
        benefits_from_name=told.tier_name(told.benefits_from),
        starts_below=told.starts_below,
        prepayment=[(months, form.percent(bp)) for months, bp in facts.prepayment],
        next_tier=_next_tier(facts.next_tier, told, form, language),
        rates=_at_other_rates(facts.rates, told, form),
        revenue=_revenue_alone(facts.revenue, told, language),
        manager=plain_name(facts.manager_name),
        manager_email=plain_name(facts.manager_email),
        manager_mailto="mailto:" + quote(plain_name(facts.manager_email), safe="@"),
        manager_phone=plain_name(facts.manager_phone),
        window=_window(facts.window, form),
        stays=None if lifted else _stays(facts.stays, form),
        by_rules=told.by_rules or facts.merit_tier is not None,
        rises_in=None if facts.rises_in is None else form.month(facts.rises_in),
    )


def _window(window: WindowFact | None, form: LocaleFormat) -> Window | None:
    if window is None:
        return None
    rows = [(form.month(month), form.own(cents)) for month, cents in window.months]
    return Window(
        first=rows[0][0],
        last=rows[-1][0],
        rows=rows,
        total=form.own(sum([cents for _, cents in window.months])),
        of_months=window.of_months,
        is_mean=window.is_mean,
        projected=window.projected,
        amount=form.own(window.amount_cents),
        leaves=None if window.leaves is None else (form.month(window.leaves[0]), form.own(window.leaves[1])),
    )


def _stays(stays: StaysFact | None, form: LocaleFormat) -> Stays | None:
    if stays is None:
        return None
    return Stays(
        tier=stays.tier,
        earned_tier=stays.earned_tier,
        waits_for=stays.waits_for,
        review=None if stays.review is None else form.month(stays.review),
        after_months=stays.after_months,
        months_below=stays.months_below,
    )


def benefit_states(benefit: BenefitFact, form: LocaleFormat) -> tuple[BenefitStateRow, ...]:
    """Format what a partner has of a benefit, in the order in which a letter says it."""
    approved = [
        BenefitStateRow(
            "approved",
            begins=form.day(each.begins_on) if each.begins_on else None,
            ends=form.day(each.ends_on) if each.ends_on else None,
            units=each.units,
            limit=benefit.limit,
            amount=None if each.amount_cents is None else form.own(each.amount_cents),
        )
        for each in benefit.approvals
    ]
    kept = [BenefitStateRow("kept")] if benefit.kept else []
    asked = [BenefitStateRow("requested")] if benefit.requested else []
    return (*kept, *approved, *asked)


def _refuse_sums_that_do_not_add_up(facts: LetterFacts) -> None:
    accounts = sum([row.mrr_eur_cents for row in facts.accounts])
    if accounts != facts.mrr_eur_cents:
        raise Refusal(
            f"letter {facts.partner_id} {facts.billing_month}: the accounts add up to {accounts} cents, "
            f"the total says {facts.mrr_eur_cents}"
        )
    if facts.earlier is not None:
        moved = sum([move.moved_cents for move in facts.earlier.moves]) + facts.earlier.other_moves_cents
        if moved != facts.mrr_eur_cents - facts.earlier.mrr_eur_cents:
            raise Refusal(
                f"letter {facts.partner_id} {facts.billing_month}: the accounts moved by {moved} cents, "
                f"the total from {facts.earlier.mrr_eur_cents} to {facts.mrr_eur_cents}"
            )


def _terms(now: RateTerms, facts: LetterFacts, form: LocaleFormat) -> list[TermRow]:
    """The components that the programme has, and those that the partner has or had without it; then its families."""
    before, told = facts.terms_before, facts.program
    kept = {(each.component, each.product) for each in facts.legacy}
    families = list(dict.fromkeys([*families_of(now.families), *families_of(before.families if before else None)]))

    def shown(terms: RateTerms) -> dict[Component, str | None]:
        return {
            "monthly_fee": form.percent(terms.monthly_fee_discount_bp),
            "setup_fee": form.percent(terms.setup_fee_discount_bp),
            "sla": terms.sla,
        }

    was = {} if before is None else shown(before)
    own = {"setup_fee": now.setup_fee_discount_bp, "sla": now.sla}
    lost = {} if before is None else {"setup_fee": before.setup_fee_discount_bp, "sla": before.sla}
    rows = [
        TermRow(
            key,
            value,
            before is not None,
            was.get(key),
            kept=(key, None) in kept,
            others=key == "monthly_fee" and bool(families),
        )
        for key, value in shown(now).items()
        if key in told.components or own.get(key) or lost.get(key)
    ]
    of_families = [
        TermRow(
            "monthly_fee",
            shown(now.of_product(product))["monthly_fee"],
            before is not None,
            None if before is None else shown(before.of_product(product))["monthly_fee"],
            kept=("monthly_fee", product) in kept,
            product=_family(product),
        )
        for product in families
    ]
    return [*of_families, *rows]


def _family(product: str) -> str:
    """A product family as people read it."""
    return plain_name(product.replace("_", " "))


def _earlier(facts: LetterFacts, form: LocaleFormat) -> Earlier | None:
    earlier = facts.earlier
    if earlier is None:
        return None
    return Earlier(
        month=None if earlier.billing_month == facts.billing_month else form.month(earlier.billing_month),
        total=form.own(earlier.mrr_eur_cents),
        moves=[_move(move, form) for move in earlier.moves],
        other_moves=earlier.other_moves,
        others=("+" if earlier.other_moves_cents > 0 else "") + form.own(earlier.other_moves_cents),
    )


def _move(move: AccountMove, form: LocaleFormat) -> MoveRow:
    return MoveRow(
        account=f"{plain_name(move.entity)} · {plain_name(move.account_id)}",
        before=None if move.before_cents is None else form.own(move.before_cents),
        now=None if move.now_cents is None else form.own(move.now_cents),
        rose=move.moved_cents > 0,
        by=form.own(abs(move.moved_cents)),
    )


def _entities(accounts: tuple[AccountFact, ...], form: LocaleFormat, shortened: bool) -> list[EntityRows]:
    """Group the accounts by legal entity, in the order of the facts."""
    grouped: dict[str, list[AccountFact]] = {}
    for row in accounts:
        grouped.setdefault(row.entity, []).append(row)
    entities = [_entity(rows, form, shortened) for rows in grouped.values()]
    return entities if len(entities) > 1 else [each._replace(subtotal=None) for each in entities]


def _entity(rows: list[AccountFact], form: LocaleFormat, shortened: bool) -> EntityRows:
    accounts = [] if shortened else [_account(row, form) for row in rows]
    sums = _sums(rows, form) if shortened else []
    return EntityRows(
        entity=plain_name(rows[0].entity),
        legal_name=plain_name(rows[0].legal_name),
        accounts=accounts,
        sums=sums,
        subtotal=form.own(sum([row.mrr_eur_cents for row in rows])) if len(accounts) + len(sums) > 1 else None,
    )


def _account(row: AccountFact, form: LocaleFormat) -> AccountRow:
    return AccountRow(
        plain_name(row.account_id),
        form.amount(row.mrr_minor, plain_name(row.currency)),
        form.own(row.mrr_eur_cents),
        _is_foreign(row),
    )


def _is_foreign(row: AccountFact) -> bool:
    return not is_own(row.currency, row.units_per_eur)


def _sums(rows: list[AccountFact], form: LocaleFormat) -> list[SumRow]:
    """Add an entity's accounts up by currency."""
    by_currency: dict[str, list[AccountFact]] = {}
    for row in rows:
        by_currency.setdefault(row.currency, []).append(row)
    return [
        SumRow(
            accounts=len({row.account_id for row in together}),
            billed=form.amount(sum(row.mrr_minor for row in together), plain_name(currency)),
            euros=form.own(sum(row.mrr_eur_cents for row in together)),
            converted=_is_foreign(together[0]),
        )
        for currency, together in by_currency.items()
    ]


def _exchange_rates(accounts: tuple[AccountFact, ...], form: LocaleFormat) -> list[tuple[str, str]]:
    """Return each foreign currency once, with its units per EUR."""
    pairs = dict.fromkeys([(row.currency, row.units_per_eur) for row in accounts if _is_foreign(row)])
    return [(plain_name(currency), form.rate(rate_text(units_per_eur))) for currency, units_per_eur in pairs]


def _grant(grant: GraceFact, lifted_to: int | None, told: ToldProgram, form: LocaleFormat) -> GrantRow:
    return GrantRow(
        tier=grant.tier,
        tier_name=told.tier_name(grant.tier),
        first_day=form.day(grant.starts_on),
        last_day=form.last_day(grant.ends_on),
        state=grant.outcome or "open",
        lifts=grant.outcome is None and grant.tier == lifted_to,
    )


def _legacy(term: LegacyTerm, form: LocaleFormat) -> LegacyRow:
    return LegacyRow(
        component=term.component,
        value=plain_name(term.sla or "") if term.discount_bp is None else form.percent(term.discount_bp),
        source=plain_name(term.source),
        last_day=None if term.valid_to is None else form.last_day(term.valid_to),
        product=None if term.product is None else _family(term.product),
    )


def _revenue_alone(fact: RevenueFact | None, told: ToldProgram, language: str) -> RevenueAlone | None:
    if fact is None:
        return None
    return RevenueAlone(fact.tier, told.tier_name(fact.tier), _lacks(fact.lacks, language))


def _lacks(facts: tuple[LackFact, ...], language: str) -> tuple[LackRow, ...]:
    return tuple(
        LackRow(plain_name(dict(each.names).get(language) or each.key), each.at_least, each.on_record) for each in facts
    )


def _at_other_rates(fact: RatesFact | None, told: ToldProgram, form: LocaleFormat) -> AtOtherRates | None:
    if fact is None:
        return None
    return AtOtherRates(
        month=form.month(fact.month),
        total=form.own(fact.cents),
        tier=fact.tier,
        tier_name=told.tier_name(fact.tier),
        own_tier=fact.own_tier,
        own_tier_name=told.tier_name(fact.own_tier),
        holds=fact.holds,
    )


def _next_tier(following: NextTierFact | None, told: ToldProgram, form: LocaleFormat, language: str) -> NextTier | None:
    if following is None:
        return None
    begins, missing = following.from_mrr_cents, following.missing_cents
    reached = min(max((begins - missing) * 100 // begins, 0), 100) if missing else 0
    return NextTier(
        tier=following.tier,
        tier_name=told.tier_name(following.tier),
        begins=form.own(begins),
        missing=form.own(missing) if missing else None,
        reached=reached,
        lacks=_lacks(following.lacks, language),
    )
