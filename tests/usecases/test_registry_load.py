"""Loading the registry into the programme's database: all or nothing, and loading it twice changes nothing."""

from typing import Any

import pytest

from partner_program.adapters.database.registry import load_registry
from partner_program.domain.refusals import UnsoundFiles
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
    (request,) = registry.benefit_requests
    assert (request.benefit, request.status, str(request.period.valid_from)) == (
        "post_payment",
        "requested",
        "2015-07-01",
    )


def test_the_registry_of_some_partners_has_all_of_theirs_and_nothing_of_others(loaded: World) -> None:
    with loaded.installation.database.reading() as connection:
        whole, theirs = load_registry(connection), load_registry(connection, ["P2"])
    for table in ("partners", "contacts", "account_links", "legacy_agreements", "grace_grants", "benefit_requests"):
        rows = getattr(whole, table)
        assert getattr(theirs, table) == tuple(each for each in rows if each.partner_id == "P2")
        assert len(getattr(theirs, table)) < len(rows) or table == "legacy_agreements"
    for table in ("entities", "account_managers", "exchange_rates"):
        assert getattr(theirs, table) == getattr(whole, table) != ()


def test_each_changed_new_and_removed_row_counts_once(loaded: World) -> None:
    loaded.tables["partners"][0]["phone"] = "+31 20 2"
    loaded.tables["partners"][1]["address"] = "Street 2"
    loaded.tables["contacts"].append({"partner_id": "P1", "name": "Al", "email": "al@p1.example", "role": "technical"})
    del loaded.tables["account_links"][0]
    assert loaded.load() == 4
    assert loaded.rows("SELECT phone FROM partner WHERE partner_id = 'P1'") == [("+31 20 2",)]
    assert loaded.rows("SELECT count(*) FROM account_link") == [(3,)]
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


@pytest.mark.parametrize(
    ("vanish", "words"),
    [
        (without_partner, "partner: P3 is in the database and no longer in the files: set its status to ended"),
        (without_entity, "entity: US is in the database and no longer in the files: set its left_on"),
        (without_grant, "grace_grant: G1 is in the database and no longer in the files: a grant is a promise"),
    ],
)
def test_a_removed_row_that_has_to_stay_is_refused_by_name_and_nothing_is_loaded(
    loaded: World, vanish: Any, words: str
) -> None:
    before = loaded.fingerprint()
    vanish(loaded)
    loaded.tables["exchange_rates"].append(
        {"billing_month": "2015-09", "currency": "USD", "units_per_eur": "1.2", "source": "a test"}
    )
    with pytest.raises(UnsoundFiles) as refused:
        loaded.load()
    assert [fault.partition(" leave")[0] for fault in refused.value.faults] == [words + fault_end(words)]
    assert loaded.fingerprint() == before


def fault_end(words: str) -> str:
    return ":" if words.endswith("promise") else ""


def test_every_removed_row_is_reported_at_once(loaded: World) -> None:
    without_partner(loaded)
    without_grant(loaded)
    with pytest.raises(UnsoundFiles) as refused:
        loaded.load()
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["partner", "grace_grant"]


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
