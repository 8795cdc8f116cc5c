"""Each command from outside: its answer, its exit status, and that only the answer is on stdout."""

import json
import sqlite3
from contextlib import closing
from datetime import date

import pytest

from partner_program.cli.month_commands import about_days
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.month.commit import RunOutcome
from tests.cli.conftest import command_line, moved

GRANT = ("--tier", "4", "--from", "2015-08-10", "--until", "2015-12-01", "--by", "pat", "--reason", "growth plan")
STEPS = ["pull_mrr NL", "validate_mrr", "merge_totals", "assign_tiers", "settle_grace_periods"]
APPLICATION = {
    "website": "https://reseller.example",
    "email": "jo@reseller.example",
    "company_name": "Reseller",
    "phone": "+31200000000",
    "address": "Street 1",
    "resolves_abuse_reports": True,
    "provides_billing_support": True,
    "type_of_business": "hosting",
    "geographical_location": "NL",
    "market_focus": "shops",
    "minimum_revenue": "500",
}


@pytest.fixture
def settled_world(world_after_june, tmp_path):
    """The world after June, to be changed by one test."""
    return moved(world_after_june, tmp_path)


@pytest.fixture
def june(settled_world):
    return command_line(settled_world)


def test_init_creates_the_database_with_its_folder_and_is_safe_to_repeat(elsewhere):
    first, again = elsewhere("init"), elsewhere("init")

    assert (first.status, first.stderr, again.status, again.stderr) == (0, "", 0, "")
    assert "created at schema" in first.stdout
    assert "already at schema" in again.stdout


def test_init_where_no_folder_can_be_made_is_one_plain_message(elsewhere, tmp_path):
    (tmp_path / "new").write_text("a file where the folder should be")

    answer = elsewhere("init")

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr.startswith("refused: the programme database has no folder")
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", [["register", "2015-06"], ["run", "2015-06"], ["close", "check", "NL", "2015-06"]])
def test_before_init_every_command_says_that_init_is_needed(elsewhere, command):
    answer = elsewhere(*command)

    assert (answer.status, answer.stdout) == (1, "")
    assert "run `partner-program init`" in answer.stderr


def test_without_its_connection_a_command_names_the_variable_to_set(partner_program):
    answer = partner_program.without("AIRFLOW_CONN_PARTNER_PROGRAM")("register", "2015-06")

    assert (answer.status, answer.stdout) == (1, "")
    assert "set AIRFLOW_CONN_PARTNER_PROGRAM to" in answer.stderr


def test_load_says_what_it_read_and_a_second_time_that_nothing_changed(partner_program, world):
    folder = world.write_registry()

    answer = partner_program("load", folder)

    assert (answer.status, answer.stderr) == (0, "")
    assert answer.stdout == "1 partner, 1 account link, 1 entity: 0 rows changed\n"


def test_load_reports_every_fault_at_once_and_changes_nothing(partner_program, world):
    world.tables["partners"][0]["language"] = "english"
    world.tables["account_links"][0]["valid_from"] = "01-01-2012"
    before = world.fingerprint()

    answer = partner_program("load", world.write_registry())

    assert (answer.status, answer.stdout) == (1, "")
    assert "partners.csv:2: language:" in answer.stderr
    assert "account_links.csv:2: valid_from:" in answer.stderr
    assert world.fingerprint() == before


def test_run_answers_in_one_line_and_prints_its_steps_on_stderr(partner_program, world):
    answer = partner_program("run", "2015-06", "--effective-on", "2015-07-27")

    assert answer.status == 0
    assert answer.stdout == (
        "2015-06: in force from 2015-07-27, 1 partner assigned, 0 held, 1 letter rendered: "
        f"see {world.folder / 'out' / 'index.html'}\n"
    )
    assert [line.strip() for line in answer.stderr.splitlines() if line.startswith("  ")] == [
        *STEPS,
        "write_discount_rates",
        "render_letters",
    ]


def test_run_with_equal_inputs_says_that_there_is_nothing_new_and_changes_no_byte(june, settled_world):
    before = settled_world.fingerprint(), settled_world.written()

    answer = june("run", "2015-06", "--effective-on", "2015-07-27")

    assert answer.status == 0
    assert "nothing new" in answer.stdout
    assert (settled_world.fingerprint(), settled_world.written()) == before


def test_run_as_history_gives_neither_rates_nor_letters(partner_program, world):
    answer = partner_program("run", "2015-06", "--history")

    assert answer.status == 0
    assert "history only" in answer.stdout
    register = partner_program("register", "2015-06", "--format", "json").json
    assert (register["status"], register["effective_on"]) == ("history", None)
    assert register["partners"][0]["mrr_eur_cents"] == 2_500_00
    assert world.rows("SELECT count(*) FROM discount_rate") == [(0,)]
    assert not [name for name in world.written() if name.startswith("letters/")]


