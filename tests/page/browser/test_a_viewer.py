"""Somebody who may only look, while every act still waits; this file is the first."""

from tests.page.browser.company import FALLEN, UNKNOWN
from tests.page.browser.conftest import Desk, Opening


def test_a_viewer_tries_each_act_and_is_told_who_could(sitting: Opening, airflow_desk: Desk) -> None:
    lee = sitting("lee", width=360).open().is_at("Today")
    lee.reads("You may look at everything and change nothing")
    before = airflow_desk.world.rows("SELECT count(*) FROM act")
    request = airflow_desk.world.rows("SELECT min(request_id) FROM benefit_request")[0][0]
    for path in (
        "months/2015-08/brake",
        "months/2015-07/restatement",
        "months/2015-06/sign",
        "letters/2015-07/approve",
        f"letters/2015-06/resolve/{UNKNOWN}",
        f"grants/new/{FALLEN}",
        f"benefits/request/{FALLEN}",
        f"benefits/of/{request}",
    ):
        lee.open(path)
        lee.reads("Who could: whoever may")
        assert lee.page.locator("main form[method=post]").count() == 0, path
    assert airflow_desk.world.rows("SELECT count(*) FROM act") == before
