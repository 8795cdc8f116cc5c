"""Only the database that it is for ever gets the password of a connection; nobody else sees it."""

import json
import socket

import pytest

SECRET = "c0rrect-h0rse/b@ttery:staple"  # noqa: S105 - planted, to be searched for
QUOTED = "c0rrect-h0rse%2Fb%40ttery%3Astaple"


def fields(**values):
    """A connection with the secret at each place where one is kept."""
    return json.dumps({"login": "bob", "password": SECRET, "extra": {"sslpassword": SECRET}, **values})


@pytest.fixture
def unreachable():
    """A port of this machine on which nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def secret_in(text):
    return SECRET in text or QUOTED in text or json.dumps(SECRET) in text


@pytest.mark.parametrize("command", [["init"], ["register", "2015-06"], ["run", "2015-06"], ["doctor"]], ids=" ".join)
def test_a_programme_database_that_does_not_answer_is_named_without_its_password(unreachable, elsewhere, command):
    value = fields(conn_type="postgres", host="127.0.0.1", port=unreachable, schema="program", extra={})
    partner_program = elsewhere.but(AIRFLOW_CONN_PARTNER_PROGRAM=value)

    answer = partner_program(*command)

    assert answer.status == 1
    assert "programme database failed" in answer.said
    assert "Traceback" not in answer.said
    assert not secret_in(answer.said)


@pytest.mark.parametrize(
    "value",
    [
        fields(conn_type="postgres", host="h")[:-1],
        fields(conn_type="postgres", host="h", port="no port"),
        fields(conn_type=["postgres"]),
        fields(conn_type="oracle", host="h"),
        fields(conn_type="mysql", host="h"),
        f"postgres://bob:{QUOTED}@host:no-port/program",
        f"postgres://bob:{SECRET}@host/program",
        f'["postgres", "{SECRET}"]',
        SECRET,
    ],
)
@pytest.mark.parametrize("command", [["init"], ["doctor"]], ids=" ".join)
def test_a_connection_that_cannot_be_read_is_named_without_its_value(elsewhere, command, value):
    answer = elsewhere.but(AIRFLOW_CONN_PARTNER_PROGRAM=value)(*command)

    assert answer.status == 1
    assert "Traceback" not in answer.said
    assert "partner_program" in answer.said.lower()
    assert not secret_in(answer.said)


def test_a_month_leaves_no_password_in_the_database_the_files_or_what_it_says(partner_program, world, unreachable):
    world.partner("P2", {"NL": "A2"})
    world.tables["entities"].append(
        {**world.tables["entities"][0], "entity": "DE", "legal_name": "Host DE", "country": "DE"}
    )
    world.link("P2", "DE", "B2")
    world.load()
    with_secrets = partner_program.but(
        AIRFLOW_CONN_PARTNER_PROGRAM=fields(conn_type="sqlite", host=str(world.program_db)),
        AIRFLOW_CONN_BILLING_NL=fields(conn_type="sqlite", host=str(world.billing_db("NL")), extra={}),
        AIRFLOW_CONN_BILLING_DE=fields(conn_type="postgres", host="127.0.0.1", port=unreachable, schema="billing"),
        AIRFLOW_CONN_LETTERS_SMTP=fields(conn_type="smtp", host="127.0.0.1", port=unreachable),
    )

    answers = [
        with_secrets(*command)
        for command in (
            ["run", "2015-06", "--effective-on", "2015-07-27"],
            ["register", "2015-06", "--format", "json"],
            ["explain", "P2", "2015-06"],
            ["close", "check", "DE", "2015-06"],
            ["doctor"],
        )
    ]

    assert [answer.status for answer in answers] == [0, 0, 0, 1, 1]
    assert "DE" in answers[1].json["held"][0]["entities"]
    assert not [answer for answer in answers if secret_in(answer.said)]
    everything = {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()}
    assert world.program_db in everything
    assert not [path for path, body in everything.items() if secret_in(body.decode("utf-8", "replace"))]
