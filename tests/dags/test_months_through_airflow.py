"""Both DAGs over a small world give the same month as the command line, and no figure gets into Airflow's database."""

import json
import logging
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import command_line, moved
from tests.dags.conftest import InAirflow, small_world
from tests.dags.mailbox import mailbox
from tests.worlds import World

SECRET = "c0rrect-h0rse/b@ttery"  # noqa: S105 - planted, to be searched for
MIGRATION = ("run", "2015-06", "--effective-on", "2015-07-27", "--migration")
JULY = ("run", "2015-07", "--effective-on", "2015-08-03")
ORDERS = """
    SELECT account_id, valid_from, tier, monthly_fee_discount_bp, setup_fee_discount_bp, sla, revision
    FROM program_discount_rate ORDER BY 1, 2, 7
"""


@contextmanager
def spoken_into(file: Path) -> Iterator[None]:
    """Write the output and the logs of the process, including those of tasks, to a file."""
    with file.open("a") as spoken, redirect_stdout(spoken), redirect_stderr(spoken):
        handler = logging.StreamHandler(spoken)
        logging.getLogger().addHandler(handler)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(handler)


@dataclass(frozen=True)
class Settled:
    """Two months of a world run through Airflow, July twice, and the same world run on the command line."""

    airflow: InAirflow
    world: World
    twin: World
    runs: dict[str, Any]
    fingerprint_before_last: str
    spoken: str


@pytest.fixture(scope="module")
def settled(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settled]:
    world = small_world(World(tmp_path_factory.mktemp("airflow")))
    twin = moved(world, tmp_path_factory.mktemp("shell"))
    spoken = airflow_home / "spoken.log"
    with pytest.MonkeyPatch.context() as monkeypatch:
        airflow = InAirflow(airflow_home, monkeypatch)
        airflow.use(world, **with_secrets(world))
        with spoken_into(spoken):
            first = airflow.run("migration_2015")
            july = airflow.run("monthly_tier_assignment", billing_month="2015-07", effective_on="2015-08-03")
            before = world.fingerprint()
            again = airflow.run("monthly_tier_assignment", billing_month="2015-07", effective_on="2015-08-03")
            nameless = airflow.run("monthly_tier_assignment")
        shell = command_line(twin)
        shell.must(*MIGRATION)
        shell.must(*JULY)
        runs = {"migration": first, "july": july, "july again": again, "nameless": nameless}
        yield Settled(airflow, world, twin, runs, before, spoken.read_text())


def with_secrets(world: World) -> dict[str, str]:
    """A world's connections, each with a password that SQLite has no use for."""
    found = {}
    for name, value in world.environment().items():
        if name.startswith("AIRFLOW_CONN_"):
            found[name] = json.dumps({**json.loads(value), "login": "bob", "password": SECRET})
    return found


@pytest.mark.parametrize("which", ["migration", "july"])
def test_each_step_of_each_run_succeeds(settled, which):
    run = settled.runs[which]

    assert str(run.state) == "success"
    assert set(settled.airflow.states(run).values()) == {"success"}


def test_a_month_run_again_does_all_but_start_a_second_run_for_the_same_letters(settled):
    run = settled.runs["july again"]
    states = settled.airflow.states(run)

    assert str(run.state) == "success"
    assert [states.pop(name) for name in ("start_letters", "announce_month", "announce_rates")] == ["skipped"] * 3
    assert set(states.values()) == {"success"}


def test_each_run_says_in_its_note_what_it_came_to(settled):
    found = {}
    for which, run in settled.runs.items():
        query = "SELECT content FROM dag_run_note JOIN dag_run ON id = dag_run_id WHERE run_id = ?"
        found[which] = settled.airflow.rows(query, run.run_id)

    # All three are billed the same in both months; P2's grant of Tier 3 begins on 1 August.
    assert found == {
        "migration": [("2015-06, revision 1: 3 assigned",)],
        "july": [("2015-07, revision 1: 3 assigned, 1 raised",)],
        "july again": [("2015-07, revision 1: nothing new",)],
        "nameless": [("stopped at begin_month by a rule of the programme",)],
    }


def test_letters_that_wait_say_so_beside_their_run(settled):
    query = "SELECT content FROM dag_run_note JOIN dag_run ON id = dag_run_id WHERE run_id LIKE ?"
    assert settled.airflow.rows(query, "letters__2015-07__%")[-1] == (
        "2015-07: 1 letter to 1 partner waits for an approval",
    )


