"""Accounts that go missing from a total: named by `load` and `doctor` before a month, and by `run` after it."""

import sqlite3

import pytest

from tests.cli.conftest import command_line
from tests.worlds import World

RUN = ("run", "2015-06", "--effective-on", "2015-07-27")
LISTED = (
    "account A-9001 of P1 is not in entity NL's list of reseller accounts; where it bills nothing, its partner is "
    "held: is A9001 meant, which is linked to no partner?"
)
FREE = "account A9001 at entity NL is linked to no partner: it has the VAT number of P1"


@pytest.fixture
def mistyped(tmp_path_factory: pytest.TempPathFactory) -> World:
    """P1's second account is A9001 at NL, and A-9001 in the registry."""
    world = World(tmp_path_factory.mktemp("mistyped"), entities=("NL",))
    world.partner("P1", {"NL": "A1"}, vat_id="NL001234567B01")
    world.bill("A1", "2015-06", 2_500_00)
    world.link("P1", "NL", "A-9001")
    world.bill("A9001", "2015-06", 9_000_00)
    world.execute("NL", "UPDATE program_reseller_account SET account_id = 'A9001' WHERE account_id = 'A-9001'")
    world.execute("NL", "UPDATE program_reseller_account SET vat_id = 'NL 0012.34567 B01' WHERE account_id = 'A9001'")
    world.partner("P2", {"NL": "A2"})
    world.bill("A2", "2015-06", 2_500_00)
    world.close("2015-06", "NL")
    command_line(world).must("init")
    return world


def test_load_and_doctor_name_the_link_and_whose_the_account_may_be(mistyped: World) -> None:
    commands = command_line(mistyped)

    loaded = commands.must("load", mistyped.write_registry())
    examined = commands("doctor")

    assert f"warning: {LISTED}" in loaded.stderr.splitlines()
    assert f"warning: {FREE}" in loaded.stderr.splitlines()
    assert LISTED in examined.said
    assert FREE in examined.said
    assert examined.status == 0


def test_run_holds_the_partner_names_both_and_leaves_the_others_alone(mistyped: World) -> None:
    commands = command_line(mistyped)
    commands.must("load", mistyped.write_registry())

    ran = commands.must(*RUN)

    assert "1 partner assigned, 1 held" in ran.stdout
    assert "NL: 1 account linked to a partner, billing nothing and not in the entity's list" in ran.said
    assert mistyped.result("2015-06", "P2")["tier"] == 2
    held = mistyped.result("2015-06", "P1")
    assert (held["status"], held["tier"]) == ("held", None)


def test_a_corrected_link_releases_the_partner(mistyped: World) -> None:
    commands = command_line(mistyped)
    commands.must("load", mistyped.write_registry())
    commands.must(*RUN)
    next(row for row in mistyped.tables["account_links"] if row["account_id"] == "A-9001")["account_id"] = "A9001"

    commands.must(
        "load",
        mistyped.write_registry(),
        *("--remove", "account_links.csv:P1/NL/A-9001", "--by", "pat", "--reason", "mistyped"),
    )
    commands.must(*RUN)

    assert mistyped.result("2015-06", "P1")["mrr_eur_cents"] == 11_500_00


def test_load_needs_no_billing_database(mistyped: World) -> None:
    mistyped.billing_db("NL").write_bytes(b"no database")

    loaded = command_line(mistyped)("load", mistyped.write_registry())

    assert (loaded.status, loaded.stderr) == (0, "")
    with pytest.raises(sqlite3.DatabaseError):
        mistyped.execute("NL", "SELECT 1 FROM program_mrr_line")


def test_sound_links_are_not_named(mistyped: World) -> None:
    mistyped.execute("NL", "UPDATE program_reseller_account SET account_id = 'A-9001' WHERE account_id = 'A9001'")

    loaded = command_line(mistyped)("load", mistyped.write_registry())

    assert loaded.stderr == ""
