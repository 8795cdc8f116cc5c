"""How values are written on the pages: money, percentages, tiers, days. One way each, as filters of the templates."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from markupsafe import Markup, escape

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column, Form, headed, unit_in
from partner_program.domain.families import families_words
from partner_program.domain.money import percent_text
from partner_program.domain.plurals import plural
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.tier_names import heading_with_names, tier_in_a_cell
from partner_program.domain.unit import rate_text

# Not by the server's locale: a page says the same on every machine.
MONTHS = tuple(
    "January,February,March,April,May,June,July,August,September,October,November,December".split(",")  # noqa: SIM905
)
NOTHING = "–"  # noqa: RUF001 - a dash, where there is no value
_DAY = re.compile(r"(?<![\w./-])\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\w/-]|\.\w)")
_MONTH = re.compile(r"(?:(?:billing |the )?month )?(?<![\w./-])(\d{4}-(?:0[1-9]|1[0-2]))(?![\w/-]|\.\w)")
MINUS = "−"  # noqa: RUF001 - as wide as a plus


def euros(cents: int | None, unit: Unit = EURO) -> str:
    """An amount of the programme: `1,999.99`."""
    return NOTHING if cents is None else unit.text(cents).replace("-", MINUS)


def hundredths(typed: int | None, unit: Unit = EURO) -> str:
    """An amount as it was typed, with two decimals, in the unit of the programme."""
    return NOTHING if typed is None else euros(unit.of_hundredths(typed), unit)


def conversion(text: str) -> str:
    """How much of an account's currency is one of the programme's unit, from the text that is kept with an amount."""
    return rate_text(text) or "1"


def whole_euros(cents: int | None, unit: Unit = EURO) -> str:
    """An amount without hundredths, cut off towards zero, for a figure at a glance: `1,999`."""
    if cents is None:
        return NOTHING
    whole = 10**unit.decimals
    return f"{MINUS if cents <= -whole else ''}{abs(cents) // whole:,}"


def signed_euros(cents: int | None, unit: Unit = EURO) -> str:
    """A change in euros, with its sign: `+1,999.99`."""
    if cents is None:
        return NOTHING
    return f"+{euros(cents, unit)}" if cents > 0 else euros(cents, unit)


def percent(bp: int | None) -> str:
    """Basis points as a percentage: `2.5 %`, with a blank that does not break."""
    return NOTHING if bp is None else percent_text(bp).replace(" ", "\N{NO-BREAK SPACE}").replace("-", MINUS)


def tier(number: int | None, name: str = "") -> str:
    """A tier: its own name where it has one, else `Tier 3`; `No tier` for 0."""
    if number is None:
        return NOTHING
    if name:
        return name
    return f"Tier\N{NO-BREAK SPACE}{number}" if number else "No tier"


def day(when: date | None) -> str:
    """A day: `1 July 2015`."""
    return NOTHING if when is None else f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def moment(when: datetime | None) -> str:
    """A moment in the programme's time zone: `1 July 2015, 09:05`."""
    return NOTHING if when is None else f"{day(when)}, {when:%H:%M}"


def month(of: BillingMonth | str | None) -> str:
    """A billing month: `June 2015`."""
    if of is None:
        return NOTHING
    found = of if isinstance(of, BillingMonth) else BillingMonth.parse(of)
    return f"{MONTHS[found.month - 1]} {found.year}"


def count(number: int | None) -> str:
    """A number of things: `12,345`."""
    return NOTHING if number is None else f"{number:,}".replace("-", MINUS)


def spoken(word: str) -> str:
    """A name from the programme in words: `tier_raised` is `tier raised`."""
    return word.replace("_", " ")


def for_people(text: str) -> str:
    """What the programme says, with months as people write them: `July 2015` for `2015-07`.

    Days stay, and what stands in back quotes, which is to be typed, and what is part of a longer name.
    """
    pieces = text.split("`")
    spoken = [_MONTH.sub(lambda found: month(found[1]), piece) for piece in pieces[::2]]
    pieces[::2] = spoken
    return "`".join(pieces)


def dated(text: str) -> str:
    """The same, with days as people write them, too: `3 August 2015` for `2015-08-03`; for what names no id."""
    return _DAY.sub(lambda found: day(date.fromisoformat(found[0])), for_people(text))


def marked(text: str) -> Markup:
    """What the programme says, for a page: months as people write them, and what is to be typed as code."""
    pieces = for_people(text).split("`")
    if len(pieces) % 2 == 0:  # a quote that nothing closes is the text's own
        return escape("`".join(pieces))
    shown = [Markup("<code>{}</code>").format(each) if place % 2 else escape(each) for place, each in enumerate(pieces)]
    return Markup("").join(shown)


def differing(text: str) -> Markup:
    """What a restatement changes, with its field as people call it: `earned tier 2 becomes 3`."""
    field, rest = re.fullmatch(r"([a-z_]*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]  # fits any text
    return marked({"mrr": "revenue"}.get(field, spoken(field)) + rest)


def text_or_dash(text: str | None) -> str:
    """A text, a dash where there is none."""
    return text or NOTHING


def cell(row: object, name: str, column: Column, tiers: Sequence[str] = (), unit: Unit = EURO) -> str:
    """A field of a record as its column says, a tier by its own name where `tiers` has them; amounts are in `unit`.

    Raises `TypeError` for a text in a column of numbers.
    """
    value = getattr(row, name)
    if value is None:
        return NOTHING
    named = tier_in_a_cell(name, column, value, tiers)
    if named is not None:
        return named
    if column.form == "text":
        return unit.worded((column.words or {}).get(str(value), "")) or _text(value)
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number: its column is one of numbers")
    return _number(column.form, value, unit_in(row, column.form, unit))


def total(totals: Mapping[str, int], name: str, form: Form, unit: Unit = EURO) -> str:
    """What a column adds up to as its form says, amounts in `unit`; nothing for one that does not add up."""
    return _number(form, totals[name], unit) if name in totals else ""


def _number(form: Form, value: int, unit: Unit) -> str:
    say = _AMOUNTS.get(form)
    return _NUMBERS[form](value) if say is None else say(value, unit)


def _text(value: object) -> str:
    if isinstance(value, BillingMonth):
        return month(value)
    if isinstance(value, date):
        return day(value)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


_NUMBERS: Mapping[Form, Callable[[int], str]] = {
    "whole": count,
    "percent": percent,
    "tier": tier,
}
_AMOUNTS: Mapping[Form, Callable[[int | None, Unit], str]] = {"euros": euros, "change": signed_euros, "amount": euros}


AMOUNTS: Mapping[str, Callable[[int | None, Unit], str]] = {
    "euros": euros,
    "signed_euros": signed_euros,
    "hundredths": hundredths,
}
FILTERS: Mapping[str, Callable[..., object]] = {
    "conversion": conversion,
    "families": families_words,
    "percent": percent,
    "tier": tier,
    "day": day,
    "moment": moment,
    "month": month,
    "count": count,
    "spoken": spoken,
    "cell": cell,
    "with_tier_names": heading_with_names,
    "headed": headed,
    "total": total,
    "for_people": marked,
    "dated": dated,
    "differing": differing,
    "or_dash": text_or_dash,
    "plural": plural,
}
