"""The line that says what a run came to, and who writes it where."""

from datetime import date
from typing import Any

import pytest

from partner_program.airflow_steps.run_notes import counted_line, month_line, waiting_line
from partner_program.usecases.month.commit import RunOutcome
from tests.dags.conftest import InAirflow

DAY = date(2015, 7, 27)


@pytest.mark.parametrize(
    ("outcome", "history", "line"),
    [
        (
            RunOutcome(1, DAY, DAY, 37, 2, 0, True, raised=5, lowered=8),
            False,
            "2015-06, revision 1: 37 assigned, 5 raised, 8 lowered, 2 held",
        ),
        (RunOutcome(2, DAY, DAY, 0, 2, 0, False), False, "2015-06, revision 2: nothing new, 2 held"),
        (RunOutcome(1, DAY, DAY, 0, 0, 3, True), False, "2015-06, revision 1: 3 proposed"),
        (RunOutcome(1, DAY, DAY, 37, 0, 0, True), True, "2015-06, history only: 37 assigned"),
        (RunOutcome(1, DAY, DAY, 0, 0, 0, True), False, "2015-06, revision 1: nobody assigned"),
    ],
)
def test_a_month_in_a_line(outcome: RunOutcome, *, history: bool, line: str) -> None:
    assert month_line("2015-06", outcome, history=history) == line


def test_letters_and_digests_in_a_line() -> None:
    assert waiting_line("2015-06", 43, 26) == "2015-06: 43 letters to 26 partners wait for an approval"
    assert waiting_line("2015-06", 1, 1) == "2015-06: 1 letter to 1 partner waits for an approval"
    states = {"rendered": 3, "accepted": 40, "refused": 0}
    assert (
        counted_line("2015-06: 43 letters", 43, states)
        == "2015-06: 43 letters owed: 3 waiting for approval, 40 accepted"
    )
    assert counted_line("2015-06: 0 letters", 0, {}) == "2015-06: 0 letters owed"


def test_where_a_run_was_stopped_stands_in_its_note_and_a_note_that_a_person_wrote_stays(in_airflow: InAirflow) -> None:
    run = in_airflow.run("tier_letters")
    assert note_of(run.run_id, "stopped at begin_letters by a rule of the programme")

    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    from partner_program_runs import RunNotes

    with create_session() as session:
        found = session.get(DagRun, run.id)
        found.dag_run_note.user_id = "kim"
        found.note = "I am looking at it"
        session.flush()
        RunNotes().on_dag_run_failed(found)
        RunNotes().on_dag_run_running(found)
        assert found.note == "I am looking at it"

        found.dag_run_note = None
        session.flush()
        found.conf = {"billing_month": "2015-06"}
        RunNotes().on_dag_run_running(found)
        assert found.note == "2015-06"
        RunNotes().on_dag_run_failed(found)
        assert found.note == "2015-06: stopped at begin_letters by a rule of the programme"
        session.rollback()


def note_of(run_id: str, expected: str) -> Any:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        assert session.scalar(select(DagRun).where(DagRun.run_id == run_id)).note == expected
    return True
