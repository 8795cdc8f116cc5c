"""The users of Airflow who alone may answer about rates, as the environment names them (rule 13).

Airflow takes any name: one that is misspelt lets nobody answer, and a month waits for ever.
"""

from collections.abc import Mapping

from partner_program.domain.near_names import did_you_mean
from partner_program.domain.refusals import Refusal

VARIABLE = "PARTNER_PROGRAM_APPROVERS"
_READS_ONLY = "viewer"


def named_approvers(written: str) -> tuple[str, ...]:
    """Read the names of users with commas between them, each once; empty: whoever may answer required actions."""
    return tuple(dict.fromkeys(name.strip() for name in written.split(",") if name.strip()))


def check_approvers(names: tuple[str, ...], users: Mapping[str, str]) -> None:
    """Refuse names that nobody can answer as; `users` are those of Airflow, by id, with their role."""
    known = ", ".join(sorted(users))
    faults = [
        f"{name} is no user of Airflow, which has {known}{did_you_mean(name, users)}"
        for name in names
        if name not in users
    ]
    faults += [
        f"{name} has the role {_READS_ONLY}, which may not answer: give it user or op"
        for name in names
        if users.get(name) == _READS_ONLY
    ]
    if faults:
        raise Refusal("; ".join(faults))
