"""Events through their DAG, in this process: to a receiver on loopback, or nowhere where no endpoint is set."""

import json
from dataclasses import asdict

import pytest

from tests.dags.conftest import InAirflow
from tests.receiver import SECRET, Receiver
from tests.usecases.three_partners import june_in_force
from tests.worlds import World


@pytest.fixture
def june(world: World) -> World:
    return june_in_force(world)


def test_what_happened_reaches_the_endpoint_and_no_secret_reaches_airflow(in_airflow: InAirflow, june: World):
    with Receiver() as receiver:
        fields = {name: value for name, value in asdict(receiver.connection()).items() if name != "conn_id"}
        in_airflow.use(june, AIRFLOW_CONN_EVENTS_WEBHOOK=json.dumps(fields))
        run = in_airflow.run("programme_events")

        assert in_airflow.states(run) == {"send_events": "success"}
        assert [each["type"] for each in receiver.taken] == ["month.in_force", *["partner.tier_changed"] * 3]
    values = [value for (value,) in in_airflow.rows("SELECT value FROM xcom WHERE dag_id = 'programme_events'")]
    assert any("4 sent" in str(value) for value in values)
    assert not any(secret in str(value) for value in values for secret in (SECRET, "hidden", "127.0.0.1"))


def test_without_an_endpoint_a_run_does_nothing(in_airflow: InAirflow, june: World):
    in_airflow.use(june)

    assert in_airflow.states(in_airflow.run("programme_events")) == {"send_events": "success"}
