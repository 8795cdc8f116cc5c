"""Letters: read as mail, text and PDF, approved by a second person, sent by a run, and resolved where nobody knows."""

from partner_program.domain.acts import LETTER_ARRIVED, LETTERS_APPROVED
from tests.page.browser.company import FALLEN_NAME, JULY, JUNE, UNKNOWN
from tests.page.browser.conftest import Desk, Opening
from tests.page.browser.test_journeys_of_months import acts


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
    robin.follow(f"Approve 10 letters of {JULY}")
    if not robin.page.get_by_label("Why").count():
        robin.follow("Approve 10 letters")
    robin.is_at("Approve the letters of July 2015").write("Why", "read the book").press("Go on")
    robin.reads("Nothing has happened yet", "read the book").press("Approve 10 letters")
    robin.is_at("The letters of July 2015 are approved").reads("robin")
    assert acts(airflow_desk, LETTERS_APPROVED)[-1] == ("robin", "read the book")
    robin.follow("Send them").is_at("Check before you send").press("Send 10 letters")
    robin.is_at("A run sends the letters of July 2015")


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
