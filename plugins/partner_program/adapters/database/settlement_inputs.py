"""Keeps what each settlement was decided from, as tables of text: a text that is the same again is kept once."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows


def keep_inputs(connection: Connection, settlement_id: int, texts: Mapping[str, str]) -> None:
    """Keep the texts of a settlement by name, in the caller's transaction."""
    hashes = keep_texts(connection, texts.values())
    append_rows(
        connection,
        schema.settlement_input,
        ({"settlement_id": settlement_id, "part": name, "content_hash": hashes[text]} for name, text in texts.items()),
    )


def keep_texts(connection: Connection, texts: Iterable[str]) -> dict[str, str]:
    """Keep texts, each once; return the hash of each."""
    hashes = {text: sha256(text.encode()).hexdigest() for text in texts}
    rows = ({"content_hash": digest, "body": text} for text, digest in hashes.items())
    append_rows(connection, schema.input_text, rows)
    return hashes


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


def kept_parts(connection: Connection, settlement_id: int) -> set[str]:
    """Return the names of what was kept of a settlement, without the texts."""
    own = schema.settlement_input
    return set(connection.execute(select(own.c.part).where(own.c.settlement_id == settlement_id)).scalars())
