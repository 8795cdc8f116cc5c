"""Writes events as JSON for programs: a list with all that is stored of each."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from partner_program.domain.events import OutboxEvent


def events_json(events: Iterable[OutboxEvent]) -> str:
    """Return events as a JSON array; `data` and `amounts` are objects."""
    told = [{**asdict(each), "data": json.loads(each.data), "amounts": json.loads(each.amounts)} for each in events]
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
