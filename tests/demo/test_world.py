"""What the demo world promises to show is counted in its files, not in the generator."""

import hashlib
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from demo.calendar_months import MONTHS
from demo.world import WorldSummary, billing_database, build_world, close_late_entity
from partner_program.adapters.files.registry import read_registry
from tests.demo.reference_month import COUNTED, EXCLUDED, billing_rows, table

CONTRACT_HEADERS = {
    "entities": "entity,legal_name,country,currency,time_zone,joined_on,left_on",
    "account_managers": "account_manager_id,name,email,phone",
    "partners": "partner_id,company_name,status,language,country,website,phone,address,vat_id,account_manager_id,"
    "authorized_on",
    "contacts": "partner_id,name,email,role",
    "account_links": "partner_id,entity,account_id,valid_from,valid_to",
    "legacy_agreements": "partner_id,monthly_fee_discount_bp,setup_fee_discount_bp,sla,source,valid_from,valid_to",
    "grace_grants": "grant_id,partner_id,tier,starts_on,ends_on,granted_by,reason",
    "benefit_requests": "partner_id,benefit,status,decided_by,valid_from,valid_to,request_id,quantity,purpose",
    "exchange_rates": "billing_month,currency,units_per_eur,source",
}
ENTITIES = {"NL": "EUR", "DE": "EUR", "UK": "GBP", "US": "USD", "SG": "SGD"}


@pytest.fixture(scope="module")
def lines(world: Path) -> list[dict[str, Any]]:
    return [
        {**line, "entity": entity}
        for entity in ENTITIES
        for line in billing_rows(world, entity, "SELECT * FROM program_mrr_line")
    ]


