"""Rendering the letters that a month owes, from the committed facts, into files that a person can look at."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import sweep_drafts, write_if_changed
from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letters as letter_store
from partner_program.adapters.database.deliveries import OwedChanges
from partner_program.adapters.database.letters import OwedLetter
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.files.program import load_program
from partner_program.adapters.letters.templates import LetterTemplates, RenderedLetter
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letters import BenefitFact, LetterFacts, NextTierFact
from partner_program.domain.program import Program
from partner_program.domain.rates import RateTerms, legacy_kept
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Contact, LegacyAgreement, Registry
from partner_program.usecases.installation import Installation

TEMPLATE_VERSION = "v1"
BATCH = 500


def letters_folder(installation: Installation, month: BillingMonth) -> Path:
    """Where a month's letters are."""
    return installation.out / "letters" / str(month)


def letter_file_name(partner_id: str) -> str:
    """A partner's file name, without its ending; whatever an id contains, it names one file in one folder.

    The folder's `index.html` is the preview book, which no partner's letter may take the place of.
    """
    name = quote(partner_id, safe="").replace(".", "%2E")
    return f"%{ord(name[0]):02X}{name[1:]}" if name.lower() == "index" else name


def letter_templates(installation: Installation) -> LetterTemplates:
    """The templates that letters are written with now."""
    return LetterTemplates(installation.include / "templates" / "letters" / TEMPLATE_VERSION)


def letter_hash(rendered: RenderedLetter) -> str:
    """The sha256 of a letter's parts: what a person approves, and what is compared before it is sent."""
    return hashlib.sha256("\0".join((rendered.subject, rendered.text, rendered.html)).encode()).hexdigest()


def letter_batches(installation: Installation, month: BillingMonth) -> list[list[str]]:
    """The partners that are owed a letter, in batches: the unit of a rendering task."""
    with installation.database.reading() as connection:
        owed = letter_store.owed_partners(connection, month)
    return [owed[start : start + BATCH] for start in range(0, len(owed), BATCH)]


def render_letters(
    installation: Installation, month: BillingMonth, partners: Sequence[str], program_file: Path | None = None
) -> int:
    """Render one batch and write down what was rendered; equal facts give equal bytes. Returns how many."""
    templates = letter_templates(installation)
    with installation.database.reading() as connection:
        registry = load_registry(connection, partners)
        owed = letter_store.owed_letters(connection, month, partners)
    programs = [*installation.programs, *([load_program(program_file)] if program_file else [])]
    folder = letters_folder(installation, month)
    sweep_drafts(folder)
    rendered = []
    for letter, facts in FactsOfLetters(registry, programs, month).of(owed):
        written = templates.render(facts)
        name = letter_file_name(letter.partner_id)
        write_if_changed(folder / f"{name}.html", written.html)
        write_if_changed(folder / f"{name}.txt", f"Subject: {written.subject}\n\n{written.text}")
        digest = letter_hash(written)
        if digest != letter.content_hash:
            rendered.append((letter.partner_id, letter.revision, digest))
    _write_down(installation, month, registry.contacts, owed, rendered, templates.version)
    return len(owed)


def _write_down(
    installation: Installation,
    month: BillingMonth,
    contacts: Sequence[Contact],
    owed: Sequence[OwedLetter],
    rendered: Sequence[tuple[str, int, str]],
    version: str,
) -> None:
    """Write down what was rendered and who is to get it; a body that changed after its approval is asked for again."""
    letters = [(each.partner_id, each.revision) for each in owed]
    partners = [each.partner_id for each in owed]

    def changes(connection: Connection) -> OwedChanges:
        there = delivery_store.deliveries(connection, month, partners=partners)  # of this batch alone
        return delivery_store.changes_owed(month, letters, contacts, there=there)

    with installation.database.reading() as connection:
        is_new = bool(rendered or changes(connection))
    if not is_new:
        return
    known = {(each.partner_id, each.revision) for each in owed if each.content_hash is not None}
    with installation.database.writing() as connection:
        letter_store.mark_rendered(connection, month, rendered, version)
        changes(connection).apply(connection)
        delivery_store.mark_rendered(connection, month, letters)
        if any((partner_id, revision) in known for partner_id, revision, _ in rendered):
            delivery_store.ask_again(connection, month, "a letter of this month was rendered anew")


