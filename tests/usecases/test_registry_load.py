"""Loading the registry into the programme's database: all or nothing, and loading it twice changes nothing."""

import json
from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from partner_program.adapters.database.acts import load_acts
from partner_program.adapters.database.registry import load_registry
from partner_program.domain.acts import Doer
from partner_program.domain.refusals import UnsoundFiles
from partner_program.domain.registry import Removals
from partner_program.usecases.doctor import examine
from partner_program.usecases.registry import load_registry_folder
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World


@pytest.fixture
def loaded(world: World) -> World:
    world.grant("G1", "P1", 4, "2015-06-01", "2015-07-20")
    world.legacy("P2", 1200, 0, "Gold")
    world.tables["benefit_requests"].append(
        {"partner_id": "P1", "benefit": "post_payment", "status": "requested", "valid_from": "2015-07-01"}
    )
    return three_partners(world)


def test_loading_the_same_files_twice_changes_no_byte(loaded: World) -> None:
    before = loaded.fingerprint()
    assert loaded.load() == 0
    assert loaded.fingerprint() == before


def test_what_is_loaded_is_read_back_as_it_was_written(loaded: World) -> None:
    with loaded.installation.database.reading() as connection:
        registry = load_registry(connection)
    assert [each.partner_id for each in registry.partners] == ["P1", "P2", "P3"]
    assert [str(each.units_per_eur) for each in registry.exchange_rates] == ["1.1"] * 3
    (agreement,) = registry.legacy_agreements
    assert (agreement.monthly_fee_discount_bp, agreement.sla, agreement.period.valid_to) == (1200, "Gold", None)
    (grant,) = registry.grace_grants
    assert (grant.grant_id, grant.tier, str(grant.period.valid_to)) == ("G1", 4, "2015-07-20")


def test_the_registry_of_some_partners_has_all_of_theirs_and_nothing_of_others(loaded: World) -> None:
    with loaded.installation.database.reading() as connection:
        whole, theirs = load_registry(connection), load_registry(connection, ["P2"])
    for table in ("partners", "contacts", "account_links", "legacy_agreements", "grace_grants"):
        rows = getattr(whole, table)
        assert getattr(theirs, table) == tuple(each for each in rows if each.partner_id == "P2")
        assert len(getattr(theirs, table)) < len(rows) or table == "legacy_agreements"
    for table in ("entities", "account_managers", "exchange_rates"):
        assert getattr(theirs, table) == getattr(whole, table) != ()


def test_each_changed_new_and_removed_row_counts_once(loaded: World) -> None:
    loaded.tables["partners"][0]["phone"] = "+31 20 2"
    loaded.tables["partners"][1]["address"] = "Street 2"
    loaded.tables["contacts"].append({"partner_id": "P1", "name": "Al", "email": "al@p1.example", "role": "technical"})
    del loaded.tables["exchange_rates"][0]
    assert loaded.load() == 4
    assert loaded.rows("SELECT phone FROM partner WHERE partner_id = 'P1'") == [("+31 20 2",)]
    assert loaded.rows("SELECT count(*) FROM exchange_rate") == [(2,)]
    assert loaded.load() == 0


def test_an_account_manager_can_be_replaced_and_removed_in_one_load(loaded: World) -> None:
    loaded.tables["account_managers"] = [{"account_manager_id": "M2", "name": "Al", "email": "al@host.example"}]
    for row in loaded.tables["partners"]:
        row["account_manager_id"] = "M2"
    loaded.load()
    assert loaded.rows("SELECT account_manager_id FROM account_manager") == [("M2",)]


def without_partner(world: World) -> None:
    world.tables["partners"] = [row for row in world.tables["partners"] if row["partner_id"] != "P3"]
    for name in ("contacts", "account_links"):
        world.tables[name] = [row for row in world.tables[name] if row["partner_id"] != "P3"]


def without_entity(world: World) -> None:
    for name in ("entities", "account_links"):
        world.tables[name] = [row for row in world.tables[name] if row["entity"] != "US"]


def without_grant(world: World) -> None:
    world.tables["grace_grants"].clear()


GONE = "is in the database and no longer in the files:"
MISTAKE = "or, if the row was a mistake, load with --remove"


def link_fault(key: str) -> str:
    return f"account_links.csv:{key} {GONE} give it a valid_to, {MISTAKE} account_links.csv:{key}"


GRANT_FAULT = f"grace_grants.csv:G1 {GONE} a grant is a promise: leave it to lapse, {MISTAKE} grace_grants.csv:G1"
PARTNER_FAULT = f"partners.csv:P3 {GONE} set its status to ended, {MISTAKE} partners.csv:P3"


