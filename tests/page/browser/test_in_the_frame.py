"""The pages inside Airflow's own: found in its bar, at addresses that last, light and dark with its own switch."""

from tests.page.browser.company import FALLEN, FALLEN_NAME
from tests.page.browser.conftest import Desk, Opening
from tests.page.browser.newcomer import PAGES

INSIDE = "iframe[src*='partner-programme']"
THEME = "document.documentElement.dataset.theme"


def test_a_deep_link_survives_the_login_a_click_and_a_reload(sitting: Opening, airflow_desk: Desk) -> None:
    maria = sitting("maria", signed_in=False).expects(401)  # Airflow asks first, and shows its form then
    page = maria.page
    page.goto(f"{airflow_desk.framed}/partners/{FALLEN}")
    page.get_by_label("Username").fill("maria")
    page.get_by_label("Password").fill(airflow_desk.passwords["maria"])
    page.get_by_role("button", name="Sign in").click()
    inside = page.frame_locator(INSIDE)
    inside.get_by_role("heading", level=1, name=FALLEN_NAME).wait_for()
    inside.get_by_role("link", name="Months", exact=True).click()
    page.wait_for_url(f"{airflow_desk.framed}/months")
    page.reload()
    inside.get_by_role("heading", level=1, name="Months").wait_for()


def test_light_and_dark_follow_airflows_own_switch(sitting: Opening, airflow_desk: Desk) -> None:
    kim = sitting("kim")
    page = kim.page
    page.goto(f"{airflow_desk.address}/plugin/partners")
    page.frame_locator(INSIDE).get_by_role("heading", level=1, name="Today").wait_for()
    (frame,) = [each for each in page.frames if PAGES in each.url and each != page.main_frame]
    assert frame.evaluate(THEME) == "light"
    page.get_by_role("button", name="User").click()
    page.get_by_role("menuitem", name="Appearance").click()
    page.get_by_role("menuitem", name="Dark Mode").or_(page.get_by_role("menuitemradio", name="Dark Mode")).click()
    frame.wait_for_function(f"{THEME} === 'dark'")
    assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 17, 19)"


def test_an_act_is_done_in_the_frame_and_a_file_is_taken(sitting: Opening, airflow_desk: Desk) -> None:
    kim = sitting("kim")
    page = kim.page
    page.goto(f"{airflow_desk.framed}/months/2015-07")
    inside = page.frame_locator(INSIDE)
    with page.expect_download() as coming:
        inside.get_by_role("link", name="Register as CSV").click()
    assert coming.value.suggested_filename == "register-2015-07.csv"
    inside.get_by_role("link", name="Look at the restatement").click()
    inside.get_by_label("Reject").check()
    inside.get_by_label("Why").fill("not sure yet")
    inside.get_by_role("button", name="Go on").click()
    inside.get_by_text("Nothing has happened yet").wait_for()
    inside.get_by_role("link", name="Change something").click()
    inside.get_by_role("heading", level=1, name="Restatement").wait_for()
