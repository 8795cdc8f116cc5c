"""Benefits on request and grace periods: what waits, what is in force, what ends; one request; and the acts on them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from partner_program.domain.acts import same_person
from partner_program.domain.benefits import BenefitStep, StepAct
from partner_program.domain.families import Families, families_text, families_words
from partner_program.domain.grace import deciding_months, months_words, verdict_words
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program, Tier
from partner_program.domain.program_unit import Unit
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.registry import GraceGrant
from partner_program.page.forms import AMOUNT, CODE, DAY, SEEN, UNITS, Act, After, Filled, Look, Shown, routes_of, words
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_ACT
from partner_program.page.view import Entry, ThisView, View
from partner_program.page.words import day, euros, for_people, percent
from partner_program.usecases.acts import acts_about
from partner_program.usecases.benefits import (
    Asked,
    Done,
    Granted,
    Said,
    approve_benefit,
    refuse_benefit,
    request_benefit,
    tell_outcome,
    withdraw_benefit,
)
from partner_program.usecases.desk.benefits import (
    RequestOverview,
    Wanted,
    benefit_desk,
    grant_outlook,
    one_grant,
    request_overview,
    what_may_be_asked,
)
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.installation import Installation

ENTRY = Entry("Grants and benefits", "benefits", also=("grants",))
router = APIRouter()
SHOWN = (
    ("decide", "what waits for a decision"),
    ("ends", "what ends within 30 days"),
    ("in_force", "what is in force"),
    ("past", "what is over"),
)
# What can be done about a request: the act's address, and the words of its link.
ACTS: Mapping[StepAct, tuple[str, str]] = {
    "approved": ("approve", "Approve"),
    "refused": ("refuse", "Refuse"),
    "withdrawn": ("withdraw", "Withdraw"),
    "outcome": ("outcome", "Say what came of it"),
}


@router.get("/benefits")
def benefits(
    view: ThisView,
    here: Installed,
    show: Wanted | Literal[""] = "",
    manager: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    """What waits for a decision, what is in force and what ends soon, as the filters in the address ask for it."""
    found = benefit_desk(here, on=here.today(), wanted=show or None, manager_id=manager or None)
    return view.page(
        "benefits.html",
        title="Grants and benefits",
        found=found,
        show=show,
        manager=manager,
        choices=SHOWN,
        managers=[(each.account_manager_id, each.name) for each in found.managers.values()],
        verdict_words=partial(verdict_words, unit=view.unit),
        months_words=months_words,
        asked_words=partial(_values_words, unit=view.unit),
    )


@router.get("/benefits/of/{request_id:path}")
def one_request(view: ThisView, here: Installed, request_id: str) -> HTMLResponse:
    """One request whole, and what can be done about it."""
    found = request_overview(here, request_id, on=here.today())
    return view.page(
        "benefit.html",
        title=f"{found.name} for {found.partner.company_name}",
        found=found,
        possible=[(view.links("benefits", ACTS[act][0], request_id), ACTS[act][1]) for act in found.possible],
        values_words=partial(_values_words, unit=view.unit),
        who_could=WHO_MAY_ACT,
    )


def _values_words(quantity: int | None, cents: int | None, first: date | None, ends: date | None, *, unit: Unit) -> str:
    """What is asked for or given, in words: `2 units, from 10 August 2015 until 10 November 2015`."""
    found = [
        *([] if quantity is None else [plural(quantity, "unit")]),
        *([] if cents is None else [_amount(cents, unit)]),
        *([] if first is None else [f"from {day(first)}"]),
    ]
    return ", ".join(found) + ("" if ends is None else f" until {day(ends)}")


def _amount(cents: int | None, unit: Unit) -> str:
    return f"{euros(cents, unit)} {unit.name}"


def _step_words(step: BenefitStep, unit: Unit) -> str:
    return _values_words(step.quantity, step.amount_cents, step.valid_from, step.valid_to, unit=unit)


class _OfRequest(Act):
    """What is done about one request: its form shows the request, and sends along how many steps it showed."""

    template = "benefit_act.html"
    act: StepAct
    verb: str
    going_on: tuple[str, ...]

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """The request as it is, and the fields of this act."""
        found = request_overview(here, subject, on=here.today())
        closed = "" if self.act in found.possible else f"This cannot be done now: it is {found.line.state}."
        return Shown(
            f"{self.verb}: {found.name} for {found.partner.company_name}",
            view.links("benefits", "of", subject),
            "The request",
            closed.replace("_", " "),
            {
                "found": found,
                "act": self.act,
                SEEN: len(found.request.steps),
                "today": here.today(),
                "own": same_person(found.request.asked.done_by, view.person.name),
                "values_words": partial(_values_words, unit=view.unit),
            },
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it, and say what it does."""
        found = request_overview(here, subject, on=here.today())
        done = self.try_or_do(view, here, subject, filled, only_try=True)
        before = _values_words(
            found.line.quantity,
            found.line.amount_eur_cents,
            found.line.valid_from,
            found.line.valid_to,
            unit=view.unit,
        )
        return Look(
            f"Check before you {self.verb.lower()}",
            [
                ("Partner", f"{found.partner.company_name} ({found.partner.partner_id}), {view.tier(found.tier)}"),
                ("Benefit", found.name),
                ("Now", f"{found.line.state.replace('_', ' ')}: {before}"),
                *self.facts(found, done.step, view.unit),
                ("Your reason", done.step.reason),
                ("On record as", view.person.name),
            ],
            f"{self.verb} {found.name} for {found.partner.partner_id}",
            danger=self.act in ("refused", "withdrawn"),
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Do it, once."""
        return self.try_or_do(view, here, subject, filled, only_try=False).request.request_id

    def after(self, view: View, here: Installation, subject: str) -> After:
        """What was done about the request, and what happens next."""
        found = request_overview(here, subject, on=here.today())
        kind = "benefit requested" if self.act == "requested" else f"benefit {self.act}"
        return After(
            f"{found.name} for {found.partner.company_name}: {self.act}",
            next((each for each in found.acts if each.kind == kind), None),
            list(self.going_on),
            [
                (view.links("benefits", "of", subject), "The request"),
                (view.links.partner(found.partner.partner_id), found.partner.company_name),
                (view.links("benefits"), "Grants and benefits"),
            ],
        )

    def said(self, view: View, here: Installation, filled: Filled, *, only_try: bool) -> Said:
        """Who acts and why, with what was shown."""
        return Said(view.person.name, filled.reason, here.today(), filled.seen, only_try)

    def facts(self, found: RequestOverview, step: BenefitStep, unit: Unit) -> list[tuple[str, str]]:
        """What the act changes."""
        raise NotImplementedError

    def try_or_do(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        """Read the form, and call the use case."""
        raise NotImplementedError


class Approve(_OfRequest):
    """Approve a request, at most what was asked for."""

    path = ("benefits", "approve")
    act = "approved"
    verb = "Approve"
    going_on = (
        "Order databases that keep benefits get it when it is published.",
        "The partner's next letter says it. Nothing ends it by hand: it ends by itself on its day.",
    )

    def facts(self, found: RequestOverview, step: BenefitStep, unit: Unit) -> list[tuple[str, str]]:
        """What is approved, beside the limit."""
        limit = found.line.units_limit
        of = f"; {found.line.units_in_force} of {limit} are in force today" if limit is not None else ""
        return [("Then", f"approved: {_step_words(step, unit)}{of}")]

    def try_or_do(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        """Approve, or try to."""
        granted = Granted(
            filled.may("quantity", UNITS),
            filled.may("amount", AMOUNT),
            filled.may("valid_from", DAY),
            filled.may("valid_to", DAY),
        )
        said = self.said(view, here, filled, only_try=only_try)
        filled.sound()
        return approve_benefit(here, subject, granted, said)


class Refuse(_OfRequest):
    """Refuse a request."""

    path = ("benefits", "refuse")
    act = "refused"
    verb = "Refuse"
    going_on = ("No letter tells it: a person tells the partner, with the reason.", "A new request can be made later.")

    def facts(self, _found: RequestOverview, _step: BenefitStep, _unit: Unit) -> list[tuple[str, str]]:
        """That nothing is given."""
        return [("Then", "refused: nothing is given, and no letter tells it")]

    def try_or_do(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        """Refuse, or try to."""
        said = self.said(view, here, filled, only_try=only_try)
        filled.sound()
        return refuse_benefit(here, subject, said)


class Withdraw(_OfRequest):
    """Withdraw a request, or an approval from a day on."""

    path = ("benefits", "withdraw")
    act = "withdrawn"
    verb = "Withdraw"
    going_on = (
        "Order databases that keep benefits get the earlier end when it is published.",
        "A new request can be made later.",
    )

    def facts(self, _found: RequestOverview, step: BenefitStep, _unit: Unit) -> list[tuple[str, str]]:
        """From which day on it is not given any more."""
        then = (
            "withdrawn: it was never given" if step.valid_from is None else f"not given from {day(step.valid_from)} on"
        )
        return [("Then", then)]

    def try_or_do(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        """Withdraw, or try to."""
        first = filled.may("valid_from", DAY)
        said = self.said(view, here, filled, only_try=only_try)
        filled.sound()
        return withdraw_benefit(here, subject, said, valid_from=first)


class Outcome(_OfRequest):
    """Say what was spent of an approved proposal, and what came of it."""

    path = ("benefits", "outcome")
    act = "outcome"
    verb = "Say what came of it"
    going_on = ("A correction is said again: both stay on record, the newest counts.",)

    def facts(self, found: RequestOverview, step: BenefitStep, unit: Unit) -> list[tuple[str, str]]:
        """What was spent, of what was approved."""
        return [("Spent", f"{euros(step.amount_cents, unit)} of {_amount(found.line.amount_eur_cents, unit)}")]

    def try_or_do(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        """Record the outcome, or try to."""
        spent = filled.must("spent", AMOUNT, f"Say what was spent, in {view.unit.named}; 0 where it was nothing.")
        said = self.said(view, here, filled, only_try=only_try)
        filled.sound()
        return tell_outcome(here, subject, said, spent_cents=spent)


class Ask(Act):
    """Ask for a benefit for a partner: one that its tier has on request."""

    path = ("benefits", "request")
    template = "benefit_request.html"

    def shown(self, view: View, here: Installation, subject: str, filled: Filled) -> Shown:
        """The benefits that can be asked for; of the chosen one the fields that it has."""
        found = what_may_be_asked(here, subject, on=here.today())
        benefit = next((each for each in found.benefits if each.key == filled("benefit")), None)
        what = benefit.name if benefit else "a benefit"
        closed = "" if found.benefits else "The programme has nothing on request for this partner's tier."
        return Shown(
            f"Ask for {what} for {found.partner.company_name}",
            view.links("benefits", "request", subject) if benefit else view.links.partner(subject),
            "Another benefit" if benefit else found.partner.company_name,
            closed,
            {"found": found, "benefit": benefit, "today": here.today()},
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it, and say what is asked for."""
        found = what_may_be_asked(here, subject, on=here.today())
        done = self._ask(view, here, subject, filled, only_try=True)
        asked = done.request.asked
        name = next((each.name for each in found.benefits if each.key == done.request.benefit), done.request.benefit)
        proposal = [
            (label, value) for label, value in (("Activity", asked.activity), ("Market", asked.market)) if value
        ]
        return Look(
            "Check before you ask",
            [
                ("Partner", f"{found.partner.company_name} ({subject}), {view.tier(found.tier)}"),
                ("Benefit", name),
                ("Asked for", _step_words(asked, view.unit)),
                *proposal,
                ("What for", asked.reason),
                ("Named", done.request.request_id),
                ("On record as", view.person.name),
            ],
            f"Ask for {name} for {subject}",
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Ask, once."""
        return self._ask(view, here, subject, filled, only_try=False).request.request_id

    def after(self, view: View, here: Installation, subject: str) -> After:
        """What was asked for, and what happens next."""
        found = request_overview(here, subject, on=here.today())
        return After(
            f"{found.name} for {found.partner.company_name}: requested",
            next((each for each in found.acts if each.kind == "benefit requested"), None),
            ["It waits for a decision, on Today and under Grants and benefits."],
            [
                (view.links("benefits", "of", subject), "The request"),
                (view.links.partner(found.partner.partner_id), found.partner.company_name),
            ],
        )

    def _ask(self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool) -> Done:
        today = here.today()
        asked = Asked(
            subject,
            filled.must("benefit", words, "Choose a benefit."),
            filled.may("valid_from", DAY) or today,
            filled.may("valid_to", DAY),
            filled.may("quantity", UNITS),
            filled.may("amount", AMOUNT),
            filled.may("activity", words) or "",
            filled.may("market", words) or "",
        )
        own_id = filled.may("request_id", CODE)
        said = Said(view.person.name, filled.reason, today, only_try=only_try)
        filled.sound()
        return request_benefit(here, replace(asked, request_id=own_id), said)


@dataclass(frozen=True)
class _Grace:
    """A grant as it was typed."""

    tier: int
    starts_on: date
    ends_on: date
    reason: str


class Grant(Act):
    """Grant a partner grace."""

    path = ("grants", "new")
    template = "grant.html"

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """The tiers that can be granted, and which months can confirm a grant from today."""
        today = here.today()
        found, program = grant_outlook(here, subject, on=today), here.program_on(today)
        closed = "" if found.tiers else "There is no higher tier than the one of this partner."
        return Shown(
            f"Grant grace to {found.partner.company_name}",
            view.links.partner(subject),
            found.partner.company_name,
            closed,
            {
                "found": found,
                "rate_discounts": _discounts_of(found.rate.terms, program) if found.rate else "",
                "today": today,
                "tiers": [
                    (
                        row.tier,
                        f"{view.tier(row.tier)}: {_discounts_of_tier(program, row)}, "
                        f"from {_amount(row.from_mrr_cents, view.unit)}",
                    )
                    for row in found.tiers
                ],
                "verdict_words": partial(verdict_words, unit=view.unit),
            },
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it: the rate from then on, and which months can confirm it."""
        found = grant_outlook(here, subject, on=here.today())
        typed = self._read(filled)
        made, rate = self._grant(view, here, subject, typed, only_try=True)
        months = tuple(deciding_months(made))
        needed = next((row.from_mrr_cents for row in found.tiers if row.tier == made.tier), None)
        confirm = for_people(months_words(months)) if months else "none: it lapses, whatever the partner earns"
        return Look(
            "Check before you grant",
            [
                ("Partner", f"{found.partner.company_name} ({subject})"),
                ("New orders now", _rate_words(view, found.rate, here.program_on(here.today()))),
                (f"From {day(made.starts_on)}", _rate_words(view, rate, here.program_on(made.starts_on))),
                (
                    "Grace",
                    f"{view.tier(made.tier, made.starts_on)}, from {day(made.starts_on)} until {day(made.ends_on)}",
                ),
                ("Months that can confirm it", confirm),
                *([] if needed is None else [("One of them needs", _amount(needed, view.unit))]),
                ("Your reason", made.reason),
                ("On record as", view.person.name),
            ],
            f"Grant {view.tier(made.tier, made.starts_on)} to {subject}",
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Grant it, once; the rate is written with it."""
        made, _ = self._grant(view, here, subject, self._read(filled), only_try=False)
        return made.grant_id

    def after(self, view: View, here: Installation, subject: str) -> After:
        """The grant, and what happens next."""
        grant = one_grant(here, subject, on=here.today())
        lapses = "Where none does, it lapses: what was ordered in it keeps its price, new orders get the earned tier."
        return After(
            f"{view.tier(grant.tier, grant.starts_on)} is granted to {grant.company_name}",
            next(iter(acts_about(here, grant.partner_id, grant.grant_id)), None),
            [
                f"Orders from {day(grant.starts_on)} on have its rate. Order databases get it when it is published.",
                f"Months that can confirm it: {months_words(grant.months_left)}. {lapses}",
            ],
            [
                (view.links.partner(grant.partner_id), grant.company_name),
                (view.links("benefits"), "Grants and benefits"),
            ],
        )

    def _read(self, filled: Filled) -> _Grace:
        typed = _Grace(
            filled.must("tier", UNITS, "Choose a tier."),
            filled.must("starts_on", DAY, "Say from which day."),
            filled.must("ends_on", DAY, "Say until which day: the first day after it."),
            filled.reason,
        )
        filled.sound()
        return typed

    def _grant(
        self, view: View, here: Installation, subject: str, typed: _Grace, *, only_try: bool
    ) -> tuple[GraceGrant, Rate]:
        return grant_grace(
            here,
            subject,
            tier=typed.tier,
            starts_on=typed.starts_on,
            ends_on=typed.ends_on,
            granted_by=view.person.name,
            reason=typed.reason,
            today=here.today(),
            only_try=only_try,
        )


def _rate_words(view: View, rate: Rate | None, program: Program) -> str:
    if rate is None:
        return "no rate yet"
    terms = rate.terms
    sla = f", {terms.sla}" if terms.sla else ""
    return f"{view.tier(terms.tier, rate.valid_from)}: {_discounts_of(terms, program)}{sla}"


def _discounts_of(terms: RateTerms, program: Program) -> str:
    setup_bp = terms.setup_fee_discount_bp
    has_setup = setup_bp or program.has("setup_fee")
    return _discounts(terms.monthly_fee_discount_bp, terms.families, setup_bp if has_setup else None)


def _discounts_of_tier(program: Program, row: Tier) -> str:
    families = families_text(program.families_bp(row.tier))
    return _discounts(row.monthly_fee_discount_bp, families, row.setup_fee_discount_bp)


def _discounts(monthly_bp: int, families: Families | None, setup_bp: int | None) -> str:
    """The discounts in words; of a programme without a discount of set-up fees the monthly one."""
    own = families_words(families)
    setup = "" if setup_bp is None else f", {percent(setup_bp)} set-up"
    return percent(monthly_bp) + " monthly" + (f" ({', '.join(own)})" if own else "") + setup


for each in (Approve(), Refuse(), Withdraw(), Outcome(), Ask(), Grant()):
    router.include_router(routes_of(each))
