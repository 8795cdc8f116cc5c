"""Writes an event as CloudEvents 1.0 JSON: the same bytes each time that it is sent."""

import json
from datetime import UTC, datetime

from partner_program.domain.events import Event


def event_body(event: Event, *, source: str, with_amounts: bool) -> bytes:
    """Return the body of one event; euros and discounts are part of its data only where they are asked for."""
    data = json.loads(event.data) | (json.loads(event.amounts) if with_amounts else {})
    told = {
        "specversion": "1.0",
        "id": event.event_id,
        "source": source,
        "type": event.kind,
        "subject": event.subject,
        "time": datetime.fromtimestamp(event.happened_at, UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
