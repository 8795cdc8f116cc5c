"""That somebody has seen a signal: on record, until its figures are others. It changes no result."""

from fastapi import APIRouter

from partner_program.domain.acts import SIGNAL_SEEN
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.signals import WORDS, Signal
from partner_program.page.forms import SHOWN, Act, After, Filled, Look, Shown, month_in, routes_of
from partner_program.page.view import View
from partner_program.page.words import month as named
from partner_program.usecases.acts import newest_act
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import unit_of_month
from partner_program.usecases.reports.signals import evidence_hash, find_signal, mark_seen, rule_in

router = APIRouter()


def _of_subject(subject: str) -> tuple[BillingMonth, str, str]:
    month, (signal, partner_id) = month_in(subject, "signal", pieces=3)
    return month, signal, partner_id


def _called(here: Installation, month: BillingMonth, found: Signal) -> str:
    """What people call a signal."""
    return unit_of_month(here, month).worded(WORDS[found.signal])


class MarkSeen(Act):
    """Say that somebody has looked at a signal with its figures as they are, and why it is well."""

    path = ("signals", "seen")
    template = "signal_seen.html"

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """The signal with its figures, and who has seen it so far."""
        month, signal, partner_id = _of_subject(subject)
        found = find_signal(here, month, signal, partner_id)
        return Shown(
            f"{_called(here, month, found).capitalize()}: {found.company_name}",
            view.links("months", month, "reports", "signals"),
            f"Signals, {named(month)}",
            values={
                "found": found,
                "month": month,
                "rule": rule_in(here, month, found.signal),
                SHOWN: evidence_hash(found),
            },
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it, and say what goes on record."""
        found, reason = self._mark(view, here, subject, filled, only_try=True)
        month, *_ = _of_subject(subject)
        rule = rule_in(here, month, found.signal)
        return Look(
            "Check before it goes on record",
            [
                ("Partner", f"{found.company_name} ({found.partner_id})"),
                ("Signal", f"{_called(here, month, found)}: {rule}"),
                ("Figures", found.evidence),
                ("You say", reason),
                ("Then", "it stands as seen until its figures are others; no result and no letter changes"),
                ("On record as", view.person.name),
            ],
            "Say that it was looked at",
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Put it on record; the same words by the same person again change nothing."""
        self._mark(view, here, subject, filled, only_try=False)
        return subject

    def after(self, view: View, here: Installation, subject: str) -> After:
        """It is on record."""
        month, _, partner_id = _of_subject(subject)
        return After(
            f"A signal of {partner_id} was looked at",
            newest_act(here, subject, SIGNAL_SEEN),
            ["The list of signals says so, until the figures are others. No result and no letter changes."],
            [
                (view.links("months", month, "reports", "signals"), f"Signals, {named(month)}"),
                (view.links.partner(partner_id), partner_id),
                (view.links(""), "Today"),
            ],
        )

    def _mark(
        self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool
    ) -> tuple[Signal, str]:
        month, signal, partner_id = _of_subject(subject)
        reason, shown_hash = filled.reason, filled.shown
        filled.sound()
        found = mark_seen(
            here,
            month,
            signal,
            partner_id,
            by=view.person.name,
            reason=reason,
            shown_hash=shown_hash,
            only_try=only_try,
        )
        return found, reason


router.include_router(routes_of(MarkSeen()))
