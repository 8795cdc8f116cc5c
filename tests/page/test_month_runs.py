"""Having a month run from its page: looked at twice, started once in Airflow, and a page that says how far it is."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import BrakeOn
from partner_program.usecases.desk.month import month_overview
from partner_program.usecases.month.brake import release_brake
from partner_program.usecases.month.inputs import MonthRequest
from tests.page.airflow_runs import AirflowWithRuns
from tests.page.asking import PREFIX, Asking
from tests.page.test_pages import words_of
from tests.usecases.three_partners import JULY, june_in_force
from tests.worlds import World, settle_installed

MONTHLY, FORM = "monthly_tier_assignment", "runs/start/2015-07"


@pytest.fixture
def airflow() -> AirflowWithRuns:
    """What Airflow has and is asked."""
    return AirflowWithRuns()


@pytest.fixture
def asking(desk: Any, airflow: AirflowWithRuns, shown: Any, tmp_path: Path) -> Asking:
    """The pages over a world whose June is in force and whose July the brake stopped and kim let go on."""
    world = june_in_force(World(tmp_path))
    shown(world)
    world.bill("A3", JULY, 90_000_00)
    world.close(JULY)
    month, on = BillingMonth.parse(JULY), date(2015, 8, 3)
    with pytest.raises(BrakeOn):
        settle_installed(world.installation, MonthRequest(month, on, started_by="pat"))
    brake = month_overview(world.installation, month).brake
    assert brake is not None
    release_brake(
        world.installation, month, released_by="kim", reason="it is right", decision_hashes=brake.decision_hashes
    )
    return airflow.around(desk)


def sent_on(page: Any) -> dict[str, str]:
    """What the last look sends on."""
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))


def test_a_released_month_is_run_from_today_and_once(asking: Asking, airflow: AirflowWithRuns) -> None:
    today = asking("", "op")
    assert "Run July 2015 again" in words_of(today.text)
    assert f'href="{PREFIX}/{FORM}"' in today.text
    form = words_of(asking(FORM, "op").text)
    assert "kim released the brake: what it stopped takes force with this run." in form
    looked = asking.post("runs/start-check/2015-07", "op", effective_on="2015-08-03")
    said = words_of(looked.text)
    assert "Nothing has happened yet" in said
    assert "Rates from 3 August 2015" in said
    assert airflow.started == []
    for _ in range(2):
        done = asking.post(FORM, "op", **sent_on(looked))
        assert done.status_code == 303, words_of(done.text)
    (started,) = airflow.started
    assert started["conf"] == {"billing_month": "2015-07", "effective_on": "2015-08-03"}
    assert done.headers["location"] == f"{PREFIX}/runs/of/{MONTHLY}/{started['dag_run_id']}"


def test_the_page_of_a_run_says_how_far_it_is(asking: Asking, airflow: AirflowWithRuns) -> None:
    airflow.month_run("page__2015-07__1", "2015-07", "queued")
    page = f"runs/of/{MONTHLY}/page__2015-07__1"
    assert "Airflow's scheduler begins it in a moment" in words_of(asking(page, "op").text)
    airflow.scheduler = "unhealthy"
    assert "No scheduler of this Airflow is alive" in words_of(asking(page, "op").text)
    airflow.is_paused = True
    assert "monthly_tier_assignment is paused in Airflow" in words_of(asking(page, "op").text)
    (run,) = airflow.runs
    run["state"], run["note"] = "success", "2015-07, revision 1: 3 assigned"
    done = asking(page, "op")
    assert "It is done. July 2015, revision 1: 3 assigned" in words_of(done.text)
    assert "data-again" not in done.text
    assert f'href="/dags/{MONTHLY}/runs/page__2015-07__1" data-airflow' in done.text
    run["state"] = "failed"
    assert "If the brake stopped it, look at that first" in words_of(asking(page, "op").text)


def test_a_month_that_is_run_is_not_run_a_second_time(asking: Asking, airflow: AirflowWithRuns) -> None:
    looked = asking.post("runs/start-check/2015-07", "op", effective_on="")
    airflow.month_run("scheduled__1", "2015-07", "running")
    again = asking.post(FORM, "op", **sent_on(looked))
    assert again.status_code == 409
    assert "the run scheduled__1 of July 2015 is running already" in words_of(again.text)
    form = asking(FORM, "op")
    assert "A run of July 2015 is running: there is nothing to start." in words_of(form.text)
    assert f'href="{PREFIX}/runs/of/{MONTHLY}/scheduled__1"' in form.text
    assert airflow.started == []


def test_what_a_run_would_refuse_is_refused_before_it_starts(asking: Asking, airflow: AirflowWithRuns) -> None:
    early = asking.post("runs/start-check/2015-07", "op", effective_on="2015-07-20")
    assert early.status_code == 409
    gap = asking.post("runs/start-check/2015-09", "op", effective_on="2015-10-05")
    assert gap.status_code == 409
    assert "July 2015 has to be assessed before September 2015. Nothing was done." in words_of(gap.text)
    assert airflow.started == []


def test_airflow_without_the_dag_is_said_and_nothing_is_offered(asking: Asking, airflow: AirflowWithRuns) -> None:
    airflow.is_known = False
    form = asking(FORM, "op")
    assert f"Airflow does not say that it knows the DAG {MONTHLY}" in words_of(form.text)
    assert "<button>" not in form.text
    assert asking(f"runs/of/{MONTHLY}/nothing", "op").status_code == 404
    assert asking("runs/of/programme_events/x", "op").status_code == 404


def test_who_may_not_decide_is_told_who_could(asking: Asking, airflow: AirflowWithRuns) -> None:
    assert "Who could: whoever may change Airflow" in words_of(asking(FORM, "user").text)
    assert asking.post(FORM, "user", effective_on="", asked_at="1").status_code == 403
    assert airflow.started == []
