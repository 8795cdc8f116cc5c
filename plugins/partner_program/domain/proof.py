"""The proof of a month: what is in it, and what looking through it says.

A proof is one file that an auditor checks without a database: the month's registers, what they were decided from, and a
signature. `FORMAT` is the number of its layout (docs/contract.md 9).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import MonthStatus
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.totals import MonthTotals

FORMAT = 1


class SettledRow(NamedTuple):
    """One settlement, in the order in which they took force; `restates` is 1 for an accepted restatement."""

    revision: int
    status: str
    migration: int
    restates: int
    effective_on: str | None
    program_hash: str | None
    inputs_hash: str
    decision_hash: str


class SnapshotUse(NamedTuple):
    """A snapshot that a settlement was decided from: its place among those of the proof."""

    entity: str
    snapshot: int


class SnapshotHead(NamedTuple):
    """A frozen snapshot: whose it is, its hash as `explain` prints it, why none of it can be relied on."""

    entity: str
    content_hash: str
    fault: str | None


class ResellerAccount(NamedTuple):
    """An account that an entity lists as a reseller's."""

    account_id: str


class HeldRow(NamedTuple):
    """A partner that a settlement held; `entities` is a list in JSON."""

    partner_id: str
    entities: str
    reason: str


class EntityTotalRow(NamedTuple):
    """What all authorised partners have at an entity, in EUR cents."""

    entity: str
    mrr_eur_cents: int


class WrittenRate(NamedTuple):
    """A rate that took force with a settlement."""

    partner_id: str
    valid_from: str
    sequence: int
    tier: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    origin: str
    families: str | None = None


class LetterRow(NamedTuple):
    """A letter that a settlement owes: the sha256 of its files and of the facts that it was made of, once rendered."""

    partner_id: str
    kind: str
    status: str
    template_version: str | None
    files_sha256: str | None
    facts_sha256: str | None


class RestatementRow(NamedTuple):
    """A restatement that was proposed for the month, and what became of it."""

    revision: int
    decision_hash: str
    status: str
    effective_on: str | None
    decided_by: str | None


class RestatedDifference(NamedTuple):
    """What a restatement changes for one partner, in words."""

    decision_hash: str
    partner_id: str
    change: str


class ActRow(NamedTuple):
    """One act about the month: what, about whom, when (seconds since 1970), by whom as a pseudonym, its hash."""

    kind: str
    partner_id: str | None
    done_at: int | None
    done_by: str
    decided_hash: str | None


class SignatureRow(NamedTuple):
    """A person's signature of a revision, one row for each settlement that it covers, by its decision hash."""

    role: str
    revision: int
    decision_hash: str
    done_at: int
    done_by: str


@dataclass(frozen=True, slots=True)
class MonthBefore:
    """The proof of the month before, by the sha256 of its file."""

    billing_month: BillingMonth
    sha256: str


@dataclass(frozen=True, slots=True)
class ProofHead:
    """What a proof says of itself; `before` is None for the first, and `because` says why."""

    billing_month: BillingMonth
    status: MonthStatus
    revision: int
    effective_on: date | None
    installation: str
    fingerprint: str
    before: MonthBefore | None
    because: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is wrong with a proof: in which file of it, about which partner, what."""

    member: str
    partner_id: str | None
    what: str

    def __str__(self) -> str:
        """In one sentence."""
        who = f"partner {self.partner_id}: " if self.partner_id is not None else ""
        return f"{self.member}: {who}{self.what}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What looking through a proof found; it holds where nothing differs.

    `trusted` says that the key is one of those that were given;
    `notes` are for the reader, and no fault.
    """

    head: ProofHead
    trusted: bool
    counts: Mapping[str, int]
    notes: Sequence[str]
    differences: Sequence[Difference]

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class WrittenProof:
    """A proof that was written: its sha256 and size in bytes; `changed` is False where the file was there already."""

    head: ProofHead
    sha256: str
    size: int
    changed: bool


def held_rows(totals: MonthTotals) -> list[HeldRow]:
    """The held partners of a settlement as rows."""
    return [HeldRow(each.partner_id, json.dumps(each.entities), each.reason) for each in totals.held]


def entity_total_rows(totals: MonthTotals) -> list[EntityTotalRow]:
    """The totals of a settlement's entities as rows."""
    return [EntityTotalRow(*each) for each in sorted(totals.entity_totals.items())]


def rises_of(rates: Sequence[WrittenRate]) -> dict[str, Rate]:
    """The rates to which held partners rose early, by partner."""
    return {row.partner_id: rate_of_row(row) for row in rates if row.origin == "rise"}


def rate_of_row(row: WrittenRate) -> Rate:
    """The rate that a row states."""
    terms = RateTerms(row.tier, row.monthly_fee_discount_bp, row.setup_fee_discount_bp, row.sla, row.families)
    return Rate(date.fromisoformat(row.valid_from), terms)
