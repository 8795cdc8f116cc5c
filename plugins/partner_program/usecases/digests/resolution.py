"""A person's decision about a digest that cannot go on by itself: it arrived, or it did not and may be sent again."""

from datetime import date
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import digests as digest_store
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.database.sending_epoch import load_epoch
from partner_program.adapters.mail_address import sending_domain
from partner_program.domain.acts import DIGEST_ARRIVED, DIGEST_NEVER_CAME, Doer
from partner_program.domain.digests import RESENT, Digest, week_named, week_of
from partner_program.domain.email_address import domain_of
from partner_program.domain.letter_ids import digest_message_id
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Moved, NotThere, Refusal
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import letter_templates

DigestResolution = Literal["accepted", "not_sent"]


def find_digest(installation: Installation, day: date, manager_id: str) -> Digest:
    """A manager's digest of a day's week; raises `NotThere` where there is none."""
    with installation.database.reading() as connection:
        return _find(connection, week_of(day), manager_id)


def possible_resolutions(digest: Digest) -> tuple[DigestResolution, ...]:
    """What a person can say about a digest as it is."""
    found: tuple[tuple[DigestResolution, bool], ...] = (
        ("accepted", digest.status == "ambiguous"),
        ("not_sent", digest.status in RESENT),
    )
    return tuple(resolution for resolution, can in found if can)


def standing_of(digest: Digest) -> str:
    """What says whether a digest is another than the one that somebody looked at."""
    return f"{digest.status}, {plural(digest.resend_number, 'resend')}"


def resolve_digest(
    installation: Installation,
    day: date,
    manager_id: str,
    resolution: DigestResolution,
    by: Doer,
    *,
    shown: str | None = None,
    only_try: bool = False,
) -> Digest:
    """Record a person's decision about a manager's digest of a day's week; return it as it is then.

    `accepted` is for an ambiguous one that arrived. `not_sent` is for one that did not, whether it is ambiguous, was
    refused, or came back: in its week it may be sent again, under a new Message-ID; after it, the next week's digest
    tells again what had ended. Raises `Refusal` for any other, and `Moved` where it does not stand as it did when the
    person looked at it, which `shown` says.
    """
    week = week_of(day)
    domain = sending_domain(domain_of(letter_templates(installation).brand.sender_address))
    with installation.database.deciding(only_try=only_try) as connection:
        row = _find(connection, week, manager_id)
        if shown not in (None, standing_of(row)):
            raise Moved(f"the digest of the week of {week} for {manager_id} was {shown} when you looked")
        if resolution not in possible_resolutions(row):
            raise Refusal(f"the digest of the week of {week} for {manager_id} is {row.status}: nothing to resolve so")
        if only_try:
            return row
        if resolution == "accepted":
            said = f"{by.done_by} says that it arrived: {by.reason}"
            digest_store.move(connection, row, "accepted", reply=said)
        else:
            epoch = load_epoch(connection)
            digest_store.move(
                connection,
                row,
                "approved",
                resend_number=row.resend_number + 1,
                message_id=digest_message_id(
                    installation_id=epoch.installation_id if epoch else "",
                    week=week,
                    account_manager_id=manager_id,
                    resend_no=row.resend_number + 1,
                    domain=domain,
                ),
                not_before=None,
                attempts=0,
                reply=f"{by.done_by} says that it did not arrive: {by.reason}",
            )
            digest_store.close_earlier(connection, digest_store.newest_week(connection) or week)
        kind = DIGEST_ARRIVED if resolution == "accepted" else DIGEST_NEVER_CAME
        detail = {"account_manager_id": manager_id, "message_id": row.message_id, "state": row.status}
        record_act(connection, kind, week_named(week), by, detail)
        return _find(connection, week, manager_id)


def _find(connection: Connection, week: date, manager_id: str) -> Digest:
    for each in digest_store.digests(connection, week=week):
        if each.account_manager_id == manager_id:
            return each
    raise NotThere(f"there is no digest of the week of {week} for {manager_id}: partner-program reminders list")
