"""Draws charts as SVG, on the server: text that prints, that has a title, and that needs no script.

Colours are classes of the style. The same numbers stand in a table below each chart; what is drawn says so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program_unit import EURO, Unit
from partner_program.page.words import MONTHS, month, whole_euros

Said = Callable[[int | None], str]
BANDS = 6  # colours of tiers; a tier above has that of the last
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 76, 18, 38
_LINE = 14  # the least distance of two lines of text


@dataclass(frozen=True, slots=True)
class Size:
    """A drawing's size; a narrow screen gets a drawing of its own, not a smaller one."""

    name: str
    width: int
    height: int


SIZES = (Size("wide-only", 760, 260), Size("narrow", 340, 220))


@dataclass(frozen=True, slots=True)
class Bar:
    """A month's revenue, None where it has none, the tier that it had, and a sign for what happened."""

    billing_month: BillingMonth
    cents: int | None
    tier: int | None
    sign: str = ""


def revenue(
    bars: Sequence[Bar],
    thresholds: Mapping[int, int],
    *,
    ident: str,
    table: str,
    said: Said,
    unit: Unit = EURO,
) -> Markup:
    """Revenue by month, oldest first, coloured by tier, with the thresholds of tiers as lines.

    `said` names a tier; amounts are in the `unit`.
    """
    values = [bar.cents for bar in bars if bar.cents is not None]
    if not values:
        return Markup("")
    above = [cents for cents in thresholds.values() if cents > max(values)]
    top = max([*values, *above[:1], 100])
    bottom = min([*values, 0])
    newest = next(bar for bar in reversed(bars) if bar.cents is not None)
    told = (
        f"{month(newest.billing_month)}: {whole_euros(newest.cents, unit)} {unit.name}, {said(newest.tier)}. "
        f"The numbers stand in the table {table}."
    )
    return Markup("").join(
        _drawing(
            size,
            f"{ident}-{size.name}",
            f"Revenue by month in {unit.name}",
            told,
            _bars(size, bars, thresholds, bottom, top, said, unit),
        )
        for size in SIZES
    )


def tiers(months: Sequence[tuple[BillingMonth, Mapping[int, int]]], *, ident: str, table: str, said: Said) -> Markup:
    """Partners by tier, month by month, oldest first, the lowest tier at the bottom; `said` names a tier."""
    if not months:
        return Markup("")
    newest, counts = months[-1]
    told = (
        f"{month(newest)}: "
        + ", ".join(f"{said(tier)} {count:,}" for tier, count in sorted(counts.items()))
        + f". The numbers stand in the table {table}."
    )
    return Markup("").join(
        _drawing(size, f"{ident}-{size.name}", "Partners by tier, month by month", told, _stacks(size, months, said))
        for size in SIZES
    )


def _drawing(size: Size, ident: str, title: str, told: str, inner: Iterator[str]) -> Markup:
    shapes = "".join(inner)
    return Markup(  # noqa: S704 - every text in it is escaped, here and where the shapes are made
        f'<svg class="chart {size.name}" viewBox="0 0 {size.width} {size.height}" role="img" '
        f'aria-labelledby="{escape(ident)}-t {escape(ident)}-d"><title id="{escape(ident)}-t">{escape(title)}</title>'
        f'<desc id="{escape(ident)}-d">{escape(told)}</desc><g aria-hidden="true">{shapes}</g></svg>'
    )


