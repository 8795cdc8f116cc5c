"""Shows a month's letters as they are now: all by recipient, or one with its parts and its whole message."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from partner_program.adapters.atomic_write import read_private
from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letters as letter_store
from partner_program.adapters.database.history import assessed_months, settlements_or_refusal
from partner_program.adapters.database.register import read_register_partner
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.letters.book_view import BookRow, LetterSize, book_row
from partner_program.adapters.letters.templates import LetterTemplates, RenderedLetter
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import Delivery
from partner_program.domain.letter_facts import OwedLetter, facts_of_letters
from partner_program.domain.letters import LetterFacts, LetterKind
from partner_program.domain.month_order import last_in_force_before
from partner_program.domain.refusals import NotThere
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.book import book_letter
from partner_program.usecases.letters.envelopes import letter_message
from partner_program.usecases.letters.rendering import (
    LetterFiles,
    hash_of_files,
    letter_hash,
    letter_templates,
    letters_folder,
)
from partner_program.usecases.letters.resolution import what_can_be_said


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """A letter's parts and its deliveries; `message` is what its first recipient would get."""

    subject: str
    text: str
    html: str
    message: bytes
    deliveries: tuple[Delivery, ...]


# Whether a letter's words are those that were approved: not approved yet, just these, or lost since.
Words = Literal["now", "approved", "changed"]


@dataclass(frozen=True, slots=True)
class OneLetter:
    """A partner's letter of a month for a person who looks at it.

    `row` has what it says beside what was before, in finished words; `words` says whether text and HTML are those that
    were approved. `message` is what the first recipient would get, empty where there is none; `account_list` is the
    file that goes with it, by name, where the letter shows sums alone.
    """

    month: BillingMonth
    partner_id: str
    company_name: str
    kind: LetterKind
    revision: int
    effective_on: date
    previous_month: BillingMonth | None
    row: BookRow
    subject: str
    text: str
    html: str
    words: Words
    message: bytes
    account_list: tuple[str, bytes] | None
    deliveries: tuple[Delivery, ...]
    can_be_resolved: bool


@contextmanager
def list_deliveries(
    installation: Installation, month: BillingMonth, *, states: Sequence[str] | None = None
) -> Iterator[tuple[int, Iterator[Delivery]]]:
    """How many recipients a month's letters have, and a row for each, read as it is asked for.

    With `states`, only rows in these. Raises `Refusal` where the month was not run.
    """
    with installation.database.reading() as connection:
        settlements_or_refusal(connection, month)
        total = delivery_store.count_owed(connection, month, states=states)
        yield total, delivery_store.each_delivery(connection, month, states=states)


def show_letter(installation: Installation, month: BillingMonth, partner_id: str) -> ShownLetter:
    """Render a partner's letter from the committed facts; nothing is written."""
    return _Rendered.of(installation, month, partner_id).shown()


def one_letter(installation: Installation, month: BillingMonth, partner_id: str) -> OneLetter:
    """A partner's letter as a person looks at it: what it says, what was before, and each recipient's row.

    The words of an approved letter are those that were approved, as long as they can still be had: rendered now from
    the same facts, or from the files that were approved.
    """
    letter = _Rendered.of(installation, month, partner_id)
    shown, facts = letter.shown(), letter.facts
    with installation.database.reading() as connection:
        earlier = last_in_force_before(month=month, assessed=assessed_months(connection))
        before = read_register_partner(connection, earlier, partner_id, installation.tier_names) if earlier else None
        is_first = not letter_store.was_written_to_before(connection, month, partner_id)
    size = LetterSize(len(shown.html.encode()) + len(shown.text.encode()), None)
    large = installation.program_on_or_first(facts.effective_on).large_change
    row = book_row(book_letter(facts, shown.deliveries, before=before, is_first=is_first, size=size, large=large))
    html, text, words = _as_approved(installation, month, partner_id, letter, shown)
    return OneLetter(
        month=month,
        partner_id=partner_id,
        company_name=facts.company_name,
        kind=facts.kind,
        revision=letter.owed.revision,
        effective_on=facts.effective_on,
        previous_month=earlier,
        row=row,
        subject=shown.subject,
        text=text,
        html=html,
        words=words,
        message=shown.message,
        account_list=letter.rendered.account_list,
        deliveries=shown.deliveries,
        can_be_resolved=any(what_can_be_said(row) for row in shown.deliveries),
    )


def _as_approved(
    installation: Installation, month: BillingMonth, partner_id: str, letter: "_Rendered", shown: ShownLetter
) -> tuple[str, str, Words]:
    approved = {row.content_hash for row in shown.deliveries if row.approval_id is not None}
    if not approved:
        return shown.html, shown.text, "now"
    if letter_hash(letter.rendered) in approved:
        return shown.html, shown.text, "approved"
    files = LetterFiles.of(letters_folder(installation, month), partner_id)
    html, text = read_private(files.html), read_private(files.text)
    if html is not None and text is not None and hash_of_files(files) in approved:
        return html.decode(), text.decode().partition("\n\n")[2], "approved"
    return shown.html, shown.text, "changed"


@dataclass(frozen=True)
class _Rendered:
    """A partner's newest letter of a month, rendered from the committed facts."""

    templates: LetterTemplates
    owed: OwedLetter
    facts: LetterFacts
    rendered: RenderedLetter
    deliveries: tuple[Delivery, ...]

    @classmethod
    def of(cls, installation: Installation, month: BillingMonth, partner_id: str) -> "_Rendered":
        templates = letter_templates(installation)
        with installation.database.reading() as connection:
            registry = load_registry(connection, [partner_id])
            owed = letter_store.owed_letters(connection, month, [partner_id])
            rows = delivery_store.deliveries(connection, month, partners=[partner_id])
        if not owed:
            raise NotThere(f"partner {partner_id} has no letter for {month}")
        ((letter, facts),) = facts_of_letters(owed=owed, registry=registry, programs=installation.programs)
        own = tuple(row for row in rows if row.revision == letter.revision)
        return cls(templates, letter, facts, templates.render(facts), own)

    def shown(self) -> ShownLetter:
        """The parts of the letter, and the message to its first recipient."""
        message, own = b"", self.deliveries
        if own and own[0].recipient:
            dated = datetime.fromtimestamp(own[0].dated or 0, UTC)
            message = letter_message(self.templates.brand, self.facts, self.rendered, own[0], dated)
        return ShownLetter(self.rendered.subject, self.rendered.text, self.rendered.html, message, own)
