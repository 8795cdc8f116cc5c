"""The link from a required action to the page about the same: it holds for whoever looks, below a sub-path too."""

import pytest

from partner_program.airflow_steps.page_links import page_link
from partner_program.page.links import Links


@pytest.mark.usefixtures("airflow_home")
@pytest.mark.parametrize(
    ("base_url", "sub_path"),
    [
        (None, ""),
        ("http://airflow.example:8080", ""),
        ("https://airflow.example/", ""),
        ("https://intra.example/data/airflow/", "/data/airflow"),
    ],
)
def test_a_question_leads_to_the_page_in_airflows_frame(
    monkeypatch: pytest.MonkeyPatch, base_url: str | None, sub_path: str
) -> None:
    if base_url is not None:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", base_url)

    link = page_link("letters/2015-06/approve")

    # Airflow's page resolves it against the sub-path with a slash, which is its base.
    assert f"{sub_path}/{link}" == Links(f"{sub_path}/partner-programme").framed("letters", "2015-06", "approve")
