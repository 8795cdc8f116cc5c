"""What a person or a schedule does that changes something: who, when and why (rule 13)."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from partner_program.domain.billing_month import BillingMonth

# What was done. A kind is stored with each act: a name that was used once stays.
MONTH_RUN = "month run"
BRAKE_STOPPED = "month stopped by the brake"
BRAKE_RELEASED = "brake released"
RATES_WAIT = "rates wait for approval"
RATES_APPROVED = "rates approved"
RATES_REFUSED = "rates refused"
MONTH_SIGNED = "month signed"
RATE_CONFIRMED = "rate_confirmed"
RESTATEMENT_ACCEPTED = "restatement accepted"
RESTATEMENT_REJECTED = "restatement rejected"
GRANT_MADE = "grant made"
REGISTRY_LOADED = "registry loaded"
REGISTRY_REMOVAL = "registry_removal"
CLOSE_RECORDED = "close recorded"
RATES_PUBLISHED = "rates published"
LETTERS_APPROVED = "letters approved"
LETTERS_APPROVED_BY_NOBODY = "letters approved without a person"
LETTERS_REJECTED = "letters rejected"
LETTERS_SENT = "letters sent"
LETTER_ARRIVED = "letter arrived"
LETTER_AGAIN = "letter to be sent again"
LETTER_NEVER_CAME = "letter never came"
LETTERS_BOUNCED = "letters came back"
INSTALLATION_ADOPTED = "installation adopted"
APPLICATION_ACCEPTED = "application accepted"
PARTNER_SUSPENDED = "partner suspended"
PARTNER_ENDED = "partner ended"
PARTNER_RESUMED = "partner resumed"
BENEFIT_REQUESTED = "benefit requested"
BENEFIT_APPROVED = "benefit approved"
BENEFIT_REFUSED = "benefit refused"
BENEFIT_WITHDRAWN = "benefit withdrawn"
BENEFIT_OUTCOME = "benefit outcome"
PARTNER_ASSIGNED = "partner manager assigned"
PROOF_WRITTEN = "proof written"  # not in the proof itself, which would differ each time it is written
DISPUTE_OPENED = "dispute opened"
DISPUTE_ANSWERED = "dispute answered"
DISPUTE_WITHDRAWN = "dispute withdrawn"
SIGNAL_SEEN = "signal seen"
PERSON_ERASED = "person erased"
DIGESTS_APPROVED_BY_NOBODY = "digests approved without a person"
DIGESTS_SENT = "digests sent"
DIGEST_ARRIVED = "digest arrived"
DIGEST_NEVER_CAME = "digest never came"
EVENT_AGAIN = "event to be sent again"
EVENT_GIVEN_UP = "event given up"
BY_SCHEDULE = "schedule"  # who ran a month that no person started


@dataclass(frozen=True, slots=True)
class Doer:
    """Who acts, why and when (seconds since 1970)."""

    done_by: str
    reason: str
    done_at: int


@dataclass(frozen=True, slots=True)
class Act:
    """One act: `kind` says what was done, `subject` to what, `detail` with which values (JSON).

    `billing_month` and `partner_id` are those that it is about, None where it is about none or about several.
    """

    kind: str
    subject: str
    doer: Doer
    decided_hash: str
    detail: str
    billing_month: str | None = None
    partner_id: str | None = None


@dataclass(frozen=True, slots=True)
class DatedAct:
    """An act as it is shown: `done_at` is in the programme's time zone, `detail` is JSON."""

    done_at: datetime
    kind: str
    done_by: str
    reason: str
    subject: str
    billing_month: str | None
    partner_id: str | None
    decided_hash: str
    detail: str


# Every kind of act, in the order in which a list offers them.
KINDS = (
    MONTH_RUN,
    BRAKE_STOPPED,
    BRAKE_RELEASED,
    RATES_WAIT,
    RATES_APPROVED,
    RATES_REFUSED,
    MONTH_SIGNED,
    RESTATEMENT_ACCEPTED,
    RESTATEMENT_REJECTED,
    CLOSE_RECORDED,
    RATE_CONFIRMED,
    RATES_PUBLISHED,
    LETTERS_APPROVED,
    LETTERS_APPROVED_BY_NOBODY,
    LETTERS_REJECTED,
    LETTERS_SENT,
    LETTER_ARRIVED,
    LETTER_AGAIN,
    LETTER_NEVER_CAME,
    LETTERS_BOUNCED,
    DIGESTS_APPROVED_BY_NOBODY,
    DIGESTS_SENT,
    DIGEST_ARRIVED,
    DIGEST_NEVER_CAME,
    GRANT_MADE,
    BENEFIT_REQUESTED,
    BENEFIT_APPROVED,
    BENEFIT_REFUSED,
    BENEFIT_WITHDRAWN,
    BENEFIT_OUTCOME,
    DISPUTE_OPENED,
    DISPUTE_ANSWERED,
    DISPUTE_WITHDRAWN,
    SIGNAL_SEEN,
    APPLICATION_ACCEPTED,
    PARTNER_ASSIGNED,
    PARTNER_SUSPENDED,
    PARTNER_ENDED,
    PARTNER_RESUMED,
    REGISTRY_LOADED,
    REGISTRY_REMOVAL,
    INSTALLATION_ADOPTED,
    PROOF_WRITTEN,
    PERSON_ERASED,
    EVENT_AGAIN,
    EVENT_GIVEN_UP,
)


@dataclass(frozen=True, slots=True)
class WantedActs:
    """Which acts are wanted; what is empty or None does not matter. `person` is a piece of who acted."""

    month: BillingMonth | None = None
    partner_id: str = ""
    kind: str = ""
    person: str = ""


# Those at the head of a register: who ran the month, who approved, who signed.
AT_THE_HEAD = (
    MONTH_RUN,
    BRAKE_RELEASED,
    RATES_APPROVED,
    RESTATEMENT_ACCEPTED,
    LETTERS_APPROVED,
    LETTERS_APPROVED_BY_NOBODY,
    MONTH_SIGNED,
)


def plain_person(name: str) -> str:
    """A name as it is compared: capitals, blanks and the way in which accents are encoded make no other person."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's."""
    return plain_person(one) == plain_person(other)
