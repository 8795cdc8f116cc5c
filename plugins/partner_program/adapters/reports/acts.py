"""Writes acts as JSON and CSV for programs; the values of what was decided are an object in JSON, JSON text in CSV."""

import json
from collections.abc import Iterable
from dataclasses import fields

from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.reports.records import records_csv
from partner_program.domain.acts import DatedAct


def act_facts(act: DatedAct) -> dict[str, object]:
    """Return one act for JSON."""
    facts = {each.name: plain(getattr(act, each.name)) for each in fields(act)}
    return {**facts, "detail": json.loads(act.detail)}


def acts_json(acts: Iterable[DatedAct]) -> str:
    """Return acts as a JSON array."""
    return json.dumps([act_facts(each) for each in acts], indent=1, ensure_ascii=False) + "\n"


def acts_csv(acts: Iterable[DatedAct]) -> str:
    """Return acts as CSV (RFC 4180), one row each."""
    return records_csv(DatedAct, acts)