class FactsOfLetters:
    """What letters of a month state, with the registry and the programmes looked up once."""

    def __init__(self, registry: Registry, programs: Sequence[Program], month: BillingMonth) -> None:
        """Take what the letters' facts come from, besides what was committed: of these partners at least."""
        self._month = month
        self._partners = {partner.partner_id: partner for partner in registry.partners}
        self._managers = {manager.account_manager_id: manager for manager in registry.account_managers}
        self._programs = {program.file_hash: program for program in programs}
        self._contacts: dict[str, list[str]] = defaultdict(list)
        for contact in registry.contacts:
            if contact.role == "billing":
                self._contacts[contact.partner_id].append(contact.name)
        self._agreements: dict[str, list[LegacyAgreement]] = defaultdict(list)
        for agreement in registry.legacy_agreements:
            self._agreements[agreement.partner_id].append(agreement)

    def of(self, owed: Sequence[OwedLetter]) -> Iterator[tuple[OwedLetter, LetterFacts]]:
        """What each owed letter states, one at a time."""
        return ((letter, self._facts(letter)) for letter in owed)

    def _facts(self, letter: OwedLetter) -> LetterFacts:
        program = self._programs.get(letter.program_hash)
        if program is None:
            raise Refusal(
                f"month {self._month} was settled with a programme file that is not here: {letter.program_hash}"
            )
        partner, row = self._partners[letter.partner_id], letter.assessment
        manager = self._managers[partner.account_manager_id]
        terms = RateTerms(row.tier, row.monthly_fee_discount_bp, row.setup_fee_discount_bp, row.sla)
        agreements = self._agreements.get(letter.partner_id, [])
        return LetterFacts(
            billing_month=str(self._month),
            kind=letter.kind,
            partner_id=letter.partner_id,
            company_name=partner.company_name,
            language=partner.language,
            contact_names=tuple(self._contacts.get(letter.partner_id, ())),
            effective_on=letter.effective_on,
            rate_valid_from=row.rate_valid_from,
            tier=row.tier,
            previous_tier=row.previous_tier,
            earned_tier=row.earned_tier,
            granted_tier=row.granted_tier,
            monthly_fee_discount_bp=row.monthly_fee_discount_bp,
            setup_fee_discount_bp=row.setup_fee_discount_bp,
            sla=row.sla,
            mrr_eur_cents=row.mrr_eur_cents,
            accounts=letter.accounts,
            grants=letter.grants,
            legacy=legacy_kept(program=program, terms=terms, agreements=agreements, day=letter.effective_on),
            benefits=_benefits(program, row.tier),
            prepayment=tuple(program.prepayment_bp.items()),
            next_tier=_next_tier(program, row.mrr_eur_cents),
            manager_name=manager.name,
            manager_email=manager.email,
            manager_phone=manager.phone,
        )


def _benefits(program: Program, tier: int) -> tuple[BenefitFact, ...]:
    """The benefits of a tier; one that the source leaves open is never printed."""
    facts = []
    for benefit in program.benefits:
        availability = benefit.of_tier(tier)
        if availability != "unknown":
            facts.append(BenefitFact(benefit.key, benefit.name, benefit.group, availability))
    return tuple(facts)


def _next_tier(program: Program, mrr_eur_cents: int) -> NextTierFact | None:
    """The next tier that revenue can earn, whatever a grant gives today."""
    earned = program.earned_tier(mrr_eur_cents)
    if earned == program.highest_tier:
        return None
    row = program.tiers[earned]
    return NextTierFact(row.tier, row.from_mrr_cents, row.from_mrr_cents - mrr_eur_cents)
