"""Writes a receipt as JSON: cents, minor units, basis points, ISO days as in the register; shares are exact ratios."""

import json
from typing import Any

from partner_program.adapters.reports.acts import act_facts
from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.reports.register import partner_facts
from partner_program.domain.disputes import Dispute
from partner_program.domain.grace import SettledGrant
from partner_program.domain.qualifications import RevenueAlone
from partner_program.domain.rates import LegacyTerm
from partner_program.domain.receipt import Band, Receipt, ReceiptFaultyLine, ReceiptLines, ReceiptShortLine
from partner_program.domain.revenue import NO_SHARE, THIS_PERIOD, WHOLE_TERM, WHOLE_TERM_FIELDS, MrrGroup
from partner_program.domain.single_lines import FaultyLineNow, LineNow, LinesNow
from partner_program.domain.tier_names import with_name


def receipt_json(receipt: Receipt) -> str:
    """Return the receipt as JSON for programs."""
    facts = {
        "partner_id": receipt.partner_id,
        "company_name": receipt.company_name,
        "billing_month": plain(receipt.billing_month),
        "status": receipt.status,
        "effective_on": plain(receipt.effective_on),
        "held": receipt.held_reason,
        "program": {"file": receipt.program_file, "sha256": receipt.program_hash},
        "snapshots": plain(receipt.snapshots),
        "lines": [_lines(each) for each in receipt.lines],
        "short_lines": [_short_line(each) for each in receipt.short_lines],
        "rates": {
            each.currency: {"units_per_eur": str(each.units_per_eur), "source": each.source} for each in receipt.rates
        },
        "result": partner_facts(receipt.result) if receipt.result else None,
        "band": _band(receipt.band) if receipt.band else None,
        **({"rates_alone": plain(receipt.rates_alone)} if receipt.rates_alone else {}),
        **({"revenue_alone": _revenue_alone(receipt.revenue_alone)} if receipt.revenue_alone else {}),
        "grants": [_grant(each) for each in receipt.grants],
        "legacy": [_legacy(each) for each in receipt.legacy],
        "lines_now": _lines_now(receipt.lines_now) if receipt.lines_now else None,
        "acts": [act_facts(each) for each in receipt.acts],
        "disputes": [_dispute(each) for each in receipt.disputes],
    }
    if receipt.measure is not None and receipt.result is not None:
        facts["measure"] = plain(receipt.measure)
    if receipt.stays:
        facts["stays"] = receipt.stays
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


def _revenue_alone(found: RevenueAlone) -> dict[str, object]:
    lacks = [{"key": each.key, "at_least": each.at_least, "on_record": each.on_record} for each in found.lacks]
    return {"tier": found.tier, **with_name(found.tier_name), "lacks": lacks}


def _lines(lines: ReceiptLines | ReceiptFaultyLine) -> dict[str, object]:
    if isinstance(lines, ReceiptFaultyLine):
        return {"entity": lines.entity, **lines.line._asdict(), "bucket": lines.bucket}
    return {
        "entity": lines.entity,
        **group_facts(lines.group),
        "covered_days": lines.covered_days,
        "bucket": lines.bucket,
        "share_minor": str(lines.share_minor),
        "share": lines.share,
    }


def _short_line(short: ReceiptShortLine) -> dict[str, object]:
    return {
        "entity": short.entity,
        **short.line._asdict(),
        "as_said_minor": str(short.readings.as_said),
        "for_period_minor": str(short.readings.for_period),
    }


def group_facts(group: MrrGroup) -> dict[str, object]:
    """A group's values; those of another way than a whole term stand only where that is the way.

    Where the lines of a group may cover other days, `covered_days` is None and `minor_days` has their sum.
    """
    values = group._asdict()
    added_up = group.covered_days is None
    names = [*(WHOLE_TERM_FIELDS if group.way == WHOLE_TERM else MrrGroup._fields[:-1]), *["minor_days"] * added_up]
    if group.way in (THIS_PERIOD, NO_SHARE):
        values["term_months"] = None
    return {name: values[name] for name in names if not (added_up and name == "term_amount_minor")}


def _lines_now(now: LinesNow) -> dict[str, object]:
    gone = [{"entity": entity, "line_id": line.line_id, "column": line.column} for entity, line in now.no_longer_faulty]
    return {
        "entities": plain(now.entities),
        "lines": [_line_now(each) for each in now.lines],
        "changed": [
            {
                "entity": each.entity,
                "frozen": group_facts(each.frozen) if each.frozen else None,
                "now": group_facts(each.now) if each.now else None,
            }
            for each in now.changed
        ],
        "no_longer_faulty": gone,
    }


def _line_now(each: LineNow | FaultyLineNow) -> dict[str, object]:
    own = {"bucket": each.bucket, "agrees": each.agrees}
    if isinstance(each, FaultyLineNow):
        return {"entity": each.entity, **each.line._asdict(), **own}
    line = each.line
    days = {"service_start": line.service_start, "service_end": line.service_end}
    share = {"share_minor": str(each.share_minor), "share": each.share}
    facts = {name: value for name, value in group_facts(line.group).items() if name != "lines"}
    return {"entity": each.entity, "line_id": line.line_id, **days, **facts, **own, **share}


def _band(band: Band) -> dict[str, object]:
    ends = {"from_mrr_cents": band.from_mrr_cents, "below_cents": band.below_cents}
    return {"tier": band.tier, **with_name(band.tier_name), **ends}


def _grant(settled: SettledGrant) -> dict[str, object]:
    grant = settled.grant
    return {
        "grant_id": grant.grant_id,
        "tier": grant.tier,
        "starts_on": plain(grant.starts_on),
        "ends_on": plain(grant.ends_on),
        "granted_by": grant.granted_by,
        "reason": grant.reason,
        "outcome": settled.outcome,
    }


def _dispute(dispute: Dispute) -> dict[str, object]:
    opened, subject = dispute.steps[0], dispute.subject
    return {
        "dispute_id": dispute.dispute_id,
        "about": subject.about,
        "entity": subject.entity,
        "subject_id": subject.subject_id,
        "due_on": plain(dispute.due_on),
        "opened_on": plain(opened.done_on),
        "opened_by": opened.done_by,
        "reason": opened.reason,
    }


def _legacy(term: LegacyTerm) -> Any:
    """A kept term; it names a product family only where it is about one."""
    told: Any = plain(term)
    return told if term.product else {name: value for name, value in told.items() if name != "product"}
