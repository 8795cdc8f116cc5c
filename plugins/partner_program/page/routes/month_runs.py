"""Having a month run: the form, and the page of a run that says how far it is and what comes next."""

import time
from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.page.forms import COUNT, DAY, Act, After, Filled, Look, Shown, routes_of
from partner_program.page.installed import Installed
from partner_program.page.month_runs import MonthRuns
from partner_program.page.view import ThisView, View
from partner_program.page.words import day
from partner_program.page.words import month as named
from partner_program.usecases.desk.month_runs import before_run, entities_asked
from partner_program.usecases.installation import Installation

router = APIRouter()
ASKED_AT = "asked_at"


class Run(Act):
    """Have a month run, in Airflow: again, or for the first time."""

    path = ("runs", "start")
    template = "run_start.html"
    decides = True

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """How the month stands, and the day that a run would be asked for."""
        month = _of_subject(subject)
        found, runs = before_run(here, month), MonthRuns(view.request, here.programs).of_month(month)
        under_way = runs.newest if runs.newest and runs.newest.is_under_way else None
        closed = ""
        if not runs.known:
            closed = f"Airflow does not say that it knows the DAG {runs.dag_id}: nothing can be started from here."
        elif under_way:
            closed = f"A run of {named(month)} is {under_way.state}: there is nothing to start."
        elif found.first is not None and found.first != month:
            closed = f"No month is in force yet: the first one is {named(found.first)}."
        return Shown(
            f"Run {named(month)}",
            view.links.month(month) if found.own_day or found.released_by else view.links("months"),
            named(month) if found.own_day or found.released_by else "Months",
            closed,
            {
                "month": month,
                "found": found,
                "under_way": under_way,
                "run_page": run_link(view, under_way.dag_id, under_way.run_id) if under_way else None,
                "asked_day": found.own_day or (runs.newest.effective_on if runs.newest else ""),
            },
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try its beginning, and say what it does."""
        month, effective_on = self._read(subject, filled)
        entities = entities_asked(here, month, effective_on)
        runs = MonthRuns(view.request, here.programs).of_month(month)
        return Look(
            "Check before you have it run",
            [
                ("Month", named(month)),
                ("Rates from", day(effective_on) if effective_on else "the day on which the run puts them in force"),
                ("Whose", "partners that have no result of this month yet; all others keep their first day"),
                ("It asks", ", ".join(entities)),
                ("Then", "what the brake lets through takes force at once; rates are published, letters written, and "
                 "somebody approves these before they are sent"),
                ("In Airflow", f"a run of {runs.dag_id}"),
                ("On record as", view.person.name),
            ],
            f"Run {named(month)}",
            danger=True,
        )  # fmt: skip

    def sent_on(self) -> Mapping[str, str]:
        """The second of the last look: the same look sent twice is one run."""
        return {ASKED_AT: str(int(time.time()))}

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Start the run; return its DAG and its id."""
        month, effective_on = self._read(subject, filled)
        asked_at = filled.must(ASKED_AT, COUNT, "Look at it once more, and send it from there.")
        filled.sound()
        entities_asked(here, month, effective_on)
        runs = MonthRuns(view.request, here.programs)
        of_month = runs.of_month(month)
        run_id = f"page__{month}__{asked_at}"
        newest = of_month.newest
        if newest is not None and newest.is_under_way and newest.run_id != run_id:
            raise Refusal(f"the run {newest.run_id} of {month} is {newest.state} already")
        runs.start(of_month.dag_id, run_id, month, str(effective_on or ""))
        return f"{of_month.dag_id} {run_id}"

    def next_page(self, view: View, done: str) -> str:
        """The run's page."""
        return run_link(view, *done.split(" "))

    def after(self, _view: View, _here: Installation, _subject: str) -> After:
        """Each run has a page of its own."""
        raise NotThere("there is no such page: each run has one of its own")

    def _read(self, subject: str, filled: Filled) -> tuple[BillingMonth, date | None]:
        effective_on = filled.may("effective_on", DAY)
        filled.sound()
        return _of_subject(subject), effective_on


def run_link(view: View, dag_id: str, run_id: str) -> str:
    """Our page about a run of a month."""
    return view.links("runs", "of", dag_id, run_id)


def _of_subject(subject: str) -> BillingMonth:
    try:
        return BillingMonth.parse(subject)
    except Refusal:
        raise NotThere(f"there is no month {subject[:40]}") from None


def _day(written: str) -> date | None:
    """The day that a run was asked for; in Airflow somebody may have typed anything."""
    try:
        return DAY(written)
    except Refusal:
        return None


@router.get("/runs/of/{dag_id}/{run_id:path}")
def run(view: ThisView, here: Installed, dag_id: str, run_id: str) -> HTMLResponse:
    """How far a run of a month is, and what comes next."""
    runs = MonthRuns(view.request, here.programs)
    found = runs.find(dag_id, run_id)
    if found is None:
        raise NotThere("Airflow does not tell of such a run of a month")
    month = _of_subject(found.month)
    return view.page(
        "run.html",
        title=f"A run of {named(month)}",
        found=found,
        month=month,
        rates_from=_day(found.effective_on),
        why_it_waits=runs.why_it_waits(dag_id) if found.state == "queued" else "",
        in_airflow=view.links.airflow("dags", dag_id, "runs", run_id),
    )


router.include_router(routes_of(Run()))
