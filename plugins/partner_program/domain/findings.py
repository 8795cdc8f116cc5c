"""Findings: what the quality checks say about a month's frozen data (rule 7).

`critical` fails the whole entity: every partner with an account there is held. `warning` is for a person to look at,
and holds at most the partners that it names. `info` is for the record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from partner_program.domain.revenue import MrrGroup

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
READ, CLOSE = "read", "close"
EXAMPLES = 20
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found at one entity; `message` is printed after the entity's name.

    `count` is how many groups, lines or currencies it is about; `examples` are at most `EXAMPLES` of their keys, never
    names of people or companies.
    """

    entity: str
    severity: Severity
    check: str
    message: str
    count: int = 1
    examples: tuple[str, ...] = ()


def one_line(value: object) -> str:
    """Print a value from outside on one line of bounded length; a blank one in words."""
    text = value if isinstance(value, str) else repr(value)
    if not text.strip():
        return "(blank)"
    start = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:_SHOWN])
    return start if len(text) <= _SHOWN else f"{start}..."


def group_key(group: MrrGroup) -> str:
    """Name a group of lines by its key, without the amount, which stays out of logs."""
    return f"account {one_line(group.account_id)}, {one_line(group.currency)}, {one_line(group.charge_kind)}"


def in_reading_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by entity, the worst first."""
    return sorted(findings, key=lambda f: (f.entity, SEVERITIES.index(f.severity), f.check, f.message))


def worst(findings: Sequence[Finding]) -> Severity | None:
    """The worst severity among findings, or None where there are none."""
    return min((finding.severity for finding in findings), key=SEVERITIES.index, default=None)


def entity_faults(findings: Iterable[Finding]) -> dict[str, str]:
    """Why whole entities fail the checks, by entity, without what `EntityRevenue.fault` says already."""
    reasons: dict[str, list[str]] = {}
    for finding in findings:
        if finding.severity == "critical" and finding.check not in (READ, CLOSE):
            reasons.setdefault(finding.entity, []).append(finding.message)
    return {entity: "; ".join(said) for entity, said in reasons.items()}
