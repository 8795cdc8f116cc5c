"""Looks through a source for whoever writes or tries one: before anything is loaded, without a programme database."""

from datetime import date

from partner_program.adapters.billing.source_check import check_source as look_through
from partner_program.adapters.billing.statements import known_sources
from partner_program.adapters.reports.source_check import source_check_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.source_check import SourceCheck
from partner_program.usecases.installation import Installation

_PREFIX = "billing_"


class WrongQuestion(Refusal):
    """There is no such source or connection: nothing was looked at."""


def check_source(
    installation: Installation, source: str | None, connection_id: str, month: BillingMonth
) -> SourceCheck:
    """Look through a month of a source, or of an entity's own relations if `source` is None; reads only."""
    known = known_sources(installation.sql_folder)
    if source is not None and source not in known:
        sources = installation.sql_folder / "sources"
        raise WrongQuestion(f"source {source!r}: expected a folder of {sources}, one of {', '.join(known)}, or none")
    try:
        fields = installation.connections.get(connection_id)
    except Refusal as refusal:
        raise WrongQuestion(str(refusal)) from refusal
    if fields is None:
        raise WrongQuestion(f"connection {connection_id} is not set: set AIRFLOW_CONN_{connection_id.upper()}")
    return look_through(
        fields,
        Entity(_entity_code(connection_id), "", "", "", "", date.min, source=source),
        month,
        largest_line=installation.largest_line(month),
        sql_folder=installation.sql_folder,
    )


def close_commands(check: SourceCheck) -> list[str]:
    """The commands that record the month's figures, once a person has compared them with the system's own report.

    None where the source has closes of its own.
    """
    if check.month is None or check.month.closes is not None:
        return []
    where = f"partner-program close record {_entity_code(check.connection_id)} {check.billing_month}"
    return [
        f"{where} --currency {each.currency} --lines {each.line_count} --total {each.control_total_minor} --by NAME"
        for each in check.month.figures
    ]


def source_check_file(check: SourceCheck) -> str:
    """What was seen as JSON."""
    return source_check_json(check, close_commands(check))


def _entity_code(connection_id: str) -> str:
    """The entity whose connection it would be; a placeholder where it is named otherwise."""
    code = connection_id.lower().removeprefix(_PREFIX)
    return code.upper() if code and code != connection_id.lower() else "ENTITY"
