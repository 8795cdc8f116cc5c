"""Shows a month's letters as they are now: all by recipient, or one with its parts and its whole message."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letters as letter_store
from partner_program.adapters.database.history import settlements_or_refusal
from partner_program.adapters.database.registry import load_registry
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import Delivery
from partner_program.domain.letter_facts import facts_of_letters
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.envelopes import letter_message
from partner_program.usecases.letters.rendering import letter_templates


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """A letter's parts and its deliveries; `message` is what its first recipient would get."""

    subject: str
    text: str
    html: str
    message: bytes
    deliveries: tuple[Delivery, ...]


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
    templates = letter_templates(installation)
    with installation.database.reading() as connection:
        registry = load_registry(connection, [partner_id])
        owed = letter_store.owed_letters(connection, month, [partner_id])
        rows = delivery_store.deliveries(connection, month, partners=[partner_id])
    if not owed:
        raise Refusal(f"partner {partner_id} has no letter for {month}")
    ((letter, facts),) = facts_of_letters(owed=owed, registry=registry, programs=installation.programs)
    rendered = templates.render(facts)
    own = tuple(row for row in rows if row.revision == letter.revision)
    message = b""
    if own and own[0].recipient:
        dated = datetime.fromtimestamp(own[0].dated or 0, UTC)
        message = letter_message(templates.brand, facts, rendered, own[0], dated)
    return ShownLetter(rendered.subject, rendered.text, rendered.html, message, own)
