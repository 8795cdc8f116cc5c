"""Programme files for tests, made from the file of 2015: with another number of tiers, or with another reading."""

import re
from collections.abc import Sequence

from partner_program.usecases.installation import PROJECT

_FIRST = PROJECT / "include" / "program" / "2015-07-27.yaml"
_ROW = """  - tier: {tier}
    from_mrr_cents: {from_mrr_cents}
    monthly_fee_discount_bp: {monthly_bp}
    setup_fee_discount_bp: 10000
    sla: Platinum
    reading: "A tier of a test."
"""


def with_tiers(tiers: int, *, day: str) -> str:
    """The text of 2015's file with this number of tiers, in force from `day`.

    Each tier above the sixth begins at twice the revenue of the one before and discounts the monthly fee by 2 % more.
    The cap of promotions is the highest tier's discount.
    """
    text = _FIRST.read_text(encoding="utf-8").replace("day: 2015-07-27", f"day: {day}")
    start, end = text.index("tiers:\n"), text.index("\n# Rule 9. Partner discount")
    rows = text[start:end].split("  - tier: ")
    kept = "  - tier: ".join(rows[: tiers + 1])
    added = (
        _ROW.format(tier=tier, from_mrr_cents=4_000_000 * 2 ** (tier - 6), monthly_bp=2500 + 200 * (tier - 6))
        for tier in range(7, tiers + 1)
    )
    text = text[:start] + kept + "".join(added) + text[end:]
    if tiers > 6:
        text = text.replace("  discount_bp: 2500\n", f"  discount_bp: {2500 + 200 * (tiers - 6)}  # the cap\n", 1)
    return re.sub(r"(?m)^    tiers: \[(.*)\]$", lambda cells: f"    tiers: [{_cells(cells[1], tiers)}]", text)


def rising_on_partial() -> str:
    """The text of 2015's file under which a held partner may rise early with the known part of its revenue."""
    before, key, after = _FIRST.read_text(encoding="utf-8").partition("rise_on_partial:")
    return before + key + after.replace("value: false", "value: true", 1)


def approving_rates() -> str:
    """The text of 2015's file under which rates wait for a person before they take force."""
    return _FIRST.read_text(encoding="utf-8") + '\napproval:\n  value: rates\n  reading: "A second person looks."\n'


LEAST = """\
in_force_from:
  day: {day}
  reading: "A programme of a test."
time_zone:
  name: {zone}
  reading: "Its head office."
tiers:
{rows}"""
_LEAST_ROW = "  - tier: {tier}\n    from_mrr_cents: {cents}\n    monthly_fee_discount_bp: {bp}\n{more}    reading: x\n"


def least(
    *rows: tuple[int, int],
    names: Sequence[str] = (),
    more: Sequence[str] = (),
    day: str = "2015-07-27",
    zone: str = "Europe/Amsterdam",
) -> str:
    """The text of a programme that has nothing but tiers: a threshold in cents and a discount in basis points each.

    `more` are further lines of each tier.
    """
    written = []
    for tier, (cents, bp) in enumerate(rows, start=1):
        name = f"    name: {names[tier - 1]}\n" if names else ""
        own = name + (more[tier - 1] if more else "")
        written.append(_LEAST_ROW.format(tier=tier, cents=cents, bp=bp, more=own))
    return LEAST.format(day=day, zone=zone, rows="".join(written))


def guarding_rates(mode: str) -> str:
    """The text of 2015's file with the exchange-rate guard: `off`, `inform` or `hold_tier`."""
    guard = f'\nfx_guard:\n  value: {mode}\n  reading: "Who bills in dollars is not to win or lose by them alone."\n'
    return _FIRST.read_text(encoding="utf-8") + guard


def requiring_staff(**needs: int) -> str:
    """The text of 2015's file in which tiers need certified staff: `t3=2` for Tier 3."""
    text = _FIRST.read_text(encoding="utf-8")
    for tier, at_least in needs.items():
        row = f"  - tier: {tier[1:]}\n"
        assert text.count(row) == 1
        text = text.replace(row, f"{row}    requires:\n      - key: certified_staff\n        at_least: {at_least}\n")
    return text


def _cells(written: str, tiers: int) -> str:
    cells = written.split(", ")
    return ", ".join((cells + cells[-1:] * tiers)[:tiers])