@pytest.mark.parametrize(
    ("vanish", "faults"),
    [
        (without_partner, [PARTNER_FAULT, link_fault("P3/NL/A3"), link_fault("P3/US/B3")]),
        (
            without_entity,
            [f"entities.csv:US {GONE} set its left_on", link_fault("P2/US/B2"), link_fault("P3/US/B3")],
        ),
        (without_grant, [GRANT_FAULT]),
        (lambda world: world.tables["account_links"].pop(0), [link_fault("P1/NL/A1")]),
        (
            lambda world: world.tables["account_links"].clear(),
            [link_fault(key) for key in ("P1/NL/A1", "P2/US/B2", "P3/NL/A3", "P3/US/B3")],
        ),
        (
            lambda world: world.tables["legacy_agreements"].clear(),
            [
                f"legacy_agreements.csv:P2/contract of 2012 {GONE} give it a valid_to, "
                f"{MISTAKE} 'legacy_agreements.csv:P2/contract of 2012'"
            ],
        ),
    ],
    ids=["partner", "entity", "grant", "one link", "all links", "agreement"],
)
def test_a_row_that_vanishes_is_refused_by_name_and_nothing_is_loaded(
    loaded: World, vanish: Any, faults: list[str]
) -> None:
    before = loaded.fingerprint()
    vanish(loaded)
    loaded.tables["exchange_rates"].append(
        {"billing_month": "2015-09", "currency": "USD", "units_per_eur": "1.2", "source": "a test"}
    )
    with pytest.raises(UnsoundFiles) as refused:
        loaded.load()
    assert refused.value.faults == faults
    assert loaded.fingerprint() == before


def test_every_removed_row_is_reported_at_once(loaded: World) -> None:
    without_partner(loaded)
    without_grant(loaded)
    with pytest.raises(UnsoundFiles) as refused:
        loaded.load()
    assert refused.value.faults == [PARTNER_FAULT, link_fault("P3/NL/A3"), link_fault("P3/US/B3"), GRANT_FAULT]


def test_changed_days_are_a_correction_of_a_link_or_an_agreement(loaded: World) -> None:
    loaded.tables["account_links"][0].update(valid_from="2013-01-01", valid_to="2016-01-01")
    loaded.tables["legacy_agreements"][0].update(valid_from="2013-01-01")
    assert loaded.load() == 4  # each: one row out, one row in
    assert loaded.rows("SELECT valid_from FROM account_link WHERE account_id = 'A1'") == [("2013-01-01",)]


def test_one_of_two_links_of_an_account_may_leave_and_not_the_last(loaded: World) -> None:
    loaded.tables["account_links"][0]["valid_to"] = "2014-01-01"
    loaded.link("P1", "NL", "A1", since="2014-06-01")
    loaded.load()
    loaded.tables["account_links"].pop(0)
    assert loaded.load() == 1
    loaded.tables["account_links"].pop()
    with pytest.raises(UnsoundFiles, match="P1/NL/A1"):
        loaded.load()


def test_a_link_that_moves_to_another_partner_ends_at_the_first(loaded: World) -> None:
    loaded.tables["account_links"][0]["partner_id"] = "P2"
    with pytest.raises(UnsoundFiles, match="P1/NL/A1"):
        loaded.load()


# Rows that were a mistake

PAT = Doer("pat", "wrong account", 1_438_000_000)


def remove(world: World, *rows: str) -> int:
    return load_registry_folder(world.installation, world.write_registry(), Removals(rows, PAT))[1]


def test_a_mistaken_row_is_removed_by_its_name_and_stays_on_record(loaded: World) -> None:
    loaded.tables["account_links"].pop(0)
    loaded.tables["legacy_agreements"].clear()
    rows = ("account_links.csv:P1/NL/A1", "legacy_agreements.csv:P2/contract of 2012")
    assert remove(loaded, *rows) == 2
    with loaded.installation.database.reading() as connection:
        acts = load_acts(connection, "registry_removal")
    assert [(act.subject, act.doer) for act in acts] == [(row, PAT) for row in rows]
    assert json.loads(acts[0].detail) == [
        {"partner_id": "P1", "entity": "NL", "account_id": "A1", "valid_from": "2012-01-01", "valid_to": None}
    ]
    assert acts[0].decided_hash == sha256(acts[0].detail.encode()).hexdigest()
    before = loaded.fingerprint()
    assert loaded.load() == 0
    assert loaded.fingerprint() == before


