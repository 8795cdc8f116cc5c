"""Writes each authorised partner's own status: a page and its data under a name that nobody can guess.

Nothing is served here: a portal or an object store takes the files, and the index says whose is which.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import make_folder
from partner_program.adapters.connections import Connections
from partner_program.adapters.database import history, partner_overview, rates, registry
from partner_program.adapters.database.benefits import load_requests
from partner_program.adapters.database.register import partners_and_tiers
from partner_program.adapters.files.folder_change import folder_locked
from partner_program.adapters.status_pages import StatusFolder, page_name
from partner_program.domain.benefits import BenefitRequest, benefits_on
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
from partner_program.domain.registry import AUTHORIZED, LegacyAgreement, Partner, agreements_by_partner
from partner_program.domain.tier_names import TierNames
from partner_program.usecases.grants import list_grants
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import MonthUnits, units_of_months
from partner_program.usecases.partner_words import OfAllPartners, explanation_templates, explanations_of

CONN_ID = "status_pages"
MONTHS_SHOWN = 24
PARTNERS_AT_ONCE = 250  # whose rows are read together
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
        program, units = installation.program_on_or_first(today), units_of_months(installation)
        day = _Day(month, today, last, program, _open_grants(installation, today), units)
        changed = 0
        for start in range(0, len(partners), PARTNERS_AT_ONCE):
            for status in _statuses(connection, partners[start : start + PARTNERS_AT_ONCE], day, alike):
                about = status.about
                words = templates.of_partner(about.language)
                page = words.status_page(status)
                changed += into.write(
                    about.partner_id,
                    names[about.partner_id],
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


@dataclass(frozen=True, slots=True)
class _Day:
    """What all pages of an export have alike: their month, and what is so on the day on which they are made."""

    month: BillingMonth
    today: date
    expires_on: date
    program: Program
    grants: Mapping[str, Sequence[GraceFact]]
    unit_of: MonthUnits


def _statuses(
    connection: Connection, partners: Sequence[Partner], day: _Day, alike: OfAllPartners
) -> Iterator[PartnerStatus]:
    """Yield what these partners may see, their rows read together."""
    ids = [each.partner_id for each in partners]
    abouts = explanations_of(connection, partners, day.month, alike)
    all_months = partner_overview.months_of_partners(connection, ids)
    all_rates = rates.all_rates(connection, ids)
    requests: dict[str, list[BenefitRequest]] = defaultdict(list)
    for request in load_requests(connection, ids):
        requests[request.partner_id].append(request)
    agreements = agreements_by_partner(registry.agreements_of_partners(connection, ids))
    program, names = day.program, TierNames(alike.programs)
    for partner in partners:
        partner_id = partner.partner_id
        about, own = abouts[partner_id], all_rates.get(partner_id, [])
        rate = next((each for each in reversed(own) if each.valid_from <= day.today), None)
        told = about.facts.grants if about.facts else ()
        shown = (each for each in all_months[partner_id] if each.status == IN_FORCE and each.billing_month <= day.month)
        kept = [each for each in agreements.get(partner_id, ()) if each.benefits]
        yield PartnerStatus(
            about=about,
            grants=tuple(each for each in day.grants.get(partner_id, ()) if each not in told),
            expires_on=day.expires_on,
            months=tuple(islice(shown, MONTHS_SHOWN)),
            rates=tuple(reversed(own)),
            benefits=_benefits(partner, program, rate, day.today, requests[partner_id], kept),
            prepayment=tuple((program.prepayment_bp or {}).items()),
            certificate=_certificate(partner, rate, program, day.today),
            program=told_program(program),
            names=names,
            unit_of=day.unit_of,
        )


def _open_grants(installation: Installation, today: date) -> dict[str, list[GraceFact]]:
    """The grants that are in force or begin later, by partner."""
    found: dict[str, list[GraceFact]] = defaultdict(list)
    for each in list_grants(installation, on=today):
        if each.state in ("in_force", "upcoming"):
            found[each.partner_id].append(GraceFact(each.tier, each.starts_on, each.ends_on, None))
    return found


def _benefits(
    partner: Partner,
    program: Program,
    rate: Rate | None,
    today: date,
    requests: Sequence[BenefitRequest],
    agreements: Sequence[LegacyAgreement],
) -> tuple[BenefitFact, ...]:
    tier = rate.terms.tier if rate else 0
    states = benefits_on(
        program=program,
        tier=tier,
        day=today,
        attributes=partner.attributes,
        requests=requests,
        agreements=agreements,
    )
    return benefits_stated(states, tier=tier)


def _certificate(partner: Partner, rate: Rate | None, program: Program, today: date) -> str | None:
    try:
        return certificate_facts(partner=partner, rate=rate, program=program, day=today).number
    except (NotAuthorized, NotDefined):
        return None
