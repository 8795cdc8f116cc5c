"""One partner whole: tier, rate, since when, what comes next, and everything that was agreed, written and done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy import Connection

from partner_program.adapters.database import acts as act_store
from partner_program.adapters.database import disputes as dispute_store
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import partner_overview as overview_store
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import register as register_store
from partner_program.adapters.database import registry as registry_store
from partner_program.domain.acts import DatedAct
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.certificate import why_no_document
from partner_program.domain.disputes import Dispute
from partner_program.domain.fx_guard import rates_words
from partner_program.domain.grace import GrantStanding
from partner_program.domain.partner_list import gap_to_next
from partner_program.domain.partner_overview import Coming, LetterSent, PartnerMonth, coming
from partner_program.domain.program import Component, Program, Tier
from partner_program.domain.program_unit import EURO
from partner_program.domain.qualifications import lack_words
from partner_program.domain.rates import Rate
from partner_program.domain.receipt import rates_of_result, revenue_of_result
from partner_program.domain.register import RegisterPartner
from partner_program.domain.registry import AccountLink, AccountManager, Contact, LegacyAgreement, Partner
from partner_program.usecases.acts import dated
from partner_program.usecases.benefits import BenefitLine, list_benefits
from partner_program.usecases.desk.partners import newest_month
from partner_program.usecases.grants import list_grants
from partner_program.usecases.installation import Installation

MONTHS_SHOWN = 24


@dataclass(frozen=True, slots=True)
class PartnerOverview:
    """A partner on a day.

    `rate` is that of an order placed on that day, None before the first; `ahead` those that begin later, `rates` all
    that were ever written. `result` is the partner's row in the register of `newest`, the newest month in force; both
    may be None. `beside` says in words what had a part in its tier beside revenue: what the tier lacked that revenue
    reaches, and what exchange rates alone made of it. `gap_eur_cents` is what was missing then to the next tier,
    `next_tier_from_cents` its threshold. `months` are the newest ones, newest first; `tiers` is today's table. `coming`
    is what is known to come. `no_certificate` and `no_badge` say why there is none, None where there is one.
    `components` are those of today's programme, and those that the partner has or had.
    """

    on: date
    partner: Partner
    manager: AccountManager
    rate: Rate | None
    ahead: tuple[Rate, ...]
    rates: tuple[Rate, ...]
    newest: BillingMonth | None
    result: RegisterPartner | None
    beside: tuple[str, ...]
    gap_eur_cents: int | None
    next_tier: int | None
    next_tier_from_cents: int | None
    months: tuple[PartnerMonth, ...]
    tiers: tuple[Tier, ...]
    coming: tuple[Coming, ...]
    links: tuple[AccountLink, ...]
    contacts: tuple[Contact, ...]
    agreements: tuple[LegacyAgreement, ...]
    grants: tuple[GrantStanding, ...]
    benefits: tuple[BenefitLine, ...]
    disputes: tuple[Dispute, ...]
    letters: tuple[LetterSent, ...]
    no_certificate: str | None
    no_badge: str | None
    acts: tuple[DatedAct, ...]
    components: tuple[Component, ...]


def partner_overview(installation: Installation, partner_id: str, *, on: date) -> PartnerOverview:
    """One partner on a day; raises `NotThere` for one that is not in the registry. Only its own rows are read."""
    with installation.database.reading() as connection:
        partner = registry_store.find_partner(connection, partner_id)
        manager = registry_store.managers(connection)[partner.account_manager_id]
        rates = rate_store.all_rates(connection, [partner_id]).get(partner_id, [])
        ahead = [each.rate for each in rate_store.rates_after(connection, on, partner_id).get(partner_id, [])]
        newest, result, program_hash = _newest_result(installation, connection, partner_id)
        months = overview_store.months_of_partner(connection, partner_id)
        links = registry_store.links_of(connection, partner_id)
        contacts = registry_store.contacts_of(connection, partner_id)
        agreements = registry_store.agreements_of(connection, partner_id)
        disputes = dispute_store.load_disputes(connection, partner_id=partner_id)
        letters = overview_store.letters_of_partner(connection, partner_id)
        acts = act_store.acts_of_partner(connection, partner_id)
    grants = list_grants(installation, on=on, settled=True, partner_id=partner_id)
    benefits = list_benefits(installation, on=on, partner_id=partner_id, past=True)
    program = installation.program_on_or_first(on)
    names = {benefit.key: benefit.name for benefit in program.benefits}
    earned = result.earned_tier if result else None
    counted = result.amount_eur_cents if result else None
    gap = gap_to_next(program, earned, counted) if result and result.unit == program.unit else None
    next_tier = None if gap is None or counted is None else program.earned_tier(counted) + 1
    row = program.tier_row(next_tier) if next_tier else None
    rate = next((each for each in reversed(rates) if each.valid_from <= on), None)
    why_none = partial(why_no_document, partner=partner, rate=rate, program=program, day=on)
    return PartnerOverview(
        on=on,
        partner=partner,
        manager=manager,
        rate=rate,
        ahead=tuple(ahead),
        rates=tuple(rates),
        newest=newest,
        result=result,
        beside=_beside(next((each for each in installation.programs if each.file_hash == program_hash), None), result),
        gap_eur_cents=gap,
        next_tier=next_tier,
        next_tier_from_cents=row.from_mrr_cents if row else None,
        months=tuple(months[:MONTHS_SHOWN]),
        tiers=program.tiers,
        coming=coming(
            on=on,
            ahead=ahead,
            grants=grants,
            agreements=agreements,
            disputes=disputes,
            benefits_end=[
                (each.valid_to, names.get(each.benefit, each.benefit))
                for each in benefits
                if each.state == "in_force" and each.valid_to is not None
            ],
            names=installation.tier_names,
            unit=program.unit,
        ),
        links=tuple(links),
        contacts=tuple(contacts),
        agreements=tuple(agreements),
        grants=tuple(grants),
        benefits=tuple(benefits),
        disputes=tuple(disputes),
        letters=tuple(letters),
        no_certificate=why_none("certificate"),
        no_badge=why_none("badge"),
        acts=dated(installation, acts),
        components=_components(program, months, rates),
    )


def _components(program: Program, months: Sequence[PartnerMonth], rates: Sequence[Rate]) -> tuple[Component, ...]:
    setup = [each.setup_fee_discount_bp for each in months] + [each.terms.setup_fee_discount_bp for each in rates]
    levels = [each.sla for each in months] + [each.terms.sla for each in rates]
    had: dict[Component, bool] = {"setup_fee": any(setup), "sla": any(levels)}
    also = (each for each, is_so in had.items() if is_so and each not in program.components)
    return (*program.components, *also)


def _beside(program: Program | None, result: RegisterPartner | None) -> tuple[str, ...]:
    """What had a part in a result's tier beside revenue, in words; nothing without the programme that decided it."""
    revenue = revenue_of_result(program=program, result=result)
    rates = rates_of_result(program=program, result=result)
    said = (
        lack_words(revenue) if revenue else "",
        rates_words(rates, program.unit if program else EURO) if rates else "",
    )
    return tuple(each for each in said if each)


def _newest_result(
    installation: Installation, connection: Connection, partner_id: str
) -> tuple[BillingMonth | None, RegisterPartner | None, str | None]:
    """The newest month in force, the partner's row in it, and the hash of the programme file that settled it."""
    month = newest_month(connection)
    if month is None:
        return None, None, None
    settled = settlement_history.settlements_of(connection, month.billing_month)[-1]
    names = installation.tier_names
    row = register_store.read_register_partner(connection, month.billing_month, partner_id, names)
    return month.billing_month, row, settled.program_hash
