"""The weekly digests through their DAG, in this process: into files, or refused where an address is not allowed."""

import json

import pytest

from tests.dags.conftest import InAirflow
from tests.usecases.digest_world import BOTH, DigestWorld, digest_world

LIVE = json.dumps(
    {"conn_type": "smtp", "host": "127.0.0.1", "port": 9, "extra": {"live": True, "allowed_domains": ["a.example"]}}
)


@pytest.fixture
def digests(in_airflow: InAirflow, tmp_path) -> DigestWorld:
    found = digest_world(tmp_path)
    in_airflow.use(found.world)
    return found


def test_each_manager_gets_one_mail_however_often_the_run_is_started(in_airflow, digests):
    runs = [in_airflow.run("programme_reminders", on="2015-08-31") for _ in range(2)]

    assert [str(run.state) for run in runs] == ["success"] * 2
    assert set(in_airflow.states(runs[0]).values()) == {"success"}
    assert (digests.told(), len(digests.files())) == (BOTH, 2)
    values = [
        value for (value,) in in_airflow.rows("SELECT value FROM xcom WHERE dag_id = 'programme_reminders'") if value
    ]
    assert values
    assert not any(secret in str(value) for value in values for secret in ("Pat", "host.example", "Company", "100.00"))


def test_a_run_whose_digests_could_not_go_fails_and_sends_them_when_it_is_started_again(in_airflow, digests):
    in_airflow.use(digests.world, AIRFLOW_CONN_LETTERS_SMTP=LIVE)
    run = in_airflow.run("programme_reminders", on="2015-08-31")

    assert (str(run.state), in_airflow.states(run)) == (
        "failed",
        {"collect_reminders": "success", "send_digests": "success", "reconcile_digests": "failed"},
    )
    in_airflow.use(digests.world)
    assert str(in_airflow.run("programme_reminders", on="2015-08-31").state) == "success"
    assert digests.told() == BOTH


def test_a_run_that_cannot_begin_fails(in_airflow, digests):
    run = in_airflow.run("programme_reminders", on="2999-01-01")

    assert str(run.state) == "failed"
    assert (in_airflow.states(run)["collect_reminders"], digests.files()) == ("failed", [])
