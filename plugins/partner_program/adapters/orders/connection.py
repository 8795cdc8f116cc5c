"""Opens an entity's order database for one transaction, and ends it at the deadline, whatever it waits for.

A transaction that is ended leaves nothing behind: its rows stay owed, and the next publication adds them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from partner_program.adapters.connections import ConnectionFields, sqlalchemy_url
from partner_program.adapters.database_faults import plain_words
from partner_program.adapters.deadline import (
    CONNECT_SECONDS,
    STEPS_BETWEEN_LOOKS,
    Deadline,
    NoAnswer,
    answer_within,
    busy_seconds,
    deadline_seconds,
    seconds_allowed,
)
from partner_program.domain.refusals import Unavailable

_Answer = TypeVar("_Answer")


def in_one_transaction(
    fields: ConnectionFields, work: Callable[[Connection], _Answer], *, doing: str, table: str
) -> _Answer:
    """Return what `work` returns, once its transaction is committed; raises `Unavailable`.

    `doing` and `table` are for the message. The time is `deadline` in the connection's extra, as for billing.
    """

    def within(deadline: Deadline) -> _Answer:
        if fields.conn_type == "sqlite" and not Path(fields.sqlite_file).is_file():
            raise Unavailable(f"connection {fields.conn_id}: {doing} failed: no file {fields.sqlite_file}")
        try:
            with _engine(fields, deadline).begin() as connection:
                answer = work(connection)
                if deadline.is_over():  # nobody waits for this any more: nothing of it may be committed
                    raise deadline.fault()
                return answer
        except DBAPIError as error:
            if deadline.is_over():
                raise deadline.fault() from None
            words = plain_words(error.orig)  # raised without its cause, whose text repeats statements and values
            raise Unavailable(f"connection {fields.conn_id}: {doing} {table} failed: {words}") from None

    try:
        return answer_within(deadline_seconds(fields), within)
    except NoAnswer as fault:
        raise Unavailable(f"connection {fields.conn_id}: {doing} {table} failed: {fault}") from None


def _engine(fields: ConnectionFields, deadline: Deadline) -> Engine:
    """Return an engine for one transaction, whose driver and server give up at the deadline themselves."""
    seconds = deadline.whole_seconds_left()
    options: dict[str, Any]
    match fields.conn_type:
        case "sqlite":
            options = {"timeout": busy_seconds(fields, deadline)}
        case "mysql":
            connecting = min(CONNECT_SECONDS, seconds)
            options = {"connect_timeout": connecting, "read_timeout": seconds, "write_timeout": seconds}
        case _:
            options = {"connect_timeout": min(CONNECT_SECONDS, seconds)}
    engine = create_engine(sqlalchemy_url(fields), connect_args=options, poolclass=sqlalchemy.NullPool)
    allowed = seconds_allowed(fields)

    @event.listens_for(engine, "connect")
    def end_at_the_deadline(driver: Any, _record: Any) -> None:
        if engine.dialect.name == "sqlite":
            driver.set_progress_handler(deadline.is_over, STEPS_BETWEEN_LOOKS)
        elif engine.dialect.name == "postgresql":
            deadline.will_end(driver.fileno())

    @event.listens_for(engine, "before_cursor_execute")
    def limit_statement(_connection: Any, cursor: Any, *_: Any) -> None:
        for setting in _limits(engine, min(allowed, deadline.whole_seconds_left())):
            cursor.execute(setting)

    return engine


def _limits(engine: Engine, seconds: int) -> list[str]:
    """Return what has the server end the next statement, and its wait for a lock, after so many seconds.

    MySQL ends only reading by a time limit of its own: what writes there ends at the limits of waiting for a lock,
    which are never made longer than the server has them.
    """
    if engine.dialect.name == "postgresql":
        return [f"SET LOCAL statement_timeout = '{seconds}s'"]
    if engine.dialect.name != "mysql":
        return []
    is_mariadb = getattr(engine.dialect, "is_mariadb", False)
    limit = f"max_statement_time = {seconds}" if is_mariadb else f"max_execution_time = {seconds}000"
    waits = (f"{name} = LEAST(@@{name}, {seconds})" for name in ("lock_wait_timeout", "innodb_lock_wait_timeout"))
    return [f"SET SESSION {', '.join([limit, *waits])}"]
