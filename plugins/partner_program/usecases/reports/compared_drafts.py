"""Many drafts of the newest programme, compared for a page: by the process apart that calculates one draft, too."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.domain.program_change import ProgramChange
from partner_program.domain.program_design import ComparedDraft
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.domain.report import Report
from partner_program.usecases.desk.apart import KEPT_DAYS, State, standing
from partner_program.usecases.desk.what_if import basis, calculations
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.kept import KeptReport, report_of, to_keep
from partner_program.usecases.reports.program_design import TABLE, Design, change_of, compare, drafts_of
from partner_program.usecases.settled_past import check_units

_ASKED, _RESULT = "compared.json", "report.json"
_TABLES: Mapping[str, type] = {TABLE: ComparedDraft}


@dataclass(frozen=True, slots=True)
class AskedDrafts:
    """What is compared, and the programme file that the sweeps change, in its unit."""

    design: Design
    base_file: str
    base_hash: str
    unit: Unit = EURO


@dataclass(frozen=True, slots=True)
class ComparedDrafts:
    """A comparison as it stands: its state, and the report once it is done.

    `busy` says who began another calculation that is being done now, and when. `is_older`: there is a newer programme
    file by now than the one that was asked about.
    """

    asked: AskedDrafts
    state: State
    begun: datetime
    busy: tuple[str, datetime] | None
    report: Report | None
    is_older: bool


def ask_drafts(installation: Installation, design: Design, *, by: str) -> str:
    """Keep what is asked and compare it; return its key. Refused where no draft can be made of it, or no month left."""
    newest = installation.programs[-1]
    drafts_of(installation, design)
    if not set(design.months) <= set(basis(installation).months):
        raise Refusal(f"not each month from {design.first} to {design.last} is settled")
    check_units(installation, design.months, [newest])
    asked = as_json(AskedDrafts, AskedDrafts(design, newest.file_name, newest.file_hash, newest.unit))
    key = hashlib.sha256(asked.encode()).hexdigest()[:32]
    write_if_changed(calculations(installation).folder / key / _ASKED, asked)
    start_drafts(installation, key, by=by)
    return key


def start_drafts(installation: Installation, key: str, *, by: str) -> bool:
    """Compare what is kept, anew if it was before; False where something else is being calculated."""
    asked_drafts(installation, key)
    return calculations(installation).start(key, by, compare_apart, installation, connections=[CONN_ID])


def compare_apart(installation: Installation, key: str, begun: State) -> None:
    """Compare drafts and keep the report; the work of the process apart."""
    work = calculations(installation)
    design = asked_drafts(installation, key).design
    with work.doing(key, begun) as progress:
        report = compare(installation, design, progress.tell)
        write_if_changed(work.folder / key / _RESULT, as_json(KeptReport, to_keep(report)))


def look_at_drafts(installation: Installation, key: str) -> ComparedDrafts:
    """How far a comparison is, and what came of it."""
    work, asked = calculations(installation), asked_drafts(installation, key)
    working, state = standing(work.folder / key)
    other = work.written(working) if working not in (None, key) else None
    report = None
    if state.kind == "done":
        kept = from_json(KeptReport, (work.folder / key / _RESULT).read_text("utf-8"))
        report = report_of(kept, _TABLES)
    return ComparedDrafts(
        asked,
        state,
        installation.local_time(state.begun),
        (other.by, installation.local_time(other.begun)) if other else None,
        report,
        installation.programs[-1].file_hash != asked.base_hash,
    )


def asked_drafts(installation: Installation, key: str) -> AskedDrafts:
    """What is asked under a key; raises `NotThere` where nothing is, or not any more."""
    try:
        text = (calculations(installation).folder / key / _ASKED).read_text("utf-8")
    except FileNotFoundError:
        raise NotThere(f"there is no such comparison: they are kept for {KEPT_DAYS} days") from None
    found: AskedDrafts = from_json(AskedDrafts, text)
    return found


def chosen_draft(installation: Installation, key: str, number: int, day: date) -> ProgramChange:
    """One of the drafts, as a change from a day on; refused where the programme is another by now."""
    asked = asked_drafts(installation, key)
    if installation.programs[-1].file_hash != asked.base_hash:
        raise Refusal("there is a newer programme file by now: compare the drafts again")
    drafts, _ = drafts_of(installation, asked.design)
    return change_of(drafts, number, day)
