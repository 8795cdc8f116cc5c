"""Exchange rates: what each was compared with, and the confirmation of one in doubt, which counts as missing."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse

from partner_program.domain.acts import RATE_CONFIRMED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.exchange_rates import JudgedRate
from partner_program.domain.refusals import Refusal
from partner_program.page.forms import SHOWN, Act, After, Filled, Look, Shown, month_in, routes_of
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_DECIDE
from partner_program.page.view import ThisView, View
from partner_program.page.words import month as named
from partner_program.usecases.acts import newest_act
from partner_program.usecases.installation import Installation
from partner_program.usecases.rates import confirm_rate, find_rate, list_rates

router = APIRouter()
ROWS = 400


@router.get("/exchange-rates")
def exchange_rates(view: ThisView, here: Installed, month: Annotated[str, Query(max_length=20)] = "") -> HTMLResponse:
    """Each rate of a month, or of all months, those in doubt first."""
    try:
        of_month = BillingMonth.parse(month) if month else None
    except Refusal as refusal:
        raise HTTPException(422, str(refusal)) from None
    judged = sorted(list_rates(here, of_month), key=lambda each: str(each.rate.billing_month), reverse=True)
    doubtful = [each for each in judged if not each.relied_on]
    sound = [each for each in judged if each.relied_on]
    return view.page(
        "exchange_rates.html",
        title="Exchange rates" if of_month is None else f"Exchange rates of {named(of_month)}",
        month=of_month,
        doubtful=doubtful,
        sound=sound[:ROWS],
        more=len(sound[ROWS:]),
        confirm=lambda each: view.links("exchange-rates", "confirm", _subject(each)),
        who_could=WHO_MAY_DECIDE,
    )


def _subject(judged: JudgedRate) -> str:
    return f"{judged.rate.billing_month} {judged.rate.currency}"


def _of_subject(subject: str) -> tuple[BillingMonth, str]:
    month, (currency,) = month_in(subject, "exchange rate")
    return month, currency


class Confirm(Act):
    """Stand for a rate that is in doubt."""

    path = ("exchange-rates", "confirm")
    template = "exchange_rate_confirm.html"
    decides = True

    def shown(self, view: View, here: Installation, subject: str, _filled: Filled) -> Shown:
        """The rate, what it was compared with, and why it is in doubt."""
        month, currency = _of_subject(subject)
        judged = find_rate(here, month, currency)
        closed = ""
        if judged.confirmed:
            closed = "It is confirmed already."
        elif judged.relied_on:
            closed = "It is not in doubt: there is nothing to confirm."
        return Shown(
            f"Confirm the rate of {currency} in {named(month)}",
            view.links("exchange-rates", month=month),
            f"Exchange rates of {named(month)}",
            closed,
            {"judged": judged, SHOWN: str(judged.rate.units_per_eur)},
        )

    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try it, and say what it does."""
        judged, reason = self._confirm(view, here, subject, filled, only_try=True)
        rate = judged.rate
        return Look(
            "Check before you confirm",
            [
                ("Rate", f"{rate.units_per_eur} {rate.currency} for 1 EUR in {named(rate.billing_month)}"),
                ("Where it is from", rate.source),
                ("In doubt, because", " and ".join(judged.doubts)),
                ("Then", f"it converts the amounts in {rate.currency} when the month is run; another value asks again"),
                ("Your reason", reason),
                ("On record as", view.person.name),
            ],
            f"Confirm {rate.units_per_eur} {rate.currency}",
        )

    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Confirm it."""
        self._confirm(view, here, subject, filled, only_try=False)
        return subject

    def after(self, view: View, here: Installation, subject: str) -> After:
        """It is confirmed, and what releases the partners."""
        month, currency = _of_subject(subject)
        return After(
            f"The rate of {currency} in {named(month)} is confirmed",
            newest_act(here, subject, RATE_CONFIRMED),
            ["Run the month again: partners that were held for this rate are released then."],
            [
                (view.links("exchange-rates", month=month), f"Exchange rates of {named(month)}"),
                (view.links.month(month), named(month)),
                (view.links(""), "Today"),
            ],
            [(view.links("runs", "start", month), f"Run {named(month)}")],
        )

    def _confirm(
        self, view: View, here: Installation, subject: str, filled: Filled, *, only_try: bool
    ) -> tuple[JudgedRate, str]:
        month, currency = _of_subject(subject)
        reason, units = filled.reason, filled.shown
        filled.sound()
        judged = confirm_rate(
            here,
            month,
            currency,
            confirmed_by=view.person.name,
            reason=reason,
            units_shown=units,
            only_try=only_try,
        )
        return judged, reason


router.include_router(routes_of(Confirm()))
