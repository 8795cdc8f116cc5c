"""Letters: read as mail, text and PDF, approved by a second person, sent by a run, and resolved where nobody knows."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from partner_program.domain.acts import LETTER_ARRIVED, LETTERS_APPROVED
from tests.page.browser.company import FALLEN_NAME, JULY, JUNE, UNKNOWN, use_mail
from tests.page.browser.conftest import Desk, Opening
from tests.page.browser.test_journeys_of_months import acts
from tests.smtp.fault_server import FaultServer

LETTERS = 10


def test_show_a_letter_as_mail_text_and_pdf(sitting: Opening) -> None:
    maria = sitting("maria", theme="dark").open().follow("Letters").follow("July 2015").is_at("Letters of July 2015")
    maria.follow(FALLEN_NAME).is_at(FALLEN_NAME)
    maria.page.frame_locator("iframe").get_by_role("heading", name="Sie wechseln in Stufe 1").wait_for()
    maria.page.get_by_text("As text").click()
    maria.reads("Guten Tag Jo!")
    name, content = maria.takes("PDF")
    assert name.endswith(".pdf")
    assert content.startswith(b"%PDF")


def test_approve_letters_as_the_second_person_and_have_them_sent(sitting: Opening, airflow_desk: Desk) -> None:
    robin = sitting("robin", width=360).open().is_at("Today")
    robin.follow("Approve 10 letters of July 2015")
    if not robin.page.get_by_label("Why").count():
        robin.follow("Approve 10 letters")
    robin.is_at("Approve the letters of July 2015").write("Why", "read the book").press("Go on")
    robin.reads("Nothing has happened yet", "read the book").press("Approve 10 letters")
    robin.is_at("The letters of July 2015 are approved").reads("robin")
    assert acts(airflow_desk, LETTERS_APPROVED)[-1] == ("robin", "read the book")
    robin.follow("Send them").is_at("Check before you send").press("Send 10 letters")
    robin.is_at("A run sends the letters of July 2015")
    (conf,) = queued_runs(airflow_desk)
    with FaultServer("plain") as server:
        run_letters(airflow_desk, server, conf)
    written = {address for addresses in server.recipients.values() for address in addresses}
    assert len(written) == sum(map(len, server.kept.values())) == LETTERS
    robin.follow("Letters").follow("July 2015").is_at("Letters of July 2015")
    assert airflow_desk.world.rows(
        "SELECT status, count(*) FROM delivery WHERE billing_month = ? GROUP BY status", str(JULY)
    ) == [("accepted", LETTERS)]


def queued_runs(desk: Desk) -> list[dict[str, str]]:
    """What the runs of letters that the page asked for were asked: no scheduler runs beside the pages."""
    with closing(sqlite3.connect(Path(desk.settings["AIRFLOW_HOME"]) / "airflow.db")) as connection:
        rows = connection.execute("SELECT conf FROM dag_run WHERE dag_id = 'tier_letters' AND state = 'queued'")
        return [json.loads(conf) for (conf,) in rows]


def run_letters(desk: Desk, server: FaultServer, conf: dict[str, str]) -> None:
    """Run `tier_letters` in a process of the same Airflow, as it was asked, with a mail server to send to."""
    use_mail(desk.world, server.connection_fields())
    environment = {**desk.world.environment(), **desk.settings}
    del desk.world.connections["letters_smtp"]
    words = [Path(sys.executable).with_name("airflow"), "dags", "test", "tier_letters", "--conf", json.dumps(conf)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_say_what_became_of_a_letter_of_which_nobody_knows(sitting: Opening, airflow_desk: Desk) -> None:
    robin = sitting("robin").open().follow("Letters").follow("June 2015").is_at("Letters of June 2015")
    robin.follow("Resolve the letter to").is_at("Resolve the letter")
    robin.reads(UNKNOWN.lower()).pick("It arrived").write("Why", "it is in the mail server's log").press("Go on")
    robin.reads("Nothing has happened yet")
    robin.page.locator("main form button").first.click()
    robin.is_at("is resolved")
    assert acts(airflow_desk, LETTER_ARRIVED) == [("robin", "it is in the mail server's log")]
    assert airflow_desk.world.rows(
        "SELECT count(*) FROM delivery WHERE billing_month = ? AND status <> 'accepted'", str(JUNE)
    ) == [(0,)]
