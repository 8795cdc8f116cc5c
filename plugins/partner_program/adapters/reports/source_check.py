"""Writes what was seen of a source as JSON: minor units, ISO days, exact shares as ratios."""

import json
from collections.abc import Sequence

from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.reports.receipt import group_facts
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.revenue import share_in_words
from partner_program.domain.single_lines import SingleLine
from partner_program.domain.source_check import LargeAccount, MonthLooked, Some, SourceCheck


def source_check_json(check: SourceCheck, close_commands: Sequence[str]) -> str:
    """Return what was seen as JSON for programs."""
    facts = {
        "source": check.source,
        "connection": check.connection_id,
        "billing_month": str(check.billing_month),
        "sound": check.sound,
        "relations": plain(check.relations),
        "fault": check.fault,
        "month": _month(check.month, check.billing_month) if check.month else None,
        "close_commands": list(close_commands),
    }
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


def _month(looked: MonthLooked, month: BillingMonth) -> dict[str, object]:
    alike = (
        "fault",
        "faulty",
        "repeated_ids",
        "buckets",
        "paid_for",
        "doubtful",
        "accounts_without_lines",
        "lines_of_others",
    )
    doubts = [{**_line(each.line, month), "why": each.why} for each in looked.doubts.first]
    return {
        **{name: plain(getattr(looked, name)) for name in alike},
        "largest": [_account(each, month) for each in looked.largest],
        "doubts": {"count": looked.doubts.count, "first": doubts},
        "other_currencies": _lines(looked.other_currencies, month),
        **{name: plain(getattr(looked, name)) for name in ("figures", "closes", "not_looked_at")},
    }


def _account(account: LargeAccount, month: BillingMonth) -> dict[str, object]:
    return {
        "account_id": account.account_id,
        "currency": account.currency,
        "share_minor": str(account.share_minor),
        "line_count": account.line_count,
        "lines": [_line(each, month) for each in account.lines],
    }


def _lines(lines: Some[SingleLine], month: BillingMonth) -> dict[str, object]:
    return {"count": lines.count, "first": [_line(each, month) for each in lines.first]}


def _line(line: SingleLine, month: BillingMonth) -> dict[str, object]:
    share, words = share_in_words(line.group, month.days)
    days = {"service_start": line.service_start, "service_end": line.service_end}
    facts = {name: value for name, value in group_facts(line.group).items() if name != "lines"}
    return {"line_id": line.line_id, **days, **facts, "way": line.group.way, "share_minor": str(share), "share": words}
