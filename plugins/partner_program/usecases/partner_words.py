"""Tells a partner in its own language why it has its tier: the letter's facts, and what would have changed it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import counted_months, letters, rates, receipts, registry
from partner_program.adapters.letters.explanations import ExplanationTemplates, templates_of_explanations
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.counted_months import CountedAccount
from partner_program.domain.explanation import HeldMonth, PartnerExplanation, waits_for
from partner_program.domain.least_change import DecidedMonth, LeastChanges, least_changes
from partner_program.domain.letter_facts import OwedLetter, facts_of_letters, told_program
from partner_program.domain.letters import LetterFacts, ToldProgram
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.ownership import Ownership
from partner_program.domain.program import Program, program_in_force_or_first
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import NotDefined
from partner_program.domain.registry import AccountLink, AccountManager, Partner
from partner_program.domain.tier_names import TierNames
from partner_program.domain.totals import HeldPartner
from partner_program.domain.unit import AnyRate, Conversion
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import letter_templates

ExplanationForm = Literal["text", "json", "html"]


@dataclass(frozen=True, slots=True)
class ToldToPartner:
    """An explanation as plain text in one of the `languages`; letters to the partner are in `own_language`."""

    month: BillingMonth
    partner_id: str
    company_name: str
    language: str
    own_language: str
    languages: tuple[str, ...]
    text: str


def explanation_templates(installation: Installation) -> ExplanationTemplates:
    """The sentences of explanations as the files are now; raises `Refusal` where a language is not finished."""
    return templates_of_explanations(installation.templates("explanations"), letter_templates(installation))


@dataclass(frozen=True, slots=True)
class OfAllPartners:
    """What every explanation of a month reads alike; `rated` are the currencies that have a rate in it."""

    programs: Sequence[Program]
    managers: Mapping[str, AccountManager]
    legal_names: Mapping[str, str]
    rates_before: Mapping[str, AnyRate]
    rated: frozenset[str]
    one_entity: bool

    @classmethod
    def read(cls, connection: Connection, month: BillingMonth, programs: Sequence[Program]) -> "OfAllPartners":
        """Read it once for all."""
        entities = registry.load_entities(connection)
        return cls(
            programs,
            registry.managers(connection),
            {each.entity: each.legal_name for each in entities},
            counted_months.rates_used(connection, month.preceding),
            frozenset(each.currency for each in registry.rates_of_month(connection, month))
            | {each.unit.code for each in programs},
            sum(each.bills_in(month) for each in entities) == 1,
        )


def explain_to_partner(
    installation: Installation, partner_id: str, month: BillingMonth, program_file: Path | None = None
) -> PartnerExplanation:
    """Why a partner has its tier in a month; only its own rows are read.

    Raises `NotThere` for a partner or month that is not there, `NotDefined` for a month that is history only.
    """
    with installation.database.reading() as connection:
        alike = OfAllPartners.read(connection, month, installation.programs_with(program_file))
        return explanation_of(connection, partner_id, month, alike)


def explanation_of(
    connection: Connection, partner_id: str, month: BillingMonth, alike: OfAllPartners
) -> PartnerExplanation:
    """Do the same in an open connection."""
    return explanations_of(connection, [registry.find_partner(connection, partner_id)], month, alike)[partner_id]


def explanations_of(
    connection: Connection, partners: Sequence[Partner], month: BillingMonth, alike: OfAllPartners
) -> dict[str, PartnerExplanation]:
    """Do the same for several partners, of each table with one statement for all of them."""
    links = _links(connection, partners)
    decided = receipts.find_decisions(connection, month, links)
    if any(each.settlement.status != IN_FORCE for each in decided.values()):
        raise NotDefined(
            f"month {month} is history only: it gave no rate, and there is nothing to explain to a partner"
        )
    assigned = [partner_id for partner_id, each in decided.items() if each.held is None]
    owed = letters.letters_or_unchanged(connection, month, assigned)
    registered = registry.load_registry(connection, assigned)
    facts = {
        each.partner_id: (each, stated)
        for each, stated in facts_of_letters(owed=owed, registry=registered, programs=alike.programs)
    }
    kept = _rates_kept(connection, {each: own for each, own in decided.items() if own.held is not None})
    found: dict[str, PartnerExplanation] = {}
    for partner in partners:
        partner_id = partner.partner_id
        own = decided[partner_id]
        if own.held is None:
            letter, stated = facts[partner_id]
            changes = _changes(letter, stated, own, alike)
            found[partner_id] = _explanation(partner, alike, month, stated.program, facts=stated, changes=changes)
        else:
            held = _held(partner, own.held, month, own, links[partner_id], kept.get(partner_id), alike)
            program = program_in_force_or_first(alike.programs, own.settlement.effective_on or month.last_day)
            found[partner_id] = _explanation(partner, alike, month, told_program(program), held=held)
    return found


def _links(connection: Connection, partners: Sequence[Partner]) -> dict[str, list[AccountLink]]:
    """Every link to the accounts that were ever linked to each of some partners, by this partner."""
    found: dict[str, list[AccountLink]] = {each.partner_id: [] for each in partners}
    links = registry.links_of_accounts_of(connection, found.keys())
    owners: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for link in links:
        if link.partner_id in found:
            owners[link.entity, link.account_id][link.partner_id] = None
    for link in links:
        for partner_id in owners[link.entity, link.account_id]:
            found[partner_id].append(link)
    return found


def _changes(owed: OwedLetter, facts: LetterFacts, decided: receipts.DecidedFrom, alike: OfAllPartners) -> LeastChanges:
    program = next(each for each in alike.programs if each.file_hash == owed.program_hash)
    rates = {
        currency: rate
        for currency, rate in alike.rates_before.items()
        if isinstance(rate, Conversion) != program.unit.is_euro  # else the month before counted in another unit
    }
    return least_changes(
        DecidedMonth(
            program=program,
            month=owed.billing_month,
            effective_on=owed.effective_on,
            tier=facts.tier,
            grants=decided.grants,
            accounts=_counted(owed),
            before=_before(owed),
            revenues=[revenue for _, revenue in decided.snapshots],
            rates=rates,
            held=dict(owed.qualifications or ()),
            window=tuple(cents for _, cents in owed.window),
        )
    )


def explanation_file(
    installation: Installation, about: PartnerExplanation, form: ExplanationForm, language: str | None = None
) -> str:
    """An explanation in the language that is asked for, or the partner's own; refused where it has no catalogue."""
    templates = explanation_templates(installation)
    words = templates.in_language(language) if language else templates.of_partner(about.language)
    page = words.page(about)
    if form == "json":
        return words.json(page, about)
    return words.html(page) if form == "html" else words.text(page)