def test_a_removal_lets_no_other_row_vanish(loaded: World) -> None:
    before = loaded.fingerprint()
    loaded.tables["account_links"].clear()
    with pytest.raises(UnsoundFiles) as refused:
        remove(loaded, "account_links.csv:P1/NL/A1")
    assert refused.value.faults == [link_fault(key) for key in ("P2/US/B2", "P3/NL/A3", "P3/US/B3")]
    assert loaded.fingerprint() == before


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("account_links.csv:P1/NL/A2", "no such row is in the database, did you mean account_links.csv:P1/NL/A1"),
        ("legacy_agreements.csv:P9/x", "no such row is in the database"),
        ("account_links.csv:P1/NL/A1", "the row is still in account_links.csv: take it out of the file first"),
    ],
)
def test_a_removal_that_fits_no_vanished_row_is_refused(loaded: World, row: str, why: str) -> None:
    with pytest.raises(UnsoundFiles) as refused:
        remove(loaded, row)
    (fault,) = refused.value.faults
    assert fault.startswith(f"--remove {row}: {why}")


def test_a_second_removal_says_who_removed_the_row(loaded: World) -> None:
    loaded.tables["account_links"].pop(0)
    remove(loaded, "account_links.csv:P1/NL/A1")
    with pytest.raises(UnsoundFiles, match=r"pat removed it \(wrong account\)"):
        remove(loaded, "account_links.csv:P1/NL/A1")


def test_a_partner_and_a_grant_of_which_no_month_knows_can_be_removed(loaded: World) -> None:
    without_partner(loaded)
    without_grant(loaded)
    rows = ["partners.csv:P3", "account_links.csv:P3/NL/A3", "account_links.csv:P3/US/B3", "grace_grants.csv:G1"]
    assert remove(loaded, *rows) == 5  # its contact too
    assert loaded.rows("SELECT partner_id FROM partner") == [("P1",), ("P2",)]


def test_a_partner_or_grant_that_a_month_used_stays(loaded: World) -> None:
    loaded.settle(JUNE, on=GO_LIVE)
    without_partner(loaded)
    without_grant(loaded)
    rows = ["partners.csv:P3", "account_links.csv:P3/NL/A3", "account_links.csv:P3/US/B3", "grace_grants.csv:G1"]
    with pytest.raises(UnsoundFiles) as refused:
        remove(loaded, *rows)
    assert refused.value.faults == [
        "--remove partners.csv:P3: months were decided for this partner: set its status to ended",
        "--remove grace_grants.csv:G1: a month or a rate already used this grant: leave it to lapse",
    ]


def test_an_open_grant_may_be_corrected(loaded: World) -> None:
    loaded.tables["grace_grants"][0]["ends_on"] = "2015-10-01"
    assert loaded.load() == 1


def test_a_settled_grant_can_no_longer_change(loaded: World) -> None:
    loaded.settle(JUNE, on=GO_LIVE)
    assert loaded.rows("SELECT outcome FROM assessment_grant") == [("lapsed",)]
    before = loaded.fingerprint()
    loaded.tables["grace_grants"][0]["ends_on"] = "2015-10-01"
    with pytest.raises(UnsoundFiles, match="grace_grant: G1 is settled and cannot change: write a new grant"):
        loaded.load()
    assert loaded.fingerprint() == before


def test_a_file_with_a_fault_loads_nothing(loaded: World) -> None:
    before = loaded.fingerprint()
    loaded.tables["partners"][0]["phone"] = "+31 20 2"
    loaded.tables["partners"][1]["status"] = "friend"
    with pytest.raises(UnsoundFiles, match=r"partners.csv:3: status"):
        loaded.load()
    assert loaded.fingerprint() == before


def test_the_programme_names_the_benefits_that_may_be_asked_for(loaded: World) -> None:
    loaded.tables["benefit_requests"][0]["benefit"] = "free_lunch"
    with pytest.raises(UnsoundFiles, match=r"benefit_requests.csv:2: benefit: .*free_lunch"):
        loaded.load()


def test_doctor_names_two_partners_with_one_vat_number_and_is_sound(loaded: World) -> None:
    for row in loaded.tables["partners"][:2]:
        row["vat_id"] = "NL001234567B01"
    loaded.load()
    (database,) = (
        each
        for each in examine(loaded.installation, today=lambda: date(2015, 8, 3))
        if each.subject == "programme database"
    )
    assert database.sound
    assert [doubt.partition(",")[0] for doubt in database.doubts] == ["partners P1"]