def test_others_are_told_once_of_each_month_in_force_and_of_its_rates_with_the_month_as_partition(settled):
    runs = [settled.runs[which].run_id for which in ("migration", "july", "july again", "nameless")]
    marks = ", ".join("?" for _ in runs)
    events = "SELECT name, partition_key, event.extra FROM asset_event AS event JOIN asset ON asset.id = asset_id"
    query = f"{events} WHERE source_run_id IN ({marks}) ORDER BY event.id"
    told = [(name, key, json.loads(extra)) for name, key, extra in settled.airflow.rows(query, *runs)]

    assert [(name, key) for name, key, _ in told] == [
        (f"partner_programme_{what}", month)
        for month in ("2015-06", "2015-07")
        for what in ("month_in_force", "rates_published")
    ]
    for _, month, extra in told:
        query = "SELECT substr(decision_hash, 1, 12) FROM settlement WHERE billing_month = ?"
        ((decision,),) = settled.world.rows(query, month)
        assert extra == {"billing_month": month, "revision": 1, "decision": decision}


@pytest.mark.parametrize(("which", "month"), [("migration", "2015-06"), ("july", "2015-07")])
def test_a_months_letters_have_one_run_of_their_own_which_waits_for_its_turn(settled, which, month):
    query = "SELECT value FROM xcom WHERE run_id = ? AND task_id = 'start_letters' AND key = 'trigger_run_id'"
    ((started,),) = settled.airflow.rows(query, settled.runs[which].run_id)
    (run_id,) = leaves(started)
    found = settled.airflow.rows(
        "SELECT run_type, state, conf FROM dag_run WHERE dag_id = 'tier_letters' AND run_id = ?", run_id
    )

    assert run_id.startswith(f"letters__{month}__")
    assert found == [("operator_triggered", "queued", json.dumps({"billing_month": month}))]


@pytest.mark.parametrize("month", ["2015-06", "2015-07"])
def test_a_month_through_airflow_has_the_register_of_the_command_line(settled, month):
    register = settled.world.register(month)

    assert register == settled.twin.register(month)
    assert [row["status"] for row in register["partners"]] == ["assigned"] * 3


def test_letters_reports_and_pages_have_the_same_bytes_as_those_of_the_command_line(settled):
    written = settled.world.written()

    assert written == settled.twin.written()
    assert {f"letters/2015-06/{partner}.{form}" for partner in ("P1", "P2", "P3") for form in ("html", "txt")} <= set(
        written
    )


def test_the_order_databases_hold_the_same_rates(settled):
    found = []
    for world in (settled.world, settled.twin):
        with closing(sqlite3.connect(world.folder / "orders_nl.db")) as database:
            found.append(database.execute(ORDERS).fetchall())

    assert found[0] == found[1]
    assert [row[0] for row in found[0]] == ["A1", "A2", "A2"]


def test_a_second_run_of_a_month_changes_no_byte_of_the_programmes_database(settled):
    assert settled.world.fingerprint() == settled.fingerprint_before_last


def test_a_run_without_a_month_fails_in_its_first_step_and_goes_no_further(settled):
    run = settled.runs["nameless"]
    states = settled.airflow.states(run)

    assert str(run.state) == "failed"
    assert states.pop("begin_month") == "failed"
    assert set(states.values()) <= {"upstream_failed", "skipped"}
    assert "this run names no month" in settled.spoken


def test_xcom_carries_only_months_days_codes_the_runs_own_id_and_counts(settled):
    ours = [run.run_id for run in settled.runs.values()]  # other tests have run in the same Airflow
    marks = ", ".join("?" for _ in ours)
    rows = settled.airflow.rows(f"SELECT value FROM xcom WHERE run_id IN ({marks})", *ours)  # noqa: S608 - only marks
    handed_on = list(leaves([value for (value,) in rows]))
    texts = {value for value in handed_on if isinstance(value, str)}
    numbers = [value for value in handed_on if isinstance(value, int)]

    assert {"2015-06", "2015-07", "NL", "US"} <= texts
    known = settled.airflow.rows("SELECT dag_id, run_id FROM dag_run")
    runs = {f"{dag_id} {run_id}" for dag_id, run_id in known}
    letters = {run_id for dag_id, run_id in known if dag_id == "tier_letters"}
    runs |= letters | {f"/dags/tier_letters/runs/{run_id}" for run_id in (None, *letters)}
    notes = {text for text in texts if re.match(r"2015-0[67](, revision \d)?: [\w ,]+$|a rule of the programme$", text)}
    assert texts - notes <= {"2015-06", "2015-07", "2015-07-27", "2015-08-03", "NL", "US"} | runs
    assert max(numbers) <= 10, "the smallest amount of this world is 60000, the largest count 10"
    assert not [value for value in handed_on if isinstance(value, float)]