def told_to_partner(
    installation: Installation, partner_id: str, month: BillingMonth, language: str | None
) -> ToldToPartner:
    """An explanation as plain text, in a language that is asked for or the partner's own; refused as the file is."""
    templates = explanation_templates(installation)
    about = explain_to_partner(installation, partner_id, month)
    own = templates.of_partner(about.language)
    words = templates.in_language(language) if language else own
    return ToldToPartner(
        month=month,
        partner_id=partner_id,
        company_name=about.company_name,
        language=words.language,
        own_language=own.language,
        languages=templates.languages,
        text=words.text(words.page(about)),
    )


def _explanation(
    partner: Partner,
    alike: OfAllPartners,
    month: BillingMonth,
    program: ToldProgram,
    *,
    facts: LetterFacts | None = None,
    changes: LeastChanges | None = None,
    held: HeldMonth | None = None,
) -> PartnerExplanation:
    manager = alike.managers[partner.account_manager_id]
    return PartnerExplanation(
        billing_month=month,
        partner_id=partner.partner_id,
        company_name=partner.company_name,
        language=partner.language,
        manager_name=manager.name,
        manager_email=manager.email,
        facts=facts,
        changes=changes,
        held=held,
        program=program,
        one_entity=alike.one_entity,
    )


def _rates_kept(connection: Connection, held: Mapping[str, receipts.DecidedFrom]) -> dict[str, Rate]:
    """The rate of each held partner's new orders on the day on which its month took force for others."""
    by_day: dict[date, list[str]] = defaultdict(list)
    for partner_id, decided in held.items():
        if decided.settlement.effective_on:
            by_day[decided.settlement.effective_on].append(partner_id)
    return {
        partner_id: rate
        for day, own in by_day.items()
        for partner_id, rate in rates.rates_on(connection, day, own).items()
    }


def _held(
    partner: Partner,
    held: HeldPartner,
    month: BillingMonth,
    decided: receipts.DecidedFrom,
    links: Sequence[AccountLink],
    kept: Rate | None,
    alike: OfAllPartners,
) -> HeldMonth:
    names = TierNames(alike.programs)
    return HeldMonth(
        kept=kept.terms if kept else None,
        kept_from=kept.valid_from if kept else None,
        kept_name=names.on(kept.valid_from, kept.terms.tier) if kept else "",
        waits_for=waits_for(
            partner_id=partner.partner_id,
            held=held,
            legal_names=alike.legal_names,
            revenues=[revenue for _, revenue in decided.snapshots],
            ownership=Ownership(month=month, links=links, partners=[partner]),
            rates=alike.rated,
        ),
    )


def _counted(owed: OwedLetter) -> list[CountedAccount]:
    return [
        CountedAccount(
            owed.partner_id,
            each.entity,
            each.account_id,
            each.currency,
            each.units_per_eur,
            each.mrr_minor,
            each.mrr_eur_cents,
        )
        for each in owed.accounts
    ]


def _before(owed: OwedLetter) -> dict[tuple[str, str], int] | None:
    if owed.earlier is None:
        return None
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for each in owed.earlier.accounts:
        totals[each.entity, each.account_id] += each.mrr_eur_cents
    return totals
