"""Judges an application to become a partner by the programme's list, and makes the partner that a person accepts."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.database.acts import load_acts
from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.files.application import read_application, read_pasted_application
from partner_program.adapters.files.csv_edit import with_rows
from partner_program.adapters.reports.application import application_json
from partner_program.domain.acts import APPLICATION_ACCEPTED, REGISTRY_REMOVAL
from partner_program.domain.authorisation import (
    Answers,
    ApplicationCheck,
    alike_partners,
    check_application,
)
from partner_program.domain.new_partner import NewPartner, new_partner, next_partner_id
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AccountLink, Registry, check_managers
from partner_program.usecases.installation import Installation
from partner_program.usecases.registry_changes import Files, Planned, PlannedAct, change_registry

_PARTNER_KEY = "partners.csv:"


Application = Path | str  # a file, or what somebody pasted


def judge_application(installation: Installation, application: Application) -> ApplicationCheck:
    """Judge an application in JSON or YAML by the programme in force today, and compare it with the registry.

    Without a programme database there is no registry to compare with.
    """
    checked = judge_fields(installation, application)
    if installation.connections.get(CONN_ID) is None:
        return checked
    answers = _answers(application)
    with installation.database.reading() as connection:
        return _compared(checked, answers, load_registry(connection))


def _answers(application: Application) -> Answers:
    return read_pasted_application(application) if isinstance(application, str) else read_application(application)


def judge_fields(installation: Installation, application: Application) -> ApplicationCheck:
    """Judge an application's fields alone: it takes no time, however many partners there are."""
    return _check(installation, _answers(application))


def _check(installation: Installation, answers: Answers) -> ApplicationCheck:
    program = installation.program_on(installation.today())
    return check_application(requirements=program.authorisation_requirements, answers=answers)


def _compared(checked: ApplicationCheck, answers: Answers, registry: Registry) -> ApplicationCheck:
    alike = alike_partners(answers=answers, partners=registry.partners, contacts=registry.contacts)
    return replace(checked, partners=tuple(alike))