def fingerprint(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def fingerprint_of_closes(folder: Path) -> list[list[dict[str, Any]]]:
    return [billing_rows(folder, entity, "SELECT * FROM program_period_close") for entity in ENTITIES]


def closed_months(folder: Path, entity: str) -> set[str]:
    return {
        row["billing_month"] for row in billing_rows(folder, entity, "SELECT billing_month FROM program_period_close")
    }


def test_two_builds_are_equal_to_the_byte_even_over_a_former_world(world: Path, tmp_path: Path) -> None:
    build_world(tmp_path, late_entity_closed=True)
    assert fingerprint(tmp_path) != fingerprint(world)
    build_world(tmp_path)
    assert fingerprint(tmp_path) == fingerprint(world)


def test_every_registry_file_has_the_header_of_the_contract(world: Path) -> None:
    found = {path.stem: path.read_text("utf-8").splitlines()[0] for path in (world / "registry").iterdir()}
    assert found == CONTRACT_HEADERS


def test_the_product_reads_the_registry_without_a_fault(world: Path) -> None:
    assert len(read_registry(world / "registry").partners) == len(table(world, "partners"))


def test_five_entities_bill_in_their_currencies(world: Path) -> None:
    assert {row["entity"]: row["currency"] for row in table(world, "entities")} == ENTITIES


def test_there_are_enough_partners_for_two_hundred_migration_letters(world: Path) -> None:
    statuses = Counter(row["status"] for row in table(world, "partners"))
    assert statuses["authorized"] >= 220
    assert min(statuses[status] for status in ("applied", "suspended", "ended")) >= 2


def test_the_summary_says_what_the_files_hold(built: tuple[Path, WorldSummary], lines: list[dict[str, Any]]) -> None:
    folder, summary = built
    partners = table(folder, "partners")
    accounts = sum(len(billing_rows(folder, entity, "SELECT 1 FROM program_reseller_account")) for entity in ENTITIES)
    authorized = sum(1 for row in partners if row["status"] == "authorized")
    assert summary == WorldSummary(len(ENTITIES), len(partners), authorized, accounts, len(lines))


def test_thirty_thousand_lines_touch_the_months_of_the_world(lines: list[dict[str, Any]]) -> None:
    touching = [row for row in lines if row["service_start"] < "2015-09-01" and row["service_end"] > "2014-07-01"]
    assert len(touching) == len(lines) >= 30_000


def test_every_month_has_lines_at_every_entity(world: Path) -> None:
    query = "SELECT 1 FROM program_mrr_line WHERE service_start <= ? AND service_end > ? LIMIT 1"
    for entity in ENTITIES:
        for month in MONTHS:
            assert billing_rows(world, entity, query, str(month.last_day), str(month.first_day))


def test_all_terms_kinds_statuses_and_products_occur(lines: list[dict[str, Any]]) -> None:
    assert {row["term_months"] for row in lines} == {1, 3, 6, 12, 24, 36}
    assert {row["charge_kind"] for row in lines} >= COUNTED | EXCLUDED
    assert {row["document_status"] for row in lines} == {"posted", "draft", "void"}
    products = {"dedicated_server", "cdn", "cloud", "colocation", "private_rack", "private_cloud", "license", "traffic"}
    assert {row["product"] for row in lines} == products


def test_only_two_lines_are_bad_and_both_in_july(lines: list[dict[str, Any]]) -> None:
    bad = [
        (row["charge_kind"], row["net_amount_minor"], row["service_start"], row["service_end"])
        for row in lines
        if row["charge_kind"] not in COUNTED | EXCLUDED or not isinstance(row["net_amount_minor"], int)
    ]
    july = ("2015-07-01", "2015-08-01")
    assert sorted(bad) == [("subscription", 149_00, *july), ("usage", "1.250,00", *july)]


def test_amounts_are_negative_for_credit_and_goodwill_alone(lines: list[dict[str, Any]]) -> None:
    amounts = [
        (row["charge_kind"], row["net_amount_minor"]) for row in lines if isinstance(row["net_amount_minor"], int)
    ]
    assert {kind for kind, minor in amounts if minor < 0} == {"credit", "goodwill"}
    assert {kind for kind, minor in amounts if minor == 0} == {"recurring"}  # seeding units


def test_a_service_is_never_billed_twice_for_a_day(lines: list[dict[str, Any]]) -> None:
    periods = defaultdict(list)
    for row in lines:
        if row["service_id"] is not None:
            periods[row["entity"], row["service_id"]].append((row["service_start"], row["service_end"]))
    for of_service in periods.values():
        of_service.sort()
        assert all(end <= start for (_, end), (start, _) in pairwise(of_service))


def test_service_periods_run_mid_month_and_from_each_31st_and_over_two_days(lines: list[dict[str, Any]]) -> None:
    periods = {(row["service_start"], row["service_end"]) for row in lines if row["charge_kind"] == "recurring"}
    assert {("2015-06-15", "2015-07-15"), ("2015-01-31", "2015-02-28"), ("2015-07-31", "2015-08-02")} <= periods


def test_credits_correct_months_before_the_one_they_are_posted_in(lines: list[dict[str, Any]]) -> None:
    late = [row for row in lines if row["charge_kind"] == "credit" and row["posted_on"] >= row["service_end"]]
    assert len(late) >= 3


def test_an_entity_has_a_line_in_a_currency_that_is_not_its_own(lines: list[dict[str, Any]]) -> None:
    foreign = {(row["entity"], row["currency"]) for row in lines if row["currency"] != ENTITIES[row["entity"]]}
    assert foreign == {("NL", "USD")}


def test_partners_have_accounts_in_one_to_five_entities(world: Path) -> None:
    entities = defaultdict(set)
    for link in table(world, "account_links"):
        entities[link["partner_id"]].add(link["entity"])
    counts = Counter(len(found) for found in entities.values())
    assert counts[1] > counts[2] + counts[3] > counts[5] >= 2
    assert counts[2] + counts[3] >= 40


def test_an_account_changes_hands_and_another_is_linked_twice(world: Path) -> None:
    links = defaultdict(list)
    for link in table(world, "account_links"):
        links[link["entity"], link["account_id"]].append((link["partner_id"], link["valid_from"], link["valid_to"]))
    shared = sorted(sorted(found) for found in links.values() if len(found) > 1)
    (giver, getter), (one, other) = shared
    assert (giver[0], giver[2], getter[0], getter[1]) == ("P042", "2015-07-01", "P043", "2015-07-01")
    assert (one[0], one[2], other[0], other[2]) == ("P044", "", "P045", "")


def test_reseller_accounts_that_nobody_linked_have_revenue(world: Path, lines: list[dict[str, Any]]) -> None:
    linked = {(link["entity"], link["account_id"]) for link in table(world, "account_links")}
    billed = {(row["entity"], row["account_id"]) for row in lines}
    flagged = {
        (entity, row["account_id"])
        for entity in ENTITIES
        for row in billing_rows(world, entity, "SELECT account_id FROM program_reseller_account")
    }
    assert len(flagged - linked) >= 3
    assert flagged - linked <= billed
    assert linked <= flagged


def test_two_unlinked_accounts_share_the_mail_domain_of_a_partner(world: Path) -> None:
    query = "SELECT account_id, email_domain FROM program_reseller_account"
    linked = {link["account_id"]: link["partner_id"] for link in table(world, "account_links")}
    rows = [row for entity in ENTITIES for row in billing_rows(world, entity, query)]
    owners = {row["email_domain"]: linked[row["account_id"]] for row in rows if row["account_id"] in linked}
    free = {row["account_id"]: owners.get(row["email_domain"]) for row in rows if row["account_id"] not in linked}
    alike = {account_id: owner for account_id, owner in free.items() if owner}
    assert alike == {"NL190011": "P066", "DE290013": "P004"}


def test_only_the_late_entity_has_not_closed_july(world: Path) -> None:
    every_month = {str(month) for month in MONTHS}
    for entity in ENTITIES:
        missing = {"2015-07", "2015-08"} if entity == "SG" else set()
        assert closed_months(world, entity) == every_month - missing


def test_the_late_entity_closes_on_request_and_doing_it_twice_changes_nothing(
    closed_world: Path, tmp_path: Path
) -> None:
    build_world(tmp_path)
    for _ in range(2):
        close_late_entity(tmp_path)
        assert fingerprint_of_closes(tmp_path) == fingerprint_of_closes(closed_world)
    assert closed_months(tmp_path, "SG") == {str(month) for month in MONTHS}


@pytest.mark.parametrize("month", [str(month) for month in MONTHS])
def test_closes_count_and_add_up_the_posted_lines_of_the_month(
    month: str, world: Path, lines: list[dict[str, Any]]
) -> None:
    first_day = date.fromisoformat(f"{month}-01")
    following = first_day.replace(year=first_day.year + first_day.month // 12, month=first_day.month % 12 + 1)
    expected: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in lines:
        overlaps = row["service_start"] < str(following) and row["service_end"] > str(first_day)
        if row["document_status"] == "posted" and overlaps and not (row["entity"] == "SG" and month > "2015-06"):
            sums = expected[row["entity"], row["currency"]]
            sums[0] += 1
            sums[1] += row["net_amount_minor"] if isinstance(row["net_amount_minor"], int) else 0
    query = "SELECT * FROM program_period_close WHERE billing_month = ?"
    found = {
        (entity, row["currency"]): [row["line_count"], row["control_total_minor"]]
        for entity in ENTITIES
        for row in billing_rows(world, entity, query, month)
    }
    assert found == dict(expected)


def test_no_close_is_older_than_a_line_that_it_counts(world: Path) -> None:
    query = """
        SELECT line_id FROM program_mrr_line JOIN program_period_close USING (currency)
        WHERE document_status = 'posted' AND service_start < DATE(billing_month || '-01', '+1 month')
          AND service_end > billing_month || '-01' AND posted_on > SUBSTR(closed_at, 1, 10)"""
    assert [row for entity in ENTITIES for row in billing_rows(world, entity, query)] == []


def test_the_july_closes_were_there_when_july_was_assessed(world: Path) -> None:
    query = "SELECT MAX(closed_at) AS last FROM program_period_close WHERE billing_month = '2015-07'"
    assert all(billing_rows(world, entity, query)[0]["last"] < "2015-08-03" for entity in ENTITIES if entity != "SG")


def test_lines_can_be_found_by_the_end_of_their_service_period(world: Path) -> None:
    for entity in ENTITIES:
        with closing(sqlite3.connect(billing_database(world, entity))) as connection:
            plan = connection.execute(
                "EXPLAIN QUERY PLAN SELECT * FROM program_mrr_line WHERE service_end > '2015-07-01'"
            )
            assert "program_mrr_line_service_end" in plan.fetchone()[-1]


def test_every_address_is_one_that_cannot_exist(world: Path) -> None:
    hosts = [row["email"].rpartition("@")[2] for name in ("contacts", "account_managers") for row in table(world, name)]
    hosts += [row["website"] for row in table(world, "partners")]
    assert all(host.endswith(".example") for host in hosts)


def test_every_partner_can_be_written_to_by_one_to_three_contacts(world: Path) -> None:
    billing = Counter(row["partner_id"] for row in table(world, "contacts") if row["role"] == "billing")
    assert billing.keys() == {row["partner_id"] for row in table(world, "partners")}
    assert set(billing.values()) == {1, 2, 3}
    assert len({row["email"] for row in table(world, "contacts")}) == len(table(world, "contacts"))


def test_names_languages_and_managers_are_mixed(world: Path) -> None:
    partners = table(world, "partners")
    names = {row["company_name"] for row in partners}
    assert len(names) == len(partners)
    assert {row["language"] for row in partners} == {"en", "nl", "de"}
    assert len({row["country"] for row in partners}) >= 20
    assert len({row["account_manager_id"] for row in partners}) >= 5
    for sign in ("'", "&", "<", '"', ",", "=", "ö", "é", "社", "א", "я", "ال"):
        assert any(sign in name for name in names), sign


def test_legacy_terms_lie_above_and_below_the_tiers_and_some_end(world: Path) -> None:
    agreements = {row["partner_id"]: row for row in table(world, "legacy_agreements")}
    assert int(agreements["P024"]["monthly_fee_discount_bp"]) > 2500
    assert agreements["P025"]["valid_to"] == "2015-08-01"
    assert {bool(row["valid_to"]) for row in agreements.values()} == {True, False}
    assert "" in {row["sla"] for row in agreements.values()}
