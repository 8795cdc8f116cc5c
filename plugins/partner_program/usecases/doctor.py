"""Checks that an installation has everything that a month needs, and says what to do where it has not."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from partner_program.adapters.airflow_users import airflow_users
from partner_program.adapters.billing.pull import faults_in_reading
from partner_program.adapters.database.registry import load_registry, rates_of_month
from partner_program.adapters.database.settlements import settled_with
from partner_program.adapters.files.ledger_accounts import FILE as LEDGER_ACCOUNTS
from partner_program.adapters.files.ledger_accounts import load_ledger_accounts
from partner_program.adapters.mail.client import SmtpClient, SmtpSettings
from partner_program.adapters.mail.sending_settings import (
    CONN_ID,
    bounce_address_for,
    mail_server_fields,
    sending_settings,
)
from partner_program.adapters.orders.database import check_has_product
from partner_program.adapters.webhook_settings import webhook_settings
from partner_program.domain import approvers
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural
from partner_program.domain.posting import doubts_of_accounts
from partner_program.domain.program_unit import EUR
from partner_program.domain.programs_here import SettledWith, check_programs_here
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity, Registry
from partner_program.usecases.installation import Installation, billing_connection_id, orders_connection_id
from partner_program.usecases.letters.binding import check_place
from partner_program.usecases.letters.owed_to_nobody import say_owed_to_nobody
from partner_program.usecases.letters.rendering import check_letters, letter_templates
from partner_program.usecases.partner_words import explanation_templates
from partner_program.usecases.program_check import looks_of
from partner_program.usecases.registry_doubts import doubts_of_now
from partner_program.usecases.side_by_side import side_by_side

GREETING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was checked; `message` says what was found, or what to do; `doubts` what a person may look at."""

    subject: str
    sound: bool
    message: str
    doubts: tuple[str, ...] = ()


def examine(installation: Installation, *, today: Callable[[], date]) -> list[Examined]:
    """Check programme files, templates, database and connections; nothing is changed.

    Of each entity the month before `today` is read. Without sound programme files no day is known.
    """
    found = [
        _try("programme files", lambda: _programs(installation, [])),
        _try("letter templates", lambda: _languages(installation)),
        *_approvers(),
        _try("programme database", lambda: _database(installation)),
    ]
    if found[-1].sound:
        with installation.database.reading() as connection:
            registry = load_registry(connection)
            nobody = say_owed_to_nobody(connection)
            settled = settled_with(connection)
        found[0] = _try("programme files", lambda: _programs(installation, settled))
        if found[0].sound:
            found[0] = replace(found[0], doubts=tuple(looks_of(installation.programs[-1])))
        entities = registry.entities
        owing = [f"{month}: {said}" for month, said in nobody.items()]
        doubts = (*doubts_of_now(installation), *owing, *_rates_to_come(installation, entities, today))
        found[-1] = replace(found[-1], doubts=doubts)
        if found[1].sound:
            found[1] = replace(
                found[1], doubts=(*_other_languages(installation, registry), *_example_sender(installation))
            )
        found.append(_try("place of sending", lambda: check_place(installation)))
        if found[1].sound:  # the sender's address, to which bounces come by default, stands beside the templates
            found.append(_try("letters_smtp", lambda: _mail_server(installation)))
        found.append(_try("events_webhook", lambda: _endpoint(installation)))
        found += _ledger(installation, entities)
        found += side_by_side([look for entity in entities for look in _connections(installation, entity, today)])
    return found


def _try(subject: str, look: Callable[[], str]) -> Examined:
    try:
        return Examined(subject, True, look())
    except (Refusal, OSError) as fault:
        return Examined(subject, False, str(fault))


def _programs(installation: Installation, settled: Sequence[SettledWith]) -> str:
    check_programs_here(settled, installation.programs)
    installation.check_own_folder()
    return ", ".join(program.file_name for program in installation.programs)


def _rates_to_come(installation: Installation, entities: Sequence[Entity], today: Callable[[], date]) -> Iterator[str]:
    """Say of each currency whose rate of the month to settle next is not there which entities bill in it.

    The programme's own currency is one of them, where an entity bills in another. What is counted has no rate at all.
    """
    try:
        month = BillingMonth.of(today()).preceding
        unit = installation.program_on_or_first(today()).unit
    except Refusal:
        return
    billing = [each for each in entities if each.bills_in(month) and each.currency != unit.code]
    if unit.is_counted:
        for each in billing:
            what = f"an amount in {each.currency} is no number of {unit.name}"
            yield f"{each.entity} bills in {each.currency}: {what}, these are counted as {unit.code}"
        return
    with installation.database.reading() as connection:
        known = {EUR, *(each.currency for each in rates_of_month(connection, month))}
    missing = {each.currency for each in billing} - known
    if billing and unit.code not in known:
        missing.add(unit.code)
    for currency in sorted(missing):
        is_own = currency == unit.code
        codes = ", ".join(each.entity for each in billing if is_own or each.currency == currency)
        which = (
            f", the programme's own currency, and {codes} bills in another" if is_own else f", in which {codes} bills"
        )
        yield (
            f"no exchange rate of {currency} for {month}{which}: without it partners are held; "
            f"see `partner-program rates ecb {month} --into DIR`"
        )


