"""What every step of a DAG shares: its connections and its retries.

XCom carries the month, ids, codes and counts: never money, names or rows. The month comes from the partition key or the
params, never from a logical date or the clock.
"""

import functools
import os
import re
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from airflow.sdk.exceptions import AirflowFailException

from partner_program.adapters.airflow_connections import AirflowConnections
from partner_program.airflow_steps.refused import refused_words
from partner_program.airflow_steps.run_notes import STOPPED_BY, hand_on
from partner_program.domain.near_names import did_you_mean
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.installation import Installation

# `$` alone also stands before a line break at the end; the page's JavaScript knows no `\Z`, so that none may follow.
MONTH_PATTERN = r"^[12]\d{3}-(0[1-9]|1[0-2])$(?!\n)"
# Whom Airflow's lists show beside each DAG and task.
OWNER = "partner programme"
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
_P = ParamSpec("_P")
_R = TypeVar("_R")


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


def step(work: Callable[_P, _R]) -> Callable[_P, _R]:
    """Make a refusal fail the task at once, without retries; only `Unavailable` is tried again."""

    @functools.wraps(work)
    def refusing(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return work(*args, **kwargs)
        except Unavailable as fault:
            hand_on(STOPPED_BY, refused_words(fault)[0])
            raise
        except Refusal as refusal:
            hand_on(STOPPED_BY, refused_words(refusal)[0])
            raise AirflowFailException(str(refusal)) from refusal

    return refusing