def test_run_says_from_which_day_it_releases_and_which_day_to_name_for_those_still_held():
    months_own, later = date(2015, 7, 27), date(2015, 8, 20)
    for outcome, said in (
        (RunOutcome(1, months_own, months_own, assigned=2, held=0, proposed=0, changed=True), []),
        (RunOutcome(1, months_own, months_own, 0, 2, 0, True), ["`--effective-on 2015-07-27` gives them"]),
        (RunOutcome(1, later, months_own, 1, 0, 0, True), ["what it decided now holds from 2015-08-20"]),
        (RunOutcome(1, later, months_own, 1, 1, 0, True), ["holds from 2015-08-20", "`--effective-on 2015-07-27`"]),
        (RunOutcome(1, later, months_own, 0, 0, 0, False), []),
    ):
        lines = list(about_days(BillingMonth(2015, 6), outcome))
        assert len(lines) == len(said)
        assert all(words in line for words, line in zip(said, lines, strict=True))


def test_run_without_the_month_before_names_it(june):
    answer = june("run", "2015-08", "--effective-on", "2015-09-03")

    assert (answer.status, answer.stdout) == (1, "")
    assert "month 2015-07 has to be assessed before 2015-08" in answer.stderr


def test_the_brake_stops_a_month_until_a_person_releases_it_with_a_reason(june, settled_world):
    settled_world.bill("A1", "2015-07", 15_000_00)
    settled_world.close("2015-07")
    words = ("run", "2015-07", "--effective-on", "2015-08-03")
    before = june("quote", "P1", "--on", "2015-08-03", "--monthly", "100", "--setup", "0", "--term", "1").stdout

    stopped = june(*words)
    assert (stopped.status, stopped.stdout) == (1, "")
    assert "brake" in stopped.stderr
    assert "partner-program brake release 2015-07 --reason TEXT" in stopped.stderr
    assert june("register", "2015-07").status == 1
    assert june("quote", "P1", "--on", "2015-08-03", "--monthly", "100", "--setup", "0", "--term", "1").stdout == before

    released = june("brake", "release", "2015-07", "--reason", "a big order", "--by", "pat")
    assert (released.status, released.stderr) == (0, "")
    assert "partner-program run 2015-07" in released.stdout
    assert settled_world.rows("SELECT released_by, reason FROM brake_release") == [("pat", "a big order")]
    assert june(*words).status == 0
    assert settled_world.result("2015-07", "P1")["tier"] == 4


def test_a_brake_that_is_not_on_cannot_be_released(june):
    answer = june("brake", "release", "2015-06", "--reason", "to be sure")

    assert (answer.status, answer.stdout) == (1, "")
    assert "no brake is on for 2015-06" in answer.stderr


def test_a_grant_takes_effect_on_its_own_first_day_and_asking_again_is_the_same_grant(june, settled_world):
    first, again = june("grant", "P1", *GRANT), june("grant", "P1", *GRANT)
    quote = ("quote", "P1", "--monthly", "100", "--setup", "0", "--term", "1", "--format", "json", "--on")

    assert (first.status, first.stderr) == (0, "")
    assert first.stdout == again.stdout
    assert first.stdout.splitlines()[0] == "grant P1-2015-08-10-T4: rate of tier 4 for new orders from 2015-08-10"
    assert june(*quote, "2015-08-09").json["monthly_fee_cents"] == 92_00
    assert june(*quote, "2015-08-10").json["monthly_fee_cents"] == 85_00
    assert settled_world.rows("SELECT count(*) FROM grace_grant") == [(1,)]


def test_a_grant_never_changes_a_rate_backwards(june):
    words = ["2015-07-27" if word == "2015-08-10" else word for word in GRANT]

    answer = june("grant", "P1", *words)

    assert (answer.status, answer.stdout) == (1, "")
    assert "rates are never changed backwards" in answer.stderr


def test_close_check_says_what_the_entity_closed_and_that_it_agrees(partner_program):
    answer = partner_program("close", "check", "NL", "2015-06")

    assert (answer.status, answer.stderr) == (0, "")
    assert "NL 2015-06 EUR: 1 line, total 250000 minor" in answer.stdout
    assert "closed, and what was read agrees with it" in answer.stdout


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("DELETE FROM program_period_close", "month 2015-06 not closed"),
        ("UPDATE program_period_close SET control_total_minor = 1", "250000"),
        ("UPDATE program_period_close SET line_count = 2", "2"),
        ("DROP TABLE program_mrr_line", "program_mrr_line"),
    ],
)
def test_close_check_refuses_a_month_that_is_not_closed_or_does_not_add_up(partner_program, world, change, why):
    world.execute("NL", change)

    answer = partner_program("close", "check", "NL", "2015-06")

    assert answer.status == 1
    assert answer.stderr.startswith("refused: entity NL: ")
    assert why in answer.stderr


