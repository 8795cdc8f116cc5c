"""Keeps what each settlement was decided from, as tables of text: a text that is the same again is kept once."""

from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows


def keep_inputs(connection: Connection, settlement_id: int, texts: Mapping[str, str]) -> None:
    """Keep the texts of a settlement by name, in the caller's transaction."""
    hashes = {name: sha256(text.encode()).hexdigest() for name, text in texts.items()}
    append_rows(
        connection,
        schema.input_text,
        (
            {"content_hash": digest, "body": body}
            for digest, body in {hashes[name]: texts[name] for name in texts}.items()
        ),
    )
    append_rows(
        connection,
        schema.settlement_input,
        ({"settlement_id": settlement_id, "part": name, "content_hash": digest} for name, digest in hashes.items()),
    )


def kept_inputs(connection: Connection, settlement_id: int) -> dict[str, str]:
    """Return the texts that were kept of a settlement, by name; none of one before schema 0016."""
    own, kept = schema.settlement_input, schema.input_text
    query = (
        select(own.c.part, kept.c.body)
        .join(kept, kept.c.content_hash == own.c.content_hash)
        .where(own.c.settlement_id == settlement_id)
        .order_by(own.c.part)
    )
    return {row.part: row.body for row in connection.execute(query)}
