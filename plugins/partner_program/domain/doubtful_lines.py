"""Warns of lines of which the billing system does not say what they are for: they count as they say, or not at all.

Nobody else would see them: what staff typed into an invoice by hand may be a fee, and lies in the bucket `one_off`.
"""

from collections.abc import Iterable

from partner_program.domain.findings import EXAMPLES, Finding, one_line
from partner_program.domain.plurals import plural
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.revenue import DoubtfulLine, EntityRevenue

_LONGEST_DOUBT = 200


def doubtful_line_findings(revenues: Iterable[EntityRevenue], unit: Unit = EURO) -> list[Finding]:
    """Name each entity's doubtful lines by currency and doubt, with the sum of their whole amounts.

    Those in the currency of the programme's `unit` have its decimals.
    """
    found = []
    for revenue in revenues:
        alike: dict[tuple[str, str], list[DoubtfulLine]] = {}
        for line in revenue.doubtful_lines:
            alike.setdefault((line.currency, line.doubt), []).append(line)
        for (currency, doubt), lines in sorted(alike.items()):
            own = unit.of(currency)
            net = own.text(sum(line.net_amount_minor for line in lines))
            message = f"{plural(len(lines), 'line')} of {net} {one_line(currency)}: {doubt_text(doubt)}"
            examples = tuple(
                f"line {one_line(line.line_id)}, account {one_line(line.account_id)}, {one_line(line.charge_kind)}: "
                f"{one_line(line.service_start)} to {one_line(line.service_end)}, {own.text(line.net_amount_minor)}"
                for line in lines[:EXAMPLES]
            )
            found.append(Finding(revenue.entity, "warning", "doubtful", message, len(lines), examples))
    return found


def doubt_text(doubt: str) -> str:
    """A doubt on one line of bounded length."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in doubt).split())
    return text if len(text) <= _LONGEST_DOUBT else f"{text[:_LONGEST_DOUBT]}..."