def test_a_recorded_close_stands_in_where_the_entity_has_no_place_for_one(partner_program, world):
    world.execute("NL", "DROP TABLE program_period_close")
    before = partner_program("close", "check", "NL", "2015-06")
    assert before.status == 1
    assert "`partner-program source check --connection billing_nl --month 2015-06`" in before.stderr
    assert "record them with `partner-program close record NL 2015-06`" in before.stderr

    recorded = partner_program(
        "close", "record", "NL", "2015-06", "--currency", "EUR", "--lines", 1, "--total", 2_500_00, "--by", "finance"
    )

    assert (recorded.status, recorded.stderr) == (0, "")
    assert partner_program("close", "check", "NL", "2015-06").status == 0
    assert world.rows("SELECT recorded_by FROM period_close") == [("finance",)]


def test_a_complete_application_is_shown_field_by_field(settled, tmp_path):
    file = tmp_path / "application.json"
    file.write_text(json.dumps(APPLICATION))

    answer = settled("application", "check", file)

    assert (answer.status, answer.stderr) == (0, "")
    assert answer.stdout.count(" fulfilled ") == len(APPLICATION)
    assert "Provide billing and accounting support to your clients" in answer.stdout


def test_an_application_answered_with_no_is_not_fulfilled_in_words_and_in_json(settled, tmp_path):
    file = tmp_path / "application.json"
    wrong = {"type_of_business": "end user", "minimum_revenue": 0, "provides_billing_support": "no"}
    file.write_text(json.dumps({**APPLICATION, **wrong}))

    answer = settled("application", "check", file, "--format", "json")

    assert (answer.status, answer.json["fulfilled"]) == (1, False)
    assert {each["field"]: each["state"] for each in answer.json["fields"] if each["state"] != "fulfilled"} == (
        dict.fromkeys(wrong, "not fulfilled")
    )
    assert all(each["source"] for each in answer.json["fields"])
    assert "does not fulfil: provides_billing_support, type_of_business, minimum_revenue" in answer.stderr


def test_an_application_of_a_partner_is_named(settled, elsewhere, tmp_path):
    file = tmp_path / "application.json"
    file.write_text(json.dumps({**APPLICATION, "email": "jo@formula.example"}))

    named = settled("application", "check", file, "--format", "json").json["partners"]
    alone = elsewhere.without("AIRFLOW_CONN_PARTNER_PROGRAM")("application", "check", file, "--format", "json")

    assert named == []  # four partners share that domain: it points to nobody
    file.write_text(json.dumps({**APPLICATION, "company_name": "Company P2 Ltd."}))
    answer = settled("application", "check", file)
    assert "verify: may be partner P2 (authorized): company name" in answer.stdout
    assert (alone.status, alone.json["partners"]) == (0, None)
    assert "compared with no partner" in alone.stderr


def test_an_accepted_application_is_named_by_its_new_id(partner_program, world, tmp_path):
    file, folder = tmp_path / "application.json", world.write_registry()
    file.write_text(json.dumps({**APPLICATION, "email": "jo@post.example", "accounts": "NL/NOPE"}))
    accept = ("application", "accept", file, "--into", folder, "--manager", "M1", "--reason", "met")

    made, again = partner_program(*accept, "--by", "pat"), partner_program(*accept, "--by", "pat")

    assert (made.status, again.status) == (0, 0)
    assert made.stdout.startswith("P2: authorised from ")
    assert "warning: verify: email domain 'post.example' is not the website's" in made.stderr
    assert again.stdout == "P2: this application was accepted already, nothing is written\n"
    loaded = partner_program("load", folder)
    assert loaded.stdout.endswith("0 rows changed\n")
    assert "NOPE" in loaded.stderr
    assert made.stderr.endswith(loaded.stderr)  # what load warns of


def test_a_partner_is_suspended_from_today_and_goes_on(june, settled_world):
    folder = settled_world.write_registry()
    ask = ("P1", "--into", folder, "--by", "pat", "--reason", "abuse reports")

    gone, again, back = (june("partner", step, *ask) for step in ("suspend", "suspend", "resume"))

    assert [each.status for each in (gone, again, back)] == [0, 0, 0]
    assert gone.stdout.startswith("P1: authorized -> suspended; new orders: tier none from ")
    assert again.stdout == "P1 is suspended already: nothing is written\n"
    assert back.stdout.startswith("P1: suspended -> authorized; new orders: tier 2 from ")
    assert june("partner", "suspend", *ask, "--from", "2015-08-01").stderr.startswith("refused: 2015-08-01 has passed")
    assert june("load", folder).stderr == ""
    moved = june("partners", "assign", "--from-manager", "M1", "--to-manager", "M9", *ask[1:])
    assert (moved.status, moved.stderr) == (
        1,
        "refused: partner manager M9 is not in account_managers.csv, which has M1\n",
    )


