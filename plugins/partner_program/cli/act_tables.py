"""Prints acts for people in a terminal, on stdout."""

import json
from collections.abc import Sequence

from partner_program.cli.long_tables import print_rows
from partner_program.domain.acts import DatedAct

_COLUMNS = ("when", "who", "what", "about", "why", "hash")


def print_acts(title: str, acts: Sequence[DatedAct], *, every: bool) -> None:
    """Print one row an act, newest first; the hash is the beginning of that of the values decided."""
    print_rows(
        title,
        dict.fromkeys(_COLUMNS, "left"),
        ((moment(each), each.done_by, each.kind, _about(each), each.reason, each.decided_hash[:12]) for each in acts),
        every=every,
        total=len(acts),
        rest="acts; every one: --all, or --format csv",
    )


def moment(act: DatedAct) -> str:
    """When an act was done, with its time zone."""
    return f"{act.done_at:%Y-%m-%d %H:%M %Z}"


def head_line(act: DatedAct) -> str:
    """An act in one line, for the head of a register."""
    detail = json.loads(act.detail)
    noted = [detail["role"]] if "role" in detail else []
    noted += [f"revision {detail['revision']}"] if "revision" in detail else []
    return f"{act.kind} by {act.done_by}, {moment(act)}" + (f" ({', '.join(noted)})" if noted else "")


def _about(act: DatedAct) -> str:
    return " ".join(dict.fromkeys(filter(None, (act.subject, act.partner_id))))
