"""Answers for the pages that take asking the entities' billing databases: a process apart asks, and keeps what came.

A page shows what was kept, and says when it was asked; a person asks again. One answer is asked for at a time. A kept
answer lies below `reports/` of the folder for letters and reports, and stays until it is asked for again. Beside it lie
its rows by partner, so that a partner's page need not read the answer about all of them.
"""

import json
import mmap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotThere
from partner_program.domain.report import Report
from partner_program.usecases.desk.apart import State
from partner_program.usecases.desk.work_apart import WorkApart
from partner_program.usecases.installation import Installation, billing_connection_id
from partner_program.usecases.month_unit import program_of_month
from partner_program.usecases.registry import load_all_entities
from partner_program.usecases.reports.kept import KeptReport, report_of, to_keep
from partner_program.usecases.reports.order_lines import check_has_prices
from partner_program.usecases.reports.questions import QUESTIONS, find_question

_ANSWER, _BY_PARTNER = "answer.json", "by_partner.lines"


@dataclass(frozen=True, slots=True)
class _Kept:
    report: KeptReport
    asked_at: int
    asked_by: str


@dataclass(frozen=True, slots=True)
class AskedReport:
    """What there is of an answer: the `report` with when and by whom it was asked, None before the first time.

    `state` is that of asking now or last, None where nobody asked; `is_busy` says that another answer is asked for.
    """

    report: Report | None
    asked_at: datetime | None
    asked_by: str
    state: State | None
    is_busy: bool


@dataclass(frozen=True, slots=True)
class AskedOfPartner:
    """The rows of a kept answer that are about one partner, by table; None is `rows` before the first time.

    `asked_at` is when it was asked.
    """

    name: str
    month: BillingMonth
    asked_at: datetime | None = None
    rows: Mapping[str, tuple[object, ...]] | None = None


def look_at_answer(installation: Installation, name: str, month: BillingMonth) -> AskedReport:
    """What there is of the answer to a question that takes asking the entities; asks nobody.

    Raises `Refusal` for a month that is not assessed, and for one of prices where the month counts none.
    """
    question, key = find_question(name), _key(name, month)
    with installation.database.reading() as connection:
        settlements = settlement_history.settlements_or_refusal(connection, month)
    if question.of_prices:
        check_has_prices(program_of_month(installation, month, settlements).unit, month)
    work = _work(installation)
    working, state = work.look(key)
    is_busy = working is not None and working != key
    try:
        kept: _Kept = from_json(_Kept, (work.folder / key / _ANSWER).read_text("utf-8"))
        report = report_of(kept.report, question.tables)
    except (FileNotFoundError, KeyError, ValueError):  # a release before this one may have kept other columns
        return AskedReport(None, None, "", state, is_busy)
    return AskedReport(report, installation.local_time(kept.asked_at), kept.asked_by, state, is_busy)


def look_at_partner(installation: Installation, name: str, month: BillingMonth, partner_id: str) -> AskedOfPartner:
    """What the kept answer to a question says of one partner; asks nobody."""
    question = find_question(name)
    path = _work(installation).folder / _key(name, month) / _BY_PARTNER
    found: dict[str, tuple[object, ...]] = {}
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines:
            asked_at = int(lines.readline())
            for table, row in _lines_of(lines, partner_id):
                found[table] = (*found.get(table, ()), from_json(question.tables[table], row))
    except (FileNotFoundError, ValueError, KeyError):  # a release before this one may have kept other columns
        return AskedOfPartner(name, month)
    return AskedOfPartner(name, month, installation.local_time(asked_at), found)


def ask_apart(installation: Installation, name: str, month: BillingMonth, *, by: str) -> bool:
    """Have a process apart ask the entities; False where it asks for another answer now."""
    find_question(name)
    connections = [CONN_ID, *(billing_connection_id(each) for each in load_all_entities(installation))]
    return _work(installation).start(_key(name, month), by, ask_and_keep, installation, connections=connections)


def ask_and_keep(installation: Installation, key: str, begun: State) -> None:
    """Ask the entities and keep the answer; the work of the process apart."""
    name, _, month = key.partition(".")
    work = _work(installation)
    with work.doing(key, begun):
        report = QUESTIONS[name].answer(installation, BillingMonth.parse(month))
        asked_at = int(time.time())
        kept = _Kept(to_keep(report), asked_at, begun.by)
        write_if_changed(work.folder / key / _BY_PARTNER, "".join([f"{asked_at}\n", *_by_partner(report)]))
        write_if_changed(work.folder / key / _ANSWER, as_json(_Kept, kept))


def answer_now(installation: Installation, name: str, month: BillingMonth) -> Report:
    """The answer for a server: asked of the programme's database, or the kept one of a question to the entities.

    Raises `NotThere` where that was not asked yet.
    """
    question = find_question(name)
    if not question.asks_entities:
        return question.answer(installation, month)
    report = look_at_answer(installation, name, month).report
    if report is None:
        how = f"a person asks on its page, or `partner-program {question.command}`"
        raise NotThere(f"{name} of {month} was not asked yet: {how}")
    return report


def is_asked_apart(name: str) -> bool:
    """Whether a question takes asking the entities."""
    return find_question(name).asks_entities


def _by_partner(report: Report) -> Iterator[str]:
    """A line for each row about one partner: its id as JSON text, which has no line's end, the table and the row."""
    for table in report.tables:
        for row in table.rows if "partner_id" in table.columns else ():
            yield f"{json.dumps(row.partner_id)}\t{table.name}\t{as_json(table.kind, row)}\n"  # type: ignore[attr-defined]


def _lines_of(lines: mmap.mmap, partner_id: str) -> Iterator[tuple[str, str]]:
    """The tables and rows of a partner, found without reading the lines of others."""
    wanted = f"\n{json.dumps(partner_id)}\t".encode()
    place = lines.find(wanted, 0)
    while place >= 0:
        lines.seek(place + len(wanted))
        table, _, row = lines.readline().decode().partition("\t")
        yield table, row
        place = lines.find(wanted, lines.tell() - 1)


def _work(installation: Installation) -> WorkApart:
    return WorkApart(installation.out / "reports" / ".pages", then="ask on the command line")


def _key(name: str, month: BillingMonth) -> str:
    return f"{name}.{month}"
