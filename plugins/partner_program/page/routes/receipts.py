"""The receipt of one result: why a partner got its tier, down to the line when somebody asks."""

import re
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from partner_program.domain.fx_guard import rates_words
from partner_program.domain.money import round_half_away
from partner_program.domain.program_unit import Unit
from partner_program.domain.qualifications import lack_words
from partner_program.domain.receipt import Receipt, ReceiptFaultyLine
from partner_program.domain.single_lines import FaultyLineNow
from partner_program.page.entities import a_turn
from partner_program.page.installed import Installed
from partner_program.page.routes.months import InPath
from partner_program.page.view import ThisView
from partner_program.page.words import MINUS, day
from partner_program.page.words import month as named
from partner_program.usecases.explain import explain
from partner_program.usecases.month_unit import unit_of_month
from partner_program.usecases.partner_words import told_to_partner

router = APIRouter()
# In minor units, where the domain's formula has the amount: before all else, or behind these words.
_AMOUNT = re.compile(r"^(whole term |each (?:amount|whole term) \* its days: |)(-?\d+)(?= )")


@dataclass(frozen=True, slots=True)
class _Sum:
    """Lines that count alike, as the table has them: amounts are text in the line's own currency."""

    entity: str
    account_id: str
    currency: str
    kind: str
    lines: int
    amount: str
    share: str
    counts: str
    bucket: str


@dataclass(frozen=True, slots=True)
class _Single:
    entity: str
    line_id: str
    kind: str
    period: str
    amount: str
    share: str
    bucket: str
    agrees: bool


# An id may have a slash: it is the last part of the address.
@router.get("/receipts/{month}/{partner_id:path}")
def receipt(
    view: ThisView, here: Installed, month: InPath, partner_id: str, lines: Literal["", "yes"] = ""
) -> HTMLResponse:
    """A result with everything that led to it; with `lines` the entities are asked for each line."""
    with a_turn() if lines else nullcontext():
        found = explain(here, partner_id, month, with_lines=lines == "yes")
    unit = unit_of_month(here, month)
    return view.page(
        "receipt.html",
        unit=unit,
        title=f"{named(month)}: {found.company_name}",
        found=found,
        sums=_sums(found, unit),
        faulty=[each for each in found.lines if isinstance(each, ReceiptFaultyLine)],
        single=_single(found, unit),
        lines_asked=lines == "yes",
        revenue_alone=lack_words(found.revenue_alone) if found.revenue_alone else None,
        rates_alone=rates_words(found.rates_alone, unit) if found.rates_alone else None,
        not_read=[each for each in found.lines_now.entities if each.fault] if found.lines_now else [],
    )


@router.get("/in-their-words/{month}/{partner_id:path}")
def in_their_words(view: ThisView, here: Installed, month: InPath, partner_id: str, language: str = "") -> HTMLResponse:
    """The same result in sentences for the partner, to be copied into a mail: in its language, or another."""
    told = told_to_partner(here, partner_id, month, language or None)
    return view.page(
        "in_their_words.html",
        title=f"{named(month)} in the partner's words",
        told=told,
        names={"en": "English", "nl": "Dutch", "de": "German"},
    )


def _sums(found: Receipt, unit: Unit) -> list[_Sum]:
    return [
        _Sum(
            each.entity,
            each.group.account_id,
            each.group.currency,
            each.group.charge_kind,
            each.group.lines,
            _minor(each.group.net_amount_minor, unit.of(each.group.currency)),
            _share(each.share, unit.of(each.group.currency)),
            _exact(each.share_minor, unit.of(each.group.currency)) if each.bucket == "counted" else "",
            each.bucket,
        )
        for each in found.lines
        if not isinstance(each, ReceiptFaultyLine)
    ]


def _single(found: Receipt, unit: Unit) -> list[_Single]:
    if found.lines_now is None:
        return []
    rows = []
    for each in found.lines_now.lines:
        if isinstance(each, FaultyLineNow):
            fault = f"{each.line.column}: expected {each.line.expected}"
            rows.append(
                _Single(each.entity, each.line.line_id, each.line.charge_kind, "", "", fault, each.bucket, each.agrees)
            )
            continue
        line = each.line
        period = f"{_day(line.service_start)} to {_day(line.service_end)}"
        own = unit.of(line.group.currency)
        amount = f"{_minor(line.group.net_amount_minor, own)} {line.group.currency}"
        kind = line.group.charge_kind
        rows.append(
            _Single(each.entity, line.line_id, kind, period, amount, _share(each.share, own), each.bucket, each.agrees)
        )
    return rows


def _minor(amount: int, unit: Unit) -> str:
    return unit.text(amount).replace("-", MINUS)


def _day(written: str) -> str:
    return day(date.fromisoformat(written))


def _share(formula: str, unit: Unit) -> str:
    """How a share is worked out, with its amount as money: `4,289.60 / 1 month * 31 / 31 days`."""
    with_money = _AMOUNT.sub(lambda found: found[1] + _minor(int(found[2]), unit), formula, count=1)
    return with_money.replace(" * ", " \N{MULTIPLICATION SIGN} ")


def _exact(share: Fraction, unit: Unit) -> str:
    """A share to the cent; where it is no whole number, with a sign that it is rounded."""
    rounded = _minor(round_half_away(share.numerator, share.denominator), unit)
    return rounded if share.denominator == 1 else f"≈ {rounded}"
