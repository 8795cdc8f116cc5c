"""Lines of which the billing system does not say what they are for: one warning for each doubt and currency."""

from partner_program.domain.doubtful_lines import doubtful_line_findings
from partner_program.domain.findings import EXAMPLES
from partner_program.domain.revenue import DoubtfulLine, EntityRevenue


def doubtful(line_id: str, amount: int, doubt: str = "typed by hand", currency: str = "EUR") -> DoubtfulLine:
    return DoubtfulLine(line_id, "A1", currency, "one_off", "2015-06-16", "2015-06-17", amount, doubt)


def frozen(entity: str, *lines: DoubtfulLine) -> EntityRevenue:
    return EntityRevenue(entity, (), (), (), (), doubtful_lines=lines)


def test_lines_of_one_doubt_are_one_warning_with_their_sum_and_their_names() -> None:
    lines = [doubtful("L1", 60_00), doubtful("L2", -10_00), doubtful("L3", 1_00, currency="USD")]

    found = doubtful_line_findings([frozen("DE"), frozen("NL", *lines, doubtful("L4", 5_00, "no dates"))])

    assert [(each.entity, each.severity, each.check, each.count, each.message) for each in found] == [
        ("NL", "warning", "doubtful", 1, "1 line of 5.00 EUR: no dates"),
        ("NL", "warning", "doubtful", 2, "2 lines of 50.00 EUR: typed by hand"),
        ("NL", "warning", "doubtful", 1, "1 line of 1.00 USD: typed by hand"),
    ]
    assert found[1].examples == (
        "line L1, account A1, one_off: 2015-06-16 to 2015-06-17, 60.00",
        "line L2, account A1, one_off: 2015-06-16 to 2015-06-17, -10.00",
    )


def test_a_warning_stays_short_whatever_the_entity_wrote_and_however_many_lines_there_are() -> None:
    many = [doubtful(f"L{number}", 1, "\x1b[31mwhy\n" * 100) for number in range(EXAMPLES + 1)]

    (found,) = doubtful_line_findings([frozen("NL", *many)])

    assert (found.count, len(found.examples)) == (EXAMPLES + 1, EXAMPLES)
    assert found.message.isprintable()
    assert len(found.message) < 250