def as_json(checked: ApplicationCheck) -> str:
    """Return what an application comes to as JSON (contract 6)."""
    return application_json(checked)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The partner that an application became: what was made, None where an earlier command had made it already."""

    partner_id: str
    made: NewPartner | None
    to_verify: tuple[str, ...] = ()


def accepted_words(accepted: Accepted) -> str:
    """What an application became, in a line."""
    made = accepted.made
    if made is None:
        return f"{accepted.partner_id}: this application was accepted already, nothing is written"
    return (
        f"{accepted.partner_id}: authorised from {made.partner.authorized_on}, partner manager "
        f"{made.partner.account_manager_id}, {plural(len(made.contacts), 'contact')}, "
        f"{plural(len(made.links), 'account link')}"
    )


def accept_application(
    installation: Installation,
    application: Application,
    folder: Path,
    *,
    manager_id: str,
    authorized_on: date,
    other_than: Collection[str],
    accepted_by: str,
    reason: str,
) -> Accepted:
    """Make the partner of an application, its contacts and account links in the registry's folder, and load them.

    Refused while a field is not fulfilled, and for a company that may be a partner already: `other_than` names the
    partners that a person has found to be another company. The same application again gives the same partner and
    writes nothing.
    """
    if authorized_on > installation.today():
        raise Refusal(f"{authorized_on} is still to come: accept the application on that day, or name an earlier one")
    answers = _answers(application)
    checked = _check(installation, answers)
    digest = sha256(json.dumps(answers, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    def plan(connection: Connection, registry: Registry, files: Files) -> Planned[Accepted]:
        before = _accepted_before(connection, registry, digest)
        if before is not None:
            return Planned(Accepted(before, None), {})
        _check_known(registry, manager_id, other_than)
        check_acceptable(_compared(checked, answers, registry), other_than=other_than)
        used = [each.partner_id for each in registry.partners]
        made = new_partner(
            answers=answers,
            partner_id=next_partner_id([*used, *_removed_partners(connection)]),
            manager_id=manager_id,
            authorized_on=authorized_on,
        )
        _check_accounts(made.links, registry.account_links)
        return Planned(
            Accepted(made.partner.partner_id, made, checked.to_verify),
            _with_partner(files, made),
            acts=[PlannedAct(made.partner.partner_id, _on_record(made, digest, other_than))],
        )

    return change_registry(
        installation, folder, kind=APPLICATION_ACCEPTED, done_by=accepted_by, reason=reason, plan=plan
    )


def _removed_partners(connection: Connection) -> list[str]:
    """The ids of partners whose rows were a mistake; rows of other files were removed by other names."""
    names = (act.subject for act in load_acts(connection, REGISTRY_REMOVAL))
    return [name.removeprefix(_PARTNER_KEY) for name in names if name.startswith(_PARTNER_KEY)]


def _accepted_before(connection: Connection, registry: Registry, digest: str) -> str | None:
    known = {each.partner_id for each in registry.partners}
    for act in load_acts(connection, APPLICATION_ACCEPTED):
        if act.subject in known and json.loads(act.detail)["application"] == digest:
            return act.subject
    return None


def check_acceptable(checked: ApplicationCheck, *, other_than: Collection[str]) -> None:
    """Refuse an application that does not fulfil the list, and one of a company that may be a partner already."""
    if checked.unfulfilled:
        said = "; ".join(f"{each.field} {each.because}" for each in checked.unfulfilled)
        raise Refusal(f"the application does not fulfil the programme's list: {said}")
    alike = [each for each in checked.partners or () if each.partner_id not in other_than]
    if alike:
        named = "; ".join(f"{each.partner_id} ({each.status}): {', '.join(each.marks)}" for each in alike)
        raise Refusal(
            f"the applicant may be a partner already: {named}. If it is another company: --other-than PARTNER"
        )


def _check_known(registry: Registry, manager_id: str, other_than: Collection[str]) -> None:
    check_managers([manager_id], [each.account_manager_id for each in registry.account_managers])
    unknown = sorted(set(other_than) - {each.partner_id for each in registry.partners})
    if unknown:
        raise Refusal(f"partner {', '.join(unknown)} is not in the registry")


def _check_accounts(links: Sequence[AccountLink], there: Iterable[AccountLink]) -> None:
    """Refuse an account that belongs to a partner on the new partner's first day, or later."""
    owners: dict[tuple[str, str], list[AccountLink]] = {}
    for each in there:
        owners.setdefault((each.entity, each.account_id), []).append(each)
    taken = [
        f"account {link.account_id} at entity {link.entity} belongs to {owner.partner_id}"
        for link in links
        for owner in owners.get((link.entity, link.account_id), ())
        if owner.period.valid_to is None or owner.period.valid_to > link.period.valid_from
    ]
    if taken:
        raise Refusal("; ".join(taken))


def _with_partner(files: Files, made: NewPartner) -> dict[str, bytes]:
    """The files with the new rows; a file that gets none is left out."""
    partner = made.partner
    links = [
        {
            "partner_id": each.partner_id,
            "entity": each.entity,
            "account_id": each.account_id,
            "valid_from": each.period.valid_from.isoformat(),
        }
        for each in made.links
    ]
    rows: Mapping[str, Sequence[Mapping[str, str]]] = {
        "partners.csv": [_written(partner)],
        "contacts.csv": [_written(each) for each in made.contacts],
        "account_links.csv": links,
    }
    return {name: with_rows(files[name], new) for name, new in rows.items() if new}


def _written(record: object) -> dict[str, str]:
    """The cells of a record by column; what is None is blank."""
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}  # type: ignore[attr-defined]
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _on_record(made: NewPartner, digest: str, other_than: Collection[str]) -> dict[str, object]:
    return {
        "application": digest,
        "account_manager_id": made.partner.account_manager_id,
        "authorized_on": made.partner.authorized_on,
        "contacts": [each.role for each in made.contacts],
        "account_links": [f"{each.entity}/{each.account_id}" for each in made.links],
        "other_than": sorted(other_than),
    }
