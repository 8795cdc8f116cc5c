"""The alert when a step fails: in the log, and by mail where an address is set.

A mail says in fixed words what refused, which entity it is about, and which section of the run book to read. The
message of an error stays in the task's log: it may name partners and amounts.
"""

import logging
import os
import re
from html import escape as html_escape
from typing import Any

from partner_program.airflow_steps.refused import THE_STEPS, refused_words
from partner_program.airflow_steps.running import installation
from partner_program.usecases.registry import entity_codes

ALERT_VARIABLE = "PARTNER_PROGRAM_ALERT_TO"
# The section where a kind of error has none of its own.
SECTIONS = {
    "publish_rates": "Rates in order databases",
    "tier_letters": "Letters",
    "programme_reminders": "Digests for partner managers",
    "programme_events": "Events for other systems",
}
OF_ONE_ENTITY = ("pull_mrr", "publish_rates")
_MOST_ENTITIES = 5
_NAMED = re.compile(r"\bentity (\w+)|\b(?:billing|orders)_(\w+)", re.ASCII)
_log = logging.getLogger(__name__)


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

        html = f"<p>{html_escape(what_refused(context))}</p>"
        html += "<p>The task's log says what is wrong and what to do. Nothing half-written took force.</p>"
        notifier = SmtpNotifier(to=recipient, subject=subject, html_content=html, smtp_conn_id="alerts_smtp")
        notifier.notify(context)


def what_refused(context: Any) -> str:
    """Say in fixed words which rule or server refused, for which entity, and which section to read."""
    instance, error = context.get("task_instance"), context.get("exception")
    cause = getattr(error, "__cause__", None) or error
    what, section = refused_words(cause)
    task_id = instance.task_id if instance else ""
    if section == THE_STEPS:
        section = SECTIONS.get(task_id) or SECTIONS.get(context["dag"].dag_id, section)
    # the label of a mapped task, which for these is the entity's code
    label = getattr(instance, "rendered_map_index", None) if task_id in OF_ONE_ENTITY else None
    about = [str(label)] if label else _entities_named(str(cause or ""))
    where = f", {'entity' if len(about) == 1 else 'entities'} {', '.join(about)}" if about else ""
    return f'Stopped by {what}{where}. Read docs/operations.md, section "{section}".'


def _entities_named(message: str) -> list[str]:
    """Return the first entities that a message names; only codes of the registry, so that nothing else gets out."""
    named = ["".join(found).upper() for found in _NAMED.findall(message)]
    if not named:
        return []
    try:
        known = {code.upper(): code for code in entity_codes(installation())}
    except Exception as fault:  # noqa: BLE001 - whatever keeps the registry from being read, the alert goes out
        _log.warning("the entities of the registry could not be read: %s", type(fault).__name__)
        return []
    return list(dict.fromkeys(known[each] for each in named if each in known))[:_MOST_ENTITIES]
