"""An application to become an authorised partner, checked field by field; a person decides (rule 11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from partner_program.domain.email_address import domain_of
from partner_program.domain.program import Program

_NOT_FULFILLED = {"", "no", "false"}


@dataclass(frozen=True, slots=True)
class ApplicationCheck:
    """What an application has, what is missing, and what a person should look at before deciding."""

    present: tuple[str, ...]
    missing: tuple[str, ...]
    to_verify: tuple[str, ...]


def check_application(*, program: Program, application: Mapping[str, object]) -> ApplicationCheck:
    """Check an application against the programme's requirements.

    A requirement is missing where the field is absent, blank, or answered with no. "Have a verifiable company website,
    company email": an address outside the website's domain is for a person to verify.
    """
    given = {name: application.get(name) for name in program.authorisation_requirements}
    missing = tuple(name for name, value in given.items() if not _is_given(value))
    to_verify = []
    website, email = str(given.get("website") or ""), str(given.get("email") or "")
    host = _host(website)
    if website and not host:
        to_verify.append(f"website {website!r} is not a web address")
    domain = domain_of(email).lower()
    if email and host and domain != host and not domain.endswith(f".{host}"):
        to_verify.append(f"email domain {domain!r} is not the website's {host!r}")
    return ApplicationCheck(tuple(name for name in given if name not in missing), missing, tuple(to_verify))


def _host(website: str) -> str:
    """The name of a website's server without `www.`; empty where the text is no web address."""
    try:
        return (urlsplit(website).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _is_given(value: object) -> bool:
    """Whether a requirement is fulfilled; `no` and `false` are answers, as text too, and do not fulfil it."""
    if isinstance(value, str):
        return value.strip().casefold() not in _NOT_FULFILLED
    return value is not None and value is not False
