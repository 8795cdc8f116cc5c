"""Who may get a letter now, whatever was approved some days ago (rule 12)."""

from collections.abc import Iterable
from dataclasses import dataclass

from partner_program.domain.delivery import Delivery
from partner_program.domain.registry import Registry

GONE = "its recipient is no billing contact of the partner any more: run the month again, look and approve"
OTHER_WORDS = (
    "another recipient has this month's letter in other words; to send this one all the same, resolve it with --resend"
)
MAY_HAVE_IT = ("accepted", "ambiguous", "dot_pending")


@dataclass(frozen=True, slots=True)
class Recipients:
    """The billing contacts and the status of some partners, as they are now."""

    billing: frozenset[tuple[str, str]]
    status: dict[str, str]

    @classmethod
    def of(cls, registry: Registry) -> "Recipients":
        """Take them out of a registry."""
        billing = {(each.partner_id, each.email) for each in registry.contacts if each.role == "billing"}
        return cls(frozenset(billing), {each.partner_id: each.status for each in registry.partners})

    def no_partner(self, row: Delivery) -> str | None:
        """Return why the partner may get no letter at all, or None."""
        status = self.status.get(row.partner_id, "gone")
        if status == "authorized":
            return None
        return f"the partner is {status} now: letters go to authorised partners alone"

    def is_gone(self, row: Delivery) -> bool:
        """Whether the address was a billing contact's when the letter was approved, and is none now."""
        return (row.partner_id, row.recipient) not in self.billing


def words_that_left(rows: Iterable[Delivery]) -> dict[tuple[int, str], set[str | None]]:
    """Return, by revision and partner, the hashes of letters that a recipient may have."""
    found: dict[tuple[int, str], set[str | None]] = {}
    for row in rows:
        if row.status in MAY_HAVE_IT:
            found.setdefault((row.revision, row.partner_id), set()).add(row.content_hash)
    return found


def says_something_else(row: Delivery, left: dict[tuple[int, str], set[str | None]]) -> bool:
    """Whether another recipient may have this letter in other words; where a person asked again, they may differ."""
    return row.resend_number == 0 and bool(left.get((row.revision, row.partner_id), set()) - {row.letter_hash})
