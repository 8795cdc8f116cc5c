"""Disputes about a month's result: those that are open; open one, answer it, withdraw it. None changes a result."""

from dataclasses import dataclass
from typing import Annotated, cast, get_args

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import About, Dispute, Subject, Verdict, said_of
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Partner
from partner_program.page.forms import CODE, ENTITY, Act, After, Filled, Look, Shown, routes_of
from partner_program.page.installed import Installed
from partner_program.page.view import ThisView, View
from partner_program.page.words import day
from partner_program.page.words import month as named
from partner_program.usecases.acts import acts_about
from partner_program.usecases.desk.disputes import dispute_choices, dispute_with_partner, open_disputes
from partner_program.usecases.disputes import Done, answer_dispute, open_dispute, withdraw_dispute
from partner_program.usecases.installation import Installation

router = APIRouter()
ABOUT = (
    ("account", "an account that the partner has or had"),
    ("missing_account", "an account that the partner misses"),
    ("line", "a line"),
)


@router.get("/disputes")
def disputes(view: ThisView, here: Installed, manager: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """The disputes that are open, those that are overdue first."""
    found = open_disputes(here, on=here.today(), manager_id=manager or None)
    return view.page(
        "disputes.html",
        title="Disputes",
        open=found,
        subject=lambda line: Subject(line.about, line.entity, line.subject_id),
        manager=manager,
        managers=[(each.account_manager_id, each.name) for each in found.managers.values()],
    )


def _about(written: str) -> About:
    if written not in get_args(About):
        raise Refusal(f"Choose one of {', '.join(words for _, words in ABOUT)}.")
    return cast("About", written)


def _verdict(written: str) -> Verdict:
    if written not in get_args(Verdict):
        raise Refusal("Say whether the partner is right or the result.")
    return cast("Verdict", written)


def _facts(dispute: Dispute, partner: Partner) -> list[tuple[str, str]]:
    return [
        ("Partner", f"{partner.company_name} ({partner.partner_id})"),
        ("About", f"{dispute.subject} of {named(dispute.billing_month)}"),
    ]


def _after(view: View, here: Installation, subject: str, words: str, following: list[str]) -> After:
    dispute, partner = dispute_with_partner(here, subject)
    return After(
        words,
        next(iter(acts_about(here, partner.partner_id, subject)), None),
        following,
        [
            (view.links.partner(partner.partner_id), partner.company_name),
            (view.links.month(dispute.billing_month), named(dispute.billing_month)),
            (view.links(""), "Today"),
        ],
    )


@dataclass(frozen=True)
class _Typed:
    """A new dispute as it was typed."""

    month: BillingMonth
    subject: Subject
    reason: str


class Open(Act):
    """Open a dispute for a partner."""

    path = ("disputes", "open")
    template = "dispute_open.html"

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """What it can be about: a month, and an account or a line at an entity."""
        found = dispute_choices(here, subject)
        return Shown(
            f"Open a dispute for {found.partner.company_name}",
            view.links.partner(subject),
            found.partner.company_name,
            "" if found.months else "No month was settled yet: there is no result to dispute.",
            {
                "found": found,
                "months": [(each, named(each)) for each in found.months],
                "abouts": ABOUT,
                "entities": [(each, each) for each in found.entities],
            },
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it, and say until when an answer is due."""
        done = self._open(view, here, subject, filled, only_try=True)
        partner = dispute_choices(here, subject).partner
        return Look(
            "Check before you open it",
            [
                *_facts(done.dispute, partner),
                ("What the partner says", done.dispute.steps[0].reason),
                ("An answer is due", day(done.dispute.due_on)),
                ("On record as", view.person.name),
            ],
            f"Open the dispute of {subject}",
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Open it, once."""
        return self._open(view, here, subject, filled, only_try=False).dispute.dispute_id

    def after(self, view: View, here: Installation, subject: str) -> After:
        """It is open, and when an answer is due."""
        dispute, _ = dispute_with_partner(here, subject)
        following = [f"An answer is due on {day(dispute.due_on)}; until then it stands on Today.", "No result changes."]
        return _after(view, here, subject, f"Dispute {subject} is open", following)

    def _open(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        month = filled.must("month", BillingMonth.parse, "Choose a month.")
        about = filled.must("about", _about, "Say what it is about.")
        entity = filled.must("entity", ENTITY, "Choose the entity.")
        subject_id = filled.must("subject_id", CODE, "Give the id of the account or line.")
        typed = _Typed(month, Subject(about, entity, subject_id), filled.reason)
        filled.sound()
        return open_dispute(
            here,
            subject,
            typed.month,
            typed.subject,
            by=view.person.name,
            reason=typed.reason,
            today=here.today(),
            only_try=only_try,
        )


class _OfDispute(Act):
    """What ends one dispute; its form shows the dispute."""

    template = "dispute_act.html"
    verb: str

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """The dispute as it is."""
        dispute, partner = dispute_with_partner(here, subject)
        closed = "" if dispute.state == "open" else f"It was {said_of(dispute.steps[-1])}. A new dispute can be opened."
        return Shown(
            f"{self.verb} dispute {subject}",
            view.links.partner(partner.partner_id),
            partner.company_name,
            closed,
            {"dispute": dispute, "partner": partner, "verb": self.verb, "today": here.today()},
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it, and say what becomes of the dispute."""
        dispute, partner = dispute_with_partner(here, subject)
        done = self.try_or_do(view, here, subject, filled, only_try=True)
        newest = done.dispute.steps[-1]
        then = newest.act if newest.verdict is None else f"{newest.act}: {newest.verdict}"
        return Look(
            f"Check before you {self.verb.lower()}",
            [
                *_facts(dispute, partner),
                ("What the partner says", dispute.steps[0].reason),
                ("Then", f"{then}; no result changes by it"),
                ("Your reason", newest.reason),
                ("On record as", view.person.name),
            ],
            f"{self.verb} {subject}",
            danger=self.verb == "Withdraw",
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Do it, once."""
        return self.try_or_do(view, here, subject, filled, only_try=False).dispute.dispute_id

    def try_or_do(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        """Read the form, and call the use case."""
        raise NotImplementedError


class Answer(_OfDispute):
    """Answer a dispute: the partner is right, or the result."""

    path = ("disputes", "answer")
    verb = "Answer"

    def after(self, view: View, here: Installation, subject: str) -> After:
        """It is answered, and what has to be corrected."""
        dispute, _ = dispute_with_partner(here, subject)
        month = dispute.billing_month
        accepted = dispute.steps[-1].verdict == "accepted"
        following = ["A person tells the partner the answer: no letter does."]
        if accepted:
            following.append(
                f"The result of {named(month)} has not changed: correct the data that was wrong, then run the month "
                "again, which proposes a restatement."
            )
        return _after(view, here, subject, f"Dispute {subject} is answered", following)

    def try_or_do(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        """Answer, or try to."""
        verdict = filled.must("verdict", _verdict, "Say whether the partner is right or the result.")
        reason = filled.reason
        filled.sound()
        return answer_dispute(
            here, subject, verdict, by=view.person.name, reason=reason, today=here.today(), only_try=only_try
        )


class Withdraw(_OfDispute):
    """Withdraw a dispute: its partner no longer asks."""

    path = ("disputes", "withdraw")
    verb = "Withdraw"

    def after(self, view: View, here: Installation, subject: str) -> After:
        """It is withdrawn."""
        return _after(view, here, subject, f"Dispute {subject} is withdrawn", ["A new dispute can be opened."])

    def try_or_do(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        """Withdraw, or try to."""
        reason = filled.reason
        filled.sound()
        return withdraw_dispute(
            here, subject, by=view.person.name, reason=reason, today=here.today(), only_try=only_try
        )


for each in (Open(), Answer(), Withdraw()):
    router.include_router(routes_of(each))