def _languages(installation: Installation) -> str:
    templates = check_letters(installation)
    templates.check_every_sentence()
    explained = explanation_templates(installation)
    for language in explained.languages:
        explained.in_language(language)
    return f"{templates.version}, languages {', '.join(templates.languages)}; letters of {templates.brand.whose}"


def _approvers() -> list[Examined]:
    """Check the names of those who alone may answer about rates; nothing where anybody may."""
    named = approvers.named_approvers(os.environ.get(approvers.VARIABLE, ""))

    def check() -> str:
        users = airflow_users()
        if users is None:
            return f"{', '.join(named)}: not checked, as no configuration here names Airflow's users"
        approvers.check_approvers(named, users)
        return f"{', '.join(named)} may answer about rates"

    return [_try(approvers.VARIABLE, check)] if named else []


def _other_languages(installation: Installation, registry: Registry) -> tuple[str, ...]:
    """Say of each language without letters how many partners have it, and in which language theirs are written."""
    templates = letter_templates(installation)
    asked = Counter(partner.language for partner in registry.partners)
    return tuple(
        f"language {language}: there are no letters in it; those of {plural(count, 'partner')} are written in {used}"
        for language, count in sorted(asked.items())
        if (used := templates.language_of(language)) != language
    )


def _example_sender(installation: Installation) -> Iterator[str]:
    address = letter_templates(installation).brand.sender_address
    if address.endswith("@your-company.example"):
        yield f"sender_address: {address} is still that of the example: bounces and answers would go there"


def _database(installation: Installation) -> str:
    with installation.database.reading() as connection:
        registry = load_registry(connection)
    return f"{plural(len(registry.partners), 'partner')} at {plural(len(registry.entities), 'entity', 'entities')}"


def _mail_server(installation: Installation) -> str:
    """Check every key of the connection, and greet the mail server where letters are really sent."""
    settings = sending_settings(installation.connections)
    bounces = bounce_address_for(settings, letter_templates(installation).brand.sender_address)
    if installation.connections.get(CONN_ID) is None:
        return "not set: letters are written to files"
    server = SmtpSettings.from_connection(mail_server_fields(installation.connections))
    if not settings.live:
        return f"its keys are sound, but live is off: letters are written to files, none goes to {server.place}"
    soon = replace(server, timeouts=replace(server.timeouts, connect=GREETING_SECONDS, reply=GREETING_SECONDS))
    with SmtpClient(soon):
        return f"{server.place} takes letters for {', '.join(settings.allowed_domains)}; bounces come to {bounces}"


def _endpoint(installation: Installation) -> str:
    """Read the endpoint of events; it is not asked, which would send it something."""
    settings = webhook_settings(installation.connections)
    if settings is None:
        return "not set: events wait, and none is sent"
    secrets = plural(len(settings.secrets), "secret")
    return f"events go to {settings.host}, {secrets}, {'with' if settings.amounts else 'without'} amounts"


def _ledger(installation: Installation, entities: Sequence[Entity]) -> list[Examined]:
    """Check the accounts of the ledger against programme and registry; nothing without sound programme files."""
    folder = installation.program_folder
    try:
        highest = max(each.highest_tier for each in installation.programs)
    except Refusal:
        return []
    if not (folder / LEDGER_ACCOUNTS).exists():
        return [Examined(LEDGER_ACCOUNTS, True, f"not there: nothing is posted for a ledger (`{folder}`)")]
    try:
        accounts = load_ledger_accounts(folder)
    except Refusal as fault:
        return [Examined(LEDGER_ACCOUNTS, False, str(fault))]
    doubts = doubts_of_accounts(accounts, entities={each.entity for each in entities}, highest_tier=highest)
    return [Examined(LEDGER_ACCOUNTS, True, plural(len(accounts), "row"), doubts)]


def _connections(
    installation: Installation, entity: Entity, today: Callable[[], date]
) -> Iterator[Callable[[], Examined]]:
    billing = billing_connection_id(entity)
    yield partial(_try, billing, lambda: _billing(installation, entity, billing, today))
    orders = orders_connection_id(entity)
    yield partial(_try, orders, lambda: _orders(installation, orders))


def _billing(installation: Installation, entity: Entity, conn_id: str, today: Callable[[], date]) -> str:
    """Read the month before `today` from the database: a connection that is set may still not work, or never answer."""
    fields = installation.connections.get(conn_id)
    if fields is None:
        raise Refusal(f"not set: set AIRFLOW_CONN_{conn_id.upper()}")
    faults = faults_in_reading(
        fields,
        entity,
        BillingMonth.of(today()).preceding,
        largest_line=installation.programs[-1].largest_line,
        sql_folder=installation.sql_folder,
    )
    if faults:
        raise Refusal("; ".join(faults))
    return f"opened as {fields.conn_type}, its relations are there"


def _orders(installation: Installation, conn_id: str) -> str:
    fields = installation.connections.get(conn_id)
    if fields is None:
        return "not set: nothing is published there"
    if not any(each.product_discounts for each in installation.programs):
        return f"set as {fields.conn_type}"
    check_has_product(fields)
    return f"set as {fields.conn_type}, keeps product families apart"
