"""Closes that people record for an entity whose billing system has no month ends."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.domain.acts import CLOSE_RECORDED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural
from partner_program.domain.revenue import PeriodClose
from partner_program.page.forms import (
    COUNT,
    CURRENCY,
    SHOWN,
    Act,
    After,
    Filled,
    Look,
    Shown,
    month_in,
    routes_of,
    signed_cents,
)
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_DECIDE
from partner_program.page.routes.months import InPath
from partner_program.page.view import ThisView, View
from partner_program.page.words import euros
from partner_program.page.words import month as named
from partner_program.usecases.acts import newest_act
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.closes import record_close, recorded_of_entity, recorded_of_month

router = APIRouter()


@router.get("/months/{month}/closes")
def closes(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """What people recorded of a month, entity by entity."""
    return view.page(
        "closes.html",
        title=f"Closes of {named(month)}",
        month=month,
        recorded=recorded_of_month(here, month),
        record=lambda entity: view.links("closes", "record", f"{entity} {month}"),
        who_could=WHO_MAY_DECIDE,
    )


def _of_subject(subject: str) -> tuple[str, BillingMonth]:
    month, (entity,) = month_in(subject, "close", place=1)
    return entity, month


class Record(Act):
    """Record what an entity's people say: this month is complete, with so many lines and this total."""

    path = ("closes", "record")
    template = "close_record.html"
    decides = True

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """What was recorded so far, and the form for another currency or other figures."""
        entity, month = _of_subject(subject)
        found = recorded_of_entity(here, entity, month)
        return Shown(
            f"Record the close of {entity} in {named(month)}",
            view.links("months", month, "closes"),
            f"Closes of {named(month)}",
            "" if found.entity.bills_in(month) else f"{entity} does not bill in {named(month)}.",
            {"found": found, "month": month, SHOWN: found.closes_hash},
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Say what is recorded, and what it replaces."""
        entity, month = _of_subject(subject)
        close, _ = self._read(filled)
        there = recorded_of_entity(here, entity, month).closes
        before = next((each for each in there if each.currency == close.currency), None)
        return Look(
            "Check before you record it",
            [
                ("Entity", entity),
                ("Month", named(month)),
                ("Lines that touch the month", f"{close.line_count:,}"),
                ("Sum of their net amounts", f"{euros(close.control_total_minor)} {close.currency}"),
                ("Instead of", "nothing: none was recorded" if before is None else _words(before)),
                ("Then", "the month's lines are compared with it, unless the billing database has closes of its own"),
                ("On record as", view.person.name),
            ],
            f"Record the close of {entity}",
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Record it; the same figures again change nothing."""
        entity, month = _of_subject(subject)
        close, shown_hash = self._read(filled)
        record_close(here, entity, month, close, recorded_by=view.person.name, shown_hash=shown_hash)
        return f"{entity} {month} {close.currency}"

    def after(self, view: View, here: Installation, subject: str) -> After:
        """It is recorded, and what uses it."""
        entity, month = _of_subject(subject.rpartition(" ")[0])
        recorded = "; ".join(map(_words, recorded_of_entity(here, entity, month).closes))
        return After(
            f"The close of {entity} in {named(month)} is recorded",
            newest_act(here, subject, CLOSE_RECORDED),
            [
                f"Recorded: {recorded}.",
                f"Run the month again: it compares what {entity} billed with these figures, and holds its partners "
                "where they differ. Each currency that has lines needs a close.",
            ],
            [
                (view.links("months", month, "closes"), f"Closes of {named(month)}"),
                (view.links.month(month), named(month)),
                (view.links(""), "Today"),
            ],
            [(view.links("runs", "start", month), f"Run {named(month)}")],
        )

    def _read(self, filled: Filled) -> tuple[PeriodClose, str]:
        close = PeriodClose(
            filled.must("currency", CURRENCY, "Give the currency of these lines."),
            filled.must("lines", COUNT, "Say how many lines touch the month."),
            filled.must("total", signed_cents, "Give the sum of their net amounts."),
        )
        shown_hash = filled.shown
        filled.sound()
        return close, shown_hash


def _words(close: PeriodClose) -> str:
    return f"{plural(close.line_count, 'line')}, {euros(close.control_total_minor)} {close.currency}"


router.include_router(routes_of(Record()))