def leaves(value: Any) -> Iterator[Any]:
    """Every single value of an XCom, however deep Airflow nests it: JSON within JSON."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    else:
        yield value


def test_a_mapped_step_shows_its_entity_by_name(settled):
    rows = settled.airflow.rows(
        "SELECT DISTINCT rendered_map_index FROM task_instance WHERE task_id = 'pull_mrr' AND state = 'success'"
    )

    assert {name for (name,) in rows} == {"NL", "US"}


def test_no_partner_and_no_amount_is_in_the_fields_that_airflow_shows(settled):
    shown = json.dumps(settled.airflow.rows("SELECT rendered_fields FROM rendered_task_instance_fields"))

    assert "2015-06" in shown
    for told in ("Company", "cmd()", "P1", "A1", "250000", "90000"):
        assert told not in shown


def test_no_password_is_in_airflows_home_its_logs_or_the_programmes_files(settled):
    homes = (settled.world.folder, settled.airflow.home)
    files = [path for home in homes for path in home.rglob("*") if path.is_file()]

    assert {"airflow.db", "program.db", "spoken.log"} <= {path.name for path in files}
    assert "begin_month" in settled.spoken
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_a_programme_database_that_is_down_is_tried_again_and_its_password_is_in_no_log(
    airflow_home, in_airflow, tmp_path
):
    away = {"conn_type": "postgres", "host": "127.0.0.1", "port": closed_port(), "login": "bob", "password": SECRET}
    in_airflow.use(World(tmp_path), AIRFLOW_CONN_PARTNER_PROGRAM=json.dumps({**away, "schema": "program"}))

    with spoken_into(tmp_path / "spoken.log"):
        run = in_airflow.run("migration_2015")
    tries = in_airflow.rows(
        "SELECT state, try_number FROM task_instance WHERE run_id = ? AND task_id = 'begin_month'", run.run_id
    )

    assert tries == [("failed", 3)]
    files = [path for home in (tmp_path, airflow_home) for path in home.rglob("*") if path.is_file()]
    assert "programme database failed" in (tmp_path / "spoken.log").read_text()
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_a_refusal_by_a_rule_is_not_tried_again(settled):
    run = settled.runs["nameless"]

    tries = settled.airflow.rows(
        "SELECT try_number, max_tries FROM task_instance WHERE run_id = ? AND task_id = 'begin_month'", run.run_id
    )

    assert tries == [(1, 2)]


def closed_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def test_letters_are_rendered_where_no_entity_has_an_order_database(
    airflow_home: Path, tmp_path: Path, settled: Settled
) -> None:
    world = World(tmp_path)
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-06", 2_500_00)
    world.ready("2015-06")
    with pytest.MonkeyPatch.context() as monkeypatch:
        airflow = InAirflow(airflow_home, monkeypatch)
        airflow.use(world)
        run = airflow.run("migration_2015")
    assert str(run.state) == "success"
    assert settled.airflow.states(run)["publish_rates"] == "skipped"
    assert world.result("2015-06", "P1")["letter"] == {"kind": "migration", "status": "rendered"}


def test_an_order_database_that_is_down_delays_no_letter_and_the_run_ends_as_failed(
    airflow_home: Path, tmp_path: Path, settled: Settled
) -> None:
    world = World(tmp_path)
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-06", 2_500_00)
    world.orders("NL").unlink()
    world.ready("2015-06")
    with pytest.MonkeyPatch.context() as monkeypatch:
        airflow = InAirflow(airflow_home, monkeypatch)
        with mailbox() as (port, mails):
            airflow.use(world, PARTNER_PROGRAM_ALERT_TO="operator@host.example", AIRFLOW_CONN_ALERTS_SMTP=sink(port))
            airflow.forget_what_was_told()  # June, by another world of this process
            run = airflow.run("migration_2015")
    assert str(run.state) == "failed"
    states = settled.airflow.states(run)
    assert (states["publish_rates"], states["announce_month"]) == ("failed", "success")
    assert states["announce_rates"] == "upstream_failed"
    query = "SELECT content FROM dag_run_note JOIN dag_run ON id = dag_run_id WHERE run_id = ?"
    line = "2015-06, revision 1: 1 assigned: stopped at publish_rates by a server that did not answer"
    assert settled.airflow.rows(query, run.run_id) == [(line,)]
    assert world.result("2015-06", "P1")["letter"] == {"kind": "migration", "status": "rendered"}
    # the run's own alert needs the scheduler: here Airflow gives a callback of a run a DAG that renders no mail
    (of_step,) = mails
    assert of_step["Subject"].startswith("partner programme: migration_2015 publish_rates failed in run ")
    assert "Stopped by a server that did not answer, entity NL." in html_of(of_step)
    assert "Rates in order databases" in html_of(of_step)
    assert (of_step["To"], of_step["From"]) == ("operator@host.example", "airflow@host.example")
    said = of_step.as_string() + html_of(of_step)
    assert not [word for word in (SECRET, "P1", "A1", str(world.folder)) if word in said]


def sink(port: int) -> str:
    """A connection to a mail server on loopback."""
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@host.example"}
    fields = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "login": "bob", "password": SECRET}
    return json.dumps({**fields, "extra": extra})


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())
