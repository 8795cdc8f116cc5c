"""What every step of a DAG shares: its connections, its retries, and the alert when it fails.

XCom carries the month, ids, codes and counts: never money, names or rows. The month comes from the partition key or the
params, never from a logical date or the clock.
"""

import functools
import logging
import os
import re
from collections.abc import Callable, Collection
from datetime import timedelta
from html import escape as html_escape
from typing import Any, ParamSpec, TypeVar

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.near_names import did_you_mean
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.installation import Installation

# `$` alone also stands before a line break at the end; the page's JavaScript knows no `\Z`, so that none may follow.
MONTH_PATTERN = r"^[12]\d{3}-(0[1-9]|1[0-2])$(?!\n)"
ALERT_VARIABLE = "PARTNER_PROGRAM_ALERT_TO"
TIME_LIMIT_VARIABLE = "PARTNER_PROGRAM_TASK_MINUTES"


def _time_limit() -> timedelta:
    """How long one try of a task may take: far more than an entity's deadline, which has ended its reading by then."""
    asked = os.environ.get(TIME_LIMIT_VARIABLE, "180")
    if not re.fullmatch(r"[1-9]\d{0,4}", asked, re.ASCII):
        raise Refusal(f"{TIME_LIMIT_VARIABLE}: expected whole minutes, as in 180, found {asked!r}")
    return timedelta(minutes=int(asked))


# Each try of a task ends by then, also where a sensor looks again and again: each look is a try of its own.
TIME_LIMIT = _time_limit()
# A step only reads, or replaces its own draft in one transaction: it may be tried again.
SAFE_RETRIES: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
    "execution_timeout": TIME_LIMIT,
}
_log = logging.getLogger(__name__)
_P = ParamSpec("_P")
_R = TypeVar("_R")


class AirflowConnections:
    """Connections as Airflow knows them: environment, secrets backend or its own database."""

    def get(self, conn_id: str) -> ConnectionFields | None:
        """One connection's fields, None where it is not set."""
        try:
            found = Connection.get(conn_id)
        except AirflowNotFoundException:
            return None
        return ConnectionFields(
            conn_id=conn_id,
            conn_type=found.conn_type or "",
            host=found.host,
            port=found.port,
            login=found.login,
            password=found.password,
            schema=found.schema,
            extra=found.extra_dejson,
        )


def installation() -> Installation:
    """The installation that this Airflow runs."""
    return Installation.here(AirflowConnections())


def refuse_unknown_params(context: Any, known: Collection[str]) -> None:
    """Refuse a run that was started with a param that its DAG does not have: Airflow would take it and change nothing.

    Airflow checks each param by a schema of its own and has none for the whole, so that the first step does this.
    """
    unknown = sorted(str(name) for name in (context["dag_run"].conf or {}) if name not in known)
    if unknown:
        names = ", ".join(f"{name!r}{did_you_mean(name, known)}" for name in unknown)
        raise Refusal(f"this run has params that its DAG does not know: {names}; known are {', '.join(known)}")


# What refused, and the section of the run book; never the message of the error, which may name partners and amounts.
_REFUSED: dict[str, tuple[str, str]] = {
    "BrakeOn": ("the brake", "The brake"),
    "IncompleteMonth": ("the rule that a month has to be complete", "Why a partner is held"),
    "MissingMonth": ("the rule that months come in order", "Which month, which day"),
    "NoRuleInForce": ("the first day of the programme", "Which month, which day"),
    "NotThisInstallation": ("the binding of the installation to its place", "Disaster recovery"),
    "MonthBusy": ("another run of the same month", "The steps"),
    "MonthLost": ("another run of the same month", "The steps"),
    "Unavailable": ("a server that did not answer", "The steps"),
    "Refusal": ("a rule of the programme", "The steps"),
}
_SECTIONS = {"publish_rates": "Rates in order databases", "tier_letters": "Letters"}


def _what_refused(context: Any) -> str:
    """Say in fixed words which rule or server refused, for which entity, and which section to read."""
    instance, error = context.get("task_instance"), context.get("exception")
    kinds = [kind.__name__ for kind in (*type(error.__cause__ or error).__mro__,)] if error else []
    what, section = next((_REFUSED[kind] for kind in kinds if kind in _REFUSED), ("an unknown cause", "The steps"))
    task_id = instance.task_id if instance else ""
    if section == "The steps":
        section = _SECTIONS.get(task_id) or _SECTIONS.get(context["dag"].dag_id, section)
    # the label of a mapped task, which for these two is the entity's code
    entity = getattr(instance, "rendered_map_index", None) if task_id in ("pull_mrr", "publish_rates") else None
    where = f", entity {html_escape(str(entity))}" if entity else ""
    return f'Stopped by {what}{where}. Read docs/operations.md, section "{section}".'


def notify_failure(context: Any) -> None:
    """Report which step of which run failed: in the log, and by mail where an alert address is set."""
    dag_id, run_id = context["dag"].dag_id, context["run_id"]
    # Airflow names the task where it can: a run that ends without one (a deadline, a removed task) has none.
    instance = context.get("task_instance")
    step = f"{dag_id} {instance.task_id}" if instance else dag_id
    subject = f"partner programme: {step} failed in run {run_id}"
    _log.error("%s. What to do: docs/operations.md", subject)
    recipient = os.environ.get(ALERT_VARIABLE)
    if recipient:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        html = f"<p>{_what_refused(context)}</p>"
        html += "<p>The task's log says what is wrong and what to do. Nothing half-written took force.</p>"
        notifier = SmtpNotifier(to=recipient, subject=subject, html_content=html, smtp_conn_id="alerts_smtp")
        notifier.notify(context)


def step(work: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a refusal fail the task at once, without retries; only `Unavailable` is tried again."""

    @functools.wraps(work)
    def refusing(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return work(*args, **kwargs)
        except Unavailable:
            raise
        except Refusal as refusal:
            raise AirflowFailException(str(refusal)) from refusal

    return refusing
