"""Accounts that nobody linked, as the entities list them now, with the revenue of the month as it was settled."""

import re
from datetime import date

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.report import Report
from partner_program.usecases.letters.book import write_book
from partner_program.usecases.reports.missing_accounts import missing_accounts
from tests.cli.conftest import command_line
from tests.worlds import World

JUNE = BillingMonth(2015, 6)
VAT = "NL001234567B01"


@pytest.fixture
def unlinked(tmp_path_factory: pytest.TempPathFactory) -> World:
    """P1 is a cent below Tier 2; A9 at NL and B9 at US have its VAT number and no link."""
    world = World(tmp_path_factory.mktemp("unlinked"))
    world.partner("P1", {"NL": "A1"}, vat_id=VAT)
    world.bill("A1", "2015-06", 1_999_99)
    world.partner("P9", {"NL": "A9", "US": "B9"}, vat_id="DE999999999")
    world.bill("A9", "2015-06", 1)
    world.bill("B9", "2015-06", 240_00, entity="US")
    world.rate("2015-06", "USD", "1.2")
    for entity, account in (("NL", "A9"), ("US", "B9")):
        world.execute(entity, "UPDATE program_reseller_account SET vat_id = ? WHERE account_id = ?", (VAT, account))
    world.tables["account_links"] = [row for row in world.tables["account_links"] if row["partner_id"] != "P9"]
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-27")
    return world


def found(report: Report) -> dict[str, tuple[object, ...]]:
    return {
        row.account_id: (row.certainty, row.account_mrr_eur_cents, row.tier_with_it)  # type: ignore[attr-defined]
        for row in report.table("suggested").rows
    }


def test_each_account_has_the_euros_that_the_month_would_have_counted(unlinked: World) -> None:
    report = missing_accounts(unlinked.installation, JUNE)
    assert found(report) == {"A9": ("certain", 1, 2), "B9": ("certain", 200_00, 2)}
    assert report.said[0] == "1 partner would have another tier: P1."


def test_what_linking_does_is_what_was_said(unlinked: World) -> None:
    (row,) = [
        each for each in missing_accounts(unlinked.installation, JUNE).table("suggested").rows if "A9" in str(each)
    ]
    partner_id, entity, account_id, since, until = row.link.split(",")  # type: ignore[attr-defined]
    unlinked.link(partner_id, entity, account_id, since, until)
    unlinked.load()
    assert "A9" not in found(missing_accounts(unlinked.installation, JUNE))
    unlinked.settle("2015-06", on="2015-07-28")
    said = command_line(unlinked).must("restatement", "show", "2015-06", "--effective-on", "2015-07-28").stdout
    assert "2,000.00" in said


def test_nothing_is_linked_by_itself_and_no_partner_reads_of_an_account_that_nobody_linked(unlinked: World) -> None:
    before = unlinked.fingerprint()
    command_line(unlinked).must("accounts", "suggest", "2015-06")
    assert unlinked.fingerprint() == before
    unlinked.run("2015-06", on="2015-07-27")
    letters = unlinked.folder / "out" / "letters" / "2015-06"
    told = [(letters / f"P1.{form}").read_text("utf-8") for form in ("txt", "html")]
    told += [
        command_line(unlinked).must("explain", "P1", "2015-06", "--for", "partner", "--format", form).stdout
        for form in ("text", "html", "json")
    ]
    for each in told:
        assert "A1" in each
        assert not {"A9", "B9"} & set(re.findall(r"\w+", each))
    book = write_book(unlinked.installation, JUNE, today=date(2015, 7, 27)).read_text("utf-8")
    assert "A9" in book, "who approves the letter is told"


def test_an_entity_that_does_not_answer_is_named_and_the_status_is_1(unlinked: World) -> None:
    unlinked.billing_db("US").write_bytes(b"no database")
    answer = command_line(unlinked)("accounts", "suggest", "2015-06", "--format", "csv")
    assert answer.status == 1
    assert "entity US" in answer.stderr
    assert "P1,NL,A9,2015-06-01," in answer.stdout


def test_that_all_are_linked_is_said_of_the_entities_that_answered_alone(unlinked: World) -> None:
    unlinked.link("P1", "NL", "A9")
    unlinked.link("P1", "US", "B9")
    unlinked.load()
    assert _first_said(unlinked) == "Every reseller account is linked to a partner."
    unlinked.billing_db("US").write_bytes(b"no database")
    assert _first_said(unlinked) == "Every reseller account of the entities that answered is linked to a partner."
    unlinked.billing_db("NL").write_bytes(b"no database")
    assert _first_said(unlinked) == "Nothing is known: no entity's list of accounts could be read."


def _first_said(world: World) -> str:
    return missing_accounts(world.installation, JUNE).said[0]


def test_without_a_month_it_is_the_newest_one_in_force(unlinked: World) -> None:
    assert "2015-06" in command_line(unlinked).must("accounts", "suggest").stdout