def test_an_incomplete_application_is_refused_by_the_names_of_what_is_missing(settled, tmp_path):
    file = tmp_path / "application.yaml"
    file.write_text("website: https://reseller.example\nemail: jo@other.example\n")

    answer = settled("application", "check", file)

    assert answer.status == 1
    assert "missing" in next(line for line in answer.stdout.splitlines() if line.startswith("│ phone ")).split("│")[2]
    assert "email domain 'other.example' is not the website's 'reseller.example'" in answer.stdout
    assert answer.stderr.startswith("refused: the application does not fulfil: ")
    assert "phone" in answer.stderr


def test_doctor_finds_a_sound_installation_sound(partner_program):
    answer = partner_program("doctor")

    assert (answer.status, answer.stderr) == (0, "")
    assert all(line.startswith("ok ") for line in answer.stdout.splitlines())
    assert "billing_nl" in answer.stdout
    assert "letters_smtp: not set: letters are written to files" in answer.stdout


def test_doctor_names_approvers_as_whom_nobody_can_answer(partner_program):
    users = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "kim:op,lee:viewer"}
    sound = partner_program.but(**users, PARTNER_PROGRAM_APPROVERS="kim")("doctor")
    assert sound.status == 0
    assert "ok   PARTNER_PROGRAM_APPROVERS: kim may answer about rates" in sound.stdout
    wrong = partner_program.but(**users, PARTNER_PROGRAM_APPROVERS="kin,lee")("doctor")
    assert wrong.status == 1
    assert "FAIL PARTNER_PROGRAM_APPROVERS: kin is no user of Airflow" in wrong.stdout
    assert "lee has the role viewer" in wrong.stdout


def test_doctor_says_what_to_set_where_a_connection_is_missing(partner_program):
    answer = partner_program.without("AIRFLOW_CONN_BILLING_NL")("doctor")

    assert answer.status == 1
    assert "FAIL billing_nl: not set: set AIRFLOW_CONN_BILLING_NL" in answer.stdout


def test_a_connection_that_cannot_be_read_stops_neither_load_nor_doctor(partner_program, world):
    broken = partner_program.but(AIRFLOW_CONN_BILLING_NL='{"conn_type": "sqlite"')

    loaded, examined = broken("load", world.write_registry()), broken("doctor")

    assert (loaded.status, loaded.stderr) == (0, "")
    assert examined.status == 1
    assert "ok   programme database" in examined.stdout
    assert "FAIL billing_nl: AIRFLOW_CONN_BILLING_NL: expected a connection in Airflow's" in examined.stdout


def test_doctor_opens_each_billing_database(partner_program, world):
    world.billing_db("NL").unlink()

    answer = partner_program("doctor")

    assert answer.status == 1
    assert "FAIL billing_nl: billing database not readable" in answer.stdout
    assert not world.billing_db("NL").exists()


def test_doctor_names_the_columns_that_a_billing_database_lacks(partner_program, world):
    world.execute("NL", "ALTER TABLE program_mrr_line DROP COLUMN term_months")

    answer = partner_program("doctor")

    assert answer.status == 1
    assert "FAIL billing_nl: " in answer.stdout
    assert "term_months" in answer.stdout


def test_doctor_says_in_which_language_partners_of_another_one_get_their_letters(partner_program, world):
    for partner_id, language in (("P7", "fi"), ("P8", "fi"), ("P9", "nl")):
        world.partner(partner_id, {}, language=language)
    world.load()

    answer = partner_program("doctor")

    said = [line for line in answer.stderr.splitlines() if "language" in line]
    assert said == ["warning: language fi: there are no letters in it; those of 2 partners are written in en"]
    assert answer.status == 0


def test_doctor_changes_nothing(partner_program, world):
    before = world.fingerprint()

    partner_program.must("doctor")

    assert world.fingerprint() == before
    assert world.written() == {}


def test_a_file_that_is_not_a_database_is_one_plain_message(partner_program, world):
    world.program_db.write_bytes(b"no database at all, only words " * 40)

    answer = partner_program("register", "2015-06")

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == "refused: reading the programme database failed: file is not a database\n"


def test_a_database_that_another_program_made_is_not_taken_for_ours(partner_program, world):
    world.program_db.unlink()
    with closing(sqlite3.connect(world.program_db)) as database:
        database.execute("CREATE TABLE something (anything TEXT)")

    answer = partner_program("register", "2015-06")

    assert (answer.status, answer.stdout) == (1, "")
    assert "schema none" in answer.stderr
