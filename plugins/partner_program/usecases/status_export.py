"""Writes each authorised partner's own status: a page and its data under a name that nobody can guess.

Nothing is served here: a portal or an object store takes the files, and the index says whose is which.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import make_folder
from partner_program.adapters.connections import Connections
from partner_program.adapters.database import history, partner_overview, rates, registry
from partner_program.adapters.database.benefits import load_requests
from partner_program.adapters.database.register import partners_and_tiers
from partner_program.adapters.files.folder_change import folder_locked
from partner_program.adapters.status_pages import StatusFolder, page_name
from partner_program.domain.benefits import benefits_on
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.certificate import certificate_facts
from partner_program.domain.erasure import SHORTEST_KEY
from partner_program.domain.explanation import PartnerStatus
from partner_program.domain.letter_facts import benefits_stated, told_program
from partner_program.domain.letters import BenefitFact, GraceFact
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.program import Program
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import NotAuthorized, NotDefined, NotThere, Refusal
from partner_program.domain.registry import AUTHORIZED, Partner
from partner_program.domain.tier_names import TierNames
from partner_program.usecases.grants import list_grants
from partner_program.usecases.installation import Installation
from partner_program.usecases.partner_words import OfAllPartners, explanation_of, explanation_templates

CONN_ID = "status_pages"
MONTHS_SHOWN = 24
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class StatusExport:
    """What an export made: how many pages there are, how many of them are new or changed, how many were removed.

    `without` are authorised partners that the month says nothing about; they have no page.
    """

    month: BillingMonth
    expires_on: date
    pages: int
    changed: int
    removed: int
    without: tuple[str, ...]


def expiry_of(today: date) -> date:
    """The last day of the month after this one: exports of one month are the same, and the next is there in time."""
    return BillingMonth.of(today).following.last_day


def export_status(
    installation: Installation, folder: Path, *, month: BillingMonth | None, expires_on: date | None, today: date
) -> StatusExport:
    """Write the pages of a month, the newest in force unless it is named, and remove those of who is no partner now.

    Raises `Refusal` where the key is not set, where a page would have no end, or where nobody would have one.
    """
    key, templates = status_key(installation.connections), explanation_templates(installation)
    last = expires_on or expiry_of(today)
    if not today <= last <= today + timedelta(days=LONGEST_DAYS):
        raise Refusal(f"{last} is no day to expire on: expected one from {today} on, at most {LONGEST_DAYS} days ahead")
    make_folder(folder)
    with folder_locked(folder, alone=True), installation.database.reading() as connection:
        into = StatusFolder.read(folder)
        month = month or _newest(connection)
        known = partners_and_tiers(connection, month)
        authorized = {each.partner_id: each for each in _authorized(connection)}
        partners = [authorized[each] for each in sorted(known.keys() & authorized.keys())]
        if not partners:
            raise Refusal(f"month {month} says nothing of any authorised partner: nothing is written, nothing removed")
        alike = OfAllPartners.read(connection, month, installation.programs)
        if history.assessed_months(connection).get(month) != IN_FORCE:
            raise NotDefined(f"month {month} is history only: it gave no rate, and there is no status of it")
        names = {each.partner_id: page_name(key, each.partner_id) for each in partners}
        removed = into.begin(names)
        changed, grants = 0, _open_grants(installation, today)
        for partner in partners:
            own_grants = tuple(grants[partner.partner_id])
            status = _status(connection, installation, partner, month, alike, last, today, own_grants)
            words = templates.of_partner(partner.language)
            page = words.status_page(status)
            changed += into.write(
                partner.partner_id,
                names[partner.partner_id],
                html=words.html(page),
                data=words.status_json(page, status),
            )
        into.write_index(billing_month=str(month), expires_on=last.isoformat())
    without = tuple(sorted(authorized.keys() - known.keys()))
    return StatusExport(month, last, len(partners), changed, removed, without)


def status_key(connections: Connections) -> str:
    """Return the key of the pages' names; raises `Refusal` where there is none, or a short one."""
    fields = connections.get(CONN_ID)
    key = (fields.password if fields else None) or ""
    if len(key) < SHORTEST_KEY:
        raise Refusal(
            f"connection {CONN_ID} needs a password of at least {SHORTEST_KEY} characters, the key of the names: "
            "make one with `openssl rand -base64 32`; another key gives all pages another name"
        )
    return key


def _newest(connection: Connection) -> BillingMonth:
    months = [month for month, status in history.assessed_months(connection).items() if status == IN_FORCE]
    if not months:
        raise NotThere("no month is in force yet: there is no status to write")
    return max(months)


def _authorized(connection: Connection) -> Sequence[Partner]:
    return [each for each in registry.load_registry(connection).partners if each.status == AUTHORIZED]


def _status(
    connection: Connection,
    installation: Installation,
    partner: Partner,
    month: BillingMonth,
    alike: OfAllPartners,
    expires_on: date,
    today: date,
    grants: tuple[GraceFact, ...],
) -> PartnerStatus:
    own = rates.all_rates(connection, [partner.partner_id]).get(partner.partner_id, [])
    rate = next((each for each in reversed(own) if each.valid_from <= today), None)
    program = installation.program_on_or_first(today)
    months = partner_overview.months_of_partner(connection, partner.partner_id)
    about = explanation_of(connection, partner.partner_id, month, alike)
    told = about.facts.grants if about.facts else ()
    return PartnerStatus(
        about=about,
        grants=tuple(each for each in grants if each not in told),
        expires_on=expires_on,
        months=tuple(each for each in months if each.status == IN_FORCE and each.billing_month <= month)[:MONTHS_SHOWN],
        rates=tuple(reversed(own)),
        benefits=_benefits(connection, partner, program, rate, today),
        prepayment=tuple((program.prepayment_bp or {}).items()),
        certificate=_certificate(partner, rate, program, today),
        program=told_program(program),
        names=TierNames(installation.programs),
    )


def _open_grants(installation: Installation, today: date) -> dict[str, list[GraceFact]]:
    """The grants that are in force or begin later, by partner."""
    found: dict[str, list[GraceFact]] = defaultdict(list)
    for each in list_grants(installation, on=today):
        if each.state in ("in_force", "upcoming"):
            found[each.partner_id].append(GraceFact(each.tier, each.starts_on, each.ends_on, None))
    return found


def _benefits(
    connection: Connection, partner: Partner, program: Program, rate: Rate | None, today: date
) -> tuple[BenefitFact, ...]:
    tier = rate.terms.tier if rate else 0
    states = benefits_on(
        program=program,
        tier=tier,
        day=today,
        attributes=partner.attributes,
        requests=list(load_requests(connection, [partner.partner_id])),
        agreements=[each for each in registry.agreements_of(connection, partner.partner_id) if each.benefits],
    )
    return benefits_stated(states, tier=tier)


def _certificate(partner: Partner, rate: Rate | None, program: Program, today: date) -> str | None:
    try:
        return certificate_facts(partner=partner, rate=rate, program=program, day=today).number
    except (NotAuthorized, NotDefined):
        return None
