"""An accepted application becomes a partner in the registry's folder and in the database: in both, or in neither."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from partner_program.adapters.database.acts import record_act
from partner_program.adapters.files import folder_change
from partner_program.adapters.files.folder_change import JOURNAL
from partner_program.domain.acts import REGISTRY_REMOVAL, Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal, Unavailable, UnsoundFiles
from partner_program.domain.registry import ExchangeRate
from partner_program.usecases.application import Accepted, accept_application
from partner_program.usecases.rates import add_official_rows
from partner_program.usecases.registry import load_registry_folder
from tests.usecases.dying import at_once, die_at
from tests.worlds import World

processes = [
    pytest.mark.processes,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
APPLICATION = {
    "website": "https://www.noorderlicht.example",
    "email": "sales@noorderlicht.example",
    "company_name": 'Noorderlicht, "Hosting" B.V.',
    "phone": "+31 50 123 4567",
    "address": "Kade 1, Groningen",
    "resolves_abuse_reports": True,
    "provides_billing_support": "yes",
    "type_of_business": "hosting provider",
    "geographical_location": "NL",
    "market_focus": "web shops",
    "minimum_revenue": "750",
    "language": "nl",
    "vat_id": "NL 123456789B01",
    "billing_name": "Robin",
    "billing_email": "billing@noorderlicht.example",
    "technical_email": "noc@noorderlicht.example",
    "accounts": "NL/A9, US/B 9",
}
CHANGED = ("partners.csv", "contacts.csv", "account_links.csv")


def two_partners(world: World) -> None:
    world.partner("P007", {"NL": "A1"}, vat_id="NL1")
    world.partner("P009", {"NL": "A2"}, status="ended")
    world.ready()


@pytest.fixture
def world(world: World) -> World:
    world.become(two_partners)
    world.write_registry()
    return world


def folder_of(world: World) -> Path:
    return world.folder / "registry"


def contents(world: World) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder_of(world).iterdir()}


def application(world: World, **changed: object) -> Path:
    """The file of an application, written where it is another one than before: several processes may read it."""
    file, content = world.folder / "application.json", json.dumps({**APPLICATION, **changed})
    if not file.exists() or file.read_text() != content:
        file.write_text(content)
    return file


def accept(
    world: World, *, on: str = "2026-11-01", other_than: tuple[str, ...] = (), manager: str = "M1", **changed: object
) -> Accepted:
    return accept_application(
        world.installation,
        application(world, **changed),
        folder_of(world),
        manager_id=manager,
        authorized_on=date.fromisoformat(on),
        other_than=other_than,
        accepted_by="kim",
        reason="met",
    )


def test_an_accepted_application_is_a_partner_with_contacts_and_links_on_record(world: World) -> None:
    before = contents(world)

    accepted = accept(world)

    assert accepted.partner_id == "P010"
    after = contents(world)
    assert {name for name in after if before.get(name) != after[name]} == set(CHANGED)
    assert all(after[name].startswith(before[name]) for name in CHANGED)
    assert world.rows(
        "SELECT company_name, status, country, language, account_manager_id, authorized_on FROM partner"
        " WHERE partner_id = 'P010'"
    ) == [('Noorderlicht, "Hosting" B.V.', "authorized", "NL", "nl", "M1", "2026-11-01")]
    assert world.rows("SELECT name, email, role FROM contact WHERE partner_id = 'P010' ORDER BY role") == [
        ("Robin", "billing@noorderlicht.example", "billing"),
        ('Noorderlicht, "Hosting" B.V.', "noc@noorderlicht.example", "technical"),
    ]
    assert world.rows(
        "SELECT entity, account_id, valid_from, valid_to FROM account_link WHERE partner_id = 'P010' ORDER BY entity"
    ) == [
        ("NL", "A9", "2026-11-01", None),
        ("US", "B 9", "2026-11-01", None),
    ]
    assert load_registry_folder(world.installation, folder_of(world))[1] == 0
    ((kind, subject, done_by, reason, partner_id, detail),) = world.rows(
        "SELECT kind, subject, done_by, reason, partner_id, detail FROM act"
    )
    assert (kind, subject, done_by, reason, partner_id) == ("application accepted", "P010", "kim", "met", "P010")
    assert "noorderlicht" not in detail.lower()
    assert "Robin" not in detail


def test_the_same_application_again_says_so_and_writes_nothing(world: World) -> None:
    accept(world)
    files, database = contents(world), world.fingerprint()

    again = accept(world)

    assert (again.partner_id, again.made) == ("P010", None)
    assert (contents(world), world.fingerprint()) == (files, database)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"provides_billing_support": "no"}, "provides_billing_support the answer is no"),
        ({"type_of_business": "end user"}, "type_of_business 'end user' is never accepted"),
        ({"minimum_revenue": None}, "minimum_revenue has no answer"),
        ({"vat_id": "nl-1"}, None),  # too short to be a VAT number
        ({"company_name": "COMPANY P007 Ltd"}, "P007 (authorized): company name"),
        ({"website": "https://p009.example", "email": "a@p009.example"}, "P009 (ended): mail domain"),
        ({"accounts": "NL/A1"}, "account A1 at entity NL belongs to P007"),
        ({"accounts": "A9"}, "account 'A9' of the application, expected ENTITY/ACCOUNT"),
        ({"accounts": "NL/A9, NL/A9"}, "account NL/A9 stands twice in the application"),
        ({"accounts": "FR/A9"}, "account_links.csv:4: entity: 'FR' is unknown"),
        ({"geographical_location": "Netherlands"}, "the application says no country as a code"),
        ({"language": "Dutch"}, "partners.csv:4: language: 'Dutch' is not allowed"),
        ({"billing_email": "jo@localhost"}, "contacts.csv:4: email"),
        ({"manager": "M9"}, "partner manager M9 is not in account_managers.csv, which has M1"),
        ({"on": "2999-01-01"}, "2999-01-01 is still to come"),
        ({"other_than": ("P1",)}, "partner P1 is not in the registry"),
    ],
)
def test_what_cannot_be_accepted_is_refused_and_nothing_is_written(
    world: World, changed: dict[str, object], why: str | None
) -> None:
    files, database = contents(world), world.fingerprint()
    if why is None:
        assert accept(world, **changed).partner_id == "P010"  # type: ignore[arg-type]
        return
    with pytest.raises((Refusal, UnsoundFiles)) as refused:
        accept(world, **changed)  # type: ignore[arg-type]
    assert why in str(refused.value)
    assert (contents(world), world.fingerprint()) == (files, database)


def test_a_person_may_say_that_it_is_another_company(world: World) -> None:
    accepted = accept(world, company_name="Company P007", other_than=("P007",))
    assert accepted.partner_id == "P010"


def test_a_folder_that_is_not_the_one_that_was_loaded_is_refused(world: World) -> None:
    path = folder_of(world) / "partners.csv"
    path.write_bytes(path.read_bytes().replace(b"Company P009", b"Company P9"))
    with pytest.raises(Refusal, match="is not what the programme's database has: 1 row differs"):
        accept(world)


def test_a_removed_link_has_no_say_in_the_next_id(world: World) -> None:
    by = Doer("kim", "a mistake", 1)
    with world.installation.database.writing() as connection:
        for number in (1, 2, 3):
            record_act(connection, REGISTRY_REMOVAL, f"account_links.csv:P007/NL/A{number}", by, {})
    assert accept(world).partner_id == "P010"


def test_a_removed_partners_id_is_not_given_again(world: World) -> None:
    world.tables["partners"] = [row for row in world.tables["partners"] if row["partner_id"] == "P007"]
    for table in ("contacts", "account_links"):
        world.tables[table] = [row for row in world.tables[table] if row["partner_id"] == "P007"]
    world.load("partners.csv:P009", "account_links.csv:P009/NL/A2")
    assert accept(world).partner_id == "P010"


class TestKilled:
    """A command that dies leaves, for the next one, either the old registry or the new one."""

    pytestmark = processes

    def test_at_any_change_folder_and_database_are_both_old_or_both_new(self, world: World) -> None:
        before, database = contents(world), world.program_db.read_bytes()
        new = contents_after(world)
        seen = []
        point = 0
        died = True
        while died:
            point += 1
            put_back(world, before, database)
            died = die_at(point, lambda: accept(world))
            load_registry_folder(world.installation, folder_of(world))
            is_new = bool(world.rows("SELECT 1 FROM act"))
            assert contents(world) == (new if is_new else before), f"point {point}"
            assert len(world.rows("SELECT 1 FROM partner")) == (3 if is_new else 2), f"point {point}"
            seen.append(is_new)
        assert seen == sorted(seen)
        assert seen.count(False) >= 3
        assert seen.count(True) >= 6  # three files, before and after each

    def test_several_at_once_make_one_partner(self, world: World) -> None:
        application(world)
        assert at_once([lambda: accept(world)] * 6) == [0] * 6
        assert world.rows("SELECT count(*) FROM partner") == [(3,)]
        assert world.rows("SELECT count(*) FROM act") == [(1,)]
        assert load_registry_folder(world.installation, folder_of(world))[1] == 0

    def test_a_file_changed_by_hand_meanwhile_is_never_written_over(self, world: World) -> None:
        before, database = contents(world), world.program_db.read_bytes()
        point = 0
        while not (folder_of(world) / JOURNAL).exists() or contents(world)["contacts.csv"] == before["contacts.csv"]:
            put_back(world, before, database)
            point += 1
            assert die_at(point, lambda: accept(world))
        path = folder_of(world) / "account_links.csv"
        path.write_bytes(before["account_links.csv"] + b"P007,US,B7,2026-01-01,\n")
        with pytest.raises(Refusal, match=r"account_links.csv was changed by hand"):
            load_registry_folder(world.installation, folder_of(world))
        assert path.read_bytes().endswith(b"P007,US,B7,2026-01-01,\n")


def test_official_rates_wait_for_a_change_of_the_folder(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both read a file, add to it and put it back: at once, one would lose what the other added."""
    rows = [ExchangeRate(BillingMonth(2015, 6), "USD", Decimal("1.121323"), "ECB")]
    before = contents(world)
    monkeypatch.setattr(folder_change, "_WAIT_SECONDS", 0)
    with (
        folder_change.folder_locked(folder_of(world), alone=True),
        pytest.raises(Unavailable, match="is being changed by another command"),
    ):
        add_official_rows(folder_of(world), rows)
    assert contents(world) == before
    assert add_official_rows(folder_of(world), rows) == rows


def contents_after(world: World) -> dict[str, bytes]:
    accept(world)
    return contents(world)


def put_back(world: World, files: dict[str, bytes], database: bytes) -> None:
    for path in folder_of(world).iterdir():
        path.unlink()
    for name, content in files.items():
        (folder_of(world) / name).write_bytes(content)
    for path in world.folder.glob("program.db*"):
        path.unlink()
    world.program_db.write_bytes(database)
