"""What blocks a signature, and an entity's lines beside what it declared."""

from partner_program.domain.month_checks import agreements, blockers
from partner_program.domain.month_overview import EntityLines
from partner_program.domain.totals import Bucket


def bucket(name: str, minor: int) -> Bucket:
    return Bucket("NL", "EUR", name, 1, minor)


def test_drafts_and_void_documents_are_not_in_what_an_entity_declared() -> None:
    lines = EntityLines("NL", "EUR", {"counted": bucket("counted", 1_000_00), "draft": bucket("draft", 30_00)})
    (found,) = agreements([lines], {("NL", "EUR"): 1_000_00})
    assert (found.posted_minor, found.unposted_minor, found.difference_minor) == (1_000_00, 30_00, 0)


def test_a_cent_too_much_shows_and_nothing_declared_is_no_zero() -> None:
    lines = EntityLines("NL", "EUR", {"counted": bucket("counted", 1_000_00)})
    (differs,) = agreements([lines], {("NL", "EUR"): 1_000_01})
    (undeclared,) = agreements([lines], {})
    assert (differs.difference_minor, undeclared.difference_minor) == (1, None)


def test_a_close_of_a_currency_without_lines_is_a_row_too() -> None:
    (found,) = agreements([], {("US", "USD"): 0})
    assert (found.lines.entity, found.posted_minor, found.difference_minor) == ("US", 0, 0)


def test_what_blocks_a_signature_is_named_by_how_many() -> None:
    found = blockers(held=1, proposed=2, unpublished=3, recipients=4)
    assert [each.words for each in found] == [
        "A restatement of 2 partners is proposed",
        "1 partner held",
        "3 accounts without the published rate",
        "4 letters not delivered",
    ]
    assert blockers(held=0, proposed=0, unpublished=0, recipients=0) == ()
