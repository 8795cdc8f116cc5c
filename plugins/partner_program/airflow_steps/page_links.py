"""Links from the questions of required actions to the programme's pages."""

from urllib.parse import urlsplit

from airflow.sdk.configuration import conf


def page_link(path: str) -> str:
    """A link to one of our pages, with Airflow's bar beside it, as in `months/2015-06/rates`.

    Airflow's own page resolves it against its address, and so needs no host. Below a sub-path it has that in the midst
    too: what follows `plugin/partners` is the page's whole path, which Airflow opens in its frame as it stands.
    """
    sub_path = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
    return f"plugin/partners{sub_path}/partner-programme/{path}"