def _bars(
    size: Size, bars: Sequence[Bar], thresholds: Mapping[int, int], bottom: int, top: int, said: Said, unit: Unit
) -> Iterator[str]:
    height = size.height - _TOP - _BOTTOM

    def at(cents: int) -> float:
        return round(_TOP + height * (top - cents) / (top - bottom), 1)

    right = size.width - _RIGHT
    taken = -float(_LINE)
    for number, cents in sorted(thresholds.items(), reverse=True):
        if not bottom <= cents <= top:
            continue
        place = at(cents)
        yield f'<path class="threshold" d="M{_LEFT} {place}H{right}"/>'
        if place - taken >= _LINE:
            yield f'<text class="quiet" x="{right + 6}" y="{place + 4}">{escape(said(number))}</text>'
            begins = whole_euros(cents, unit)
            yield f'<text class="quiet" x="{_LEFT - 6}" y="{place + 4}" text-anchor="end">{begins}</text>'
            taken = place
    yield f'<path class="axis" d="M{_LEFT} {at(0)}H{right}"/>'
    for bar, (x, width) in zip(bars, _places(size, len(bars)), strict=True):
        if bar.cents is not None:
            upper, lower = at(max(bar.cents, 0)), at(min(bar.cents, 0))
            yield _rect(x, upper, width, max(lower - upper, 1), bar.tier or 0)
        if bar.sign:
            above = at(max(bar.cents or 0, 0)) - 4
            yield f'<text x="{round(x + width / 2, 1)}" y="{above}" text-anchor="middle">{escape(bar.sign)}</text>'
    yield from _month_words(size, [bar.billing_month for bar in bars])


def _stacks(size: Size, months: Sequence[tuple[BillingMonth, Mapping[int, int]]], said: Said) -> Iterator[str]:
    height = size.height - _TOP - _BOTTOM
    top = max(1, *(sum(counts.values()) for _, counts in months))
    named = sorted({tier for _, counts in months for tier in counts})
    places = _places(size, len(months))
    for (_, counts), (x, width) in zip(months, places, strict=True):
        base = float(_TOP + height)
        for tier in named:
            tall = height * counts.get(tier, 0) / top
            if tall:
                base -= tall
                yield _rect(x, round(base, 1), width, round(tall, 1), tier)
    base = float(_TOP + height)
    taken = base + _LINE
    x, width = places[-1]
    for tier in named:
        tall = height * months[-1][1].get(tier, 0) / top
        middle = base - tall / 2
        base -= tall
        if tall and taken - middle >= _LINE - 2:
            words = f"{said(tier)} {months[-1][1][tier]:,}"
            yield f'<text x="{round(x + width + 6, 1)}" y="{round(middle + 4, 1)}">{escape(words)}</text>'
            taken = middle
    yield f'<path class="axis" d="M{_LEFT} {_TOP + height}H{round(x + width, 1)}"/>'
    yield from _month_words(size, [each for each, _ in months])


def _rect(x: float, y: float, width: float, height: float, tier: int) -> str:
    band = min(tier, BANDS)
    return f'<rect class="band band-{band}" x="{x}" y="{y}" width="{width}" height="{height}"/>'


def _places(size: Size, count: int) -> list[tuple[float, float]]:
    """Where each bar begins and how wide it is: from the left, so wide that two years fit."""
    room = size.width - _LEFT - _RIGHT
    step = min(room / max(count, 1), 64)
    return [(round(_LEFT + number * step + step * 0.12, 1), round(step * 0.76, 1)) for number in range(count)]


def _month_words(size: Size, months: Sequence[BillingMonth]) -> Iterator[str]:
    """The months below the bars, as many as there is room for, with the year under the first and each January."""
    places = _places(size, len(months))
    apart = places[1][0] - places[0][0] if len(places) > 1 else 64.0
    every = max(1, round(34 / apart + 0.49))
    base = size.height - _BOTTOM
    for number, (each, (x, width)) in enumerate(zip(months, places, strict=True)):
        middle = round(x + width / 2, 1)
        if number % every == 0:
            name = MONTHS[each.month - 1][:3]
            yield f'<text class="quiet" x="{middle}" y="{base + 16}" text-anchor="middle">{name}</text>'
        if number == 0 or each.month == 1:
            yield f'<text class="quiet" x="{middle}" y="{base + 31}" text-anchor="middle">{each.year}</text>'
