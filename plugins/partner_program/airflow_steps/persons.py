"""What tasks share that wait for a person: a person may take any time, and an answer names who gave it."""

import os
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.execution_time.hitl import HITLUser

from partner_program.airflow_steps.page_links import page_link
from partner_program.airflow_steps.running import TIME_LIMIT
from partner_program.domain.acts import BY_SCHEDULE
from partner_program.domain.approvers import VARIABLE, named_approvers


class PersonsAnswer(ApprovalOperator):
    """Waits for a person to approve or to reject.

    The time limit is that of asking and recording; the person may take longer. Handed to the operator's own
    `__init__`, it would become the person's.
    """

    page_link = staticmethod(page_link)  # for the words of a question: `{{ task.page_link('letters/2015-06') }}`

    def __init__(self, **words: Any) -> None:
        super().__init__(**words)
        self.execution_timeout = TIME_LIMIT


def answered_by(event: dict[str, Any]) -> str:
    """The name of the person who answered; it stays out of XCom."""
    who = event.get("responded_by_user") or {}
    return str(who.get("name") or who.get("id") or "somebody without a name")


def started_by(context: Any) -> str:
    """Who started a run: a person, or the schedule."""
    return str(context["dag_run"].triggering_user_name or BY_SCHEDULE)


def approvers() -> list[HITLUser] | None:
    """The users who may answer about rates, by id, from `PARTNER_PROGRAM_APPROVERS`; without it whoever may edit."""
    return [{"id": name, "name": name} for name in named_approvers(os.environ.get(VARIABLE, ""))] or None
