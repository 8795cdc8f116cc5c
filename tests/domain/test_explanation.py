"""What a held month waits for, as a partner is told: its own charges and currencies, and entities for anything else."""

from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.explanation import HeldFor, waits_for
from partner_program.domain.ownership import Ownership
from partner_program.domain.registry import AccountLink
from partner_program.domain.revenue import EntityRevenue, FaultyLine, MrrGroup
from partner_program.domain.totals import HeldPartner

JULY = BillingMonth(2015, 7)
ALWAYS = Period(date(2012, 1, 1), None)
LINKS = [AccountLink("P1", "NL", "A1", ALWAYS), AccountLink("P2", "NL", "A2", ALWAYS)]
FAULT = "entity NL: line L7: net_amount_minor is NULL, expected a whole number"


def faulty(account: str, line: str = "L7") -> FaultyLine:
    return FaultyLine(line, account, "EUR", "recurring", "posted", None, "net_amount_minor", "NULL", "a whole number")


def waiting(
    reason: str, *, lines: tuple[FaultyLine, ...] = (), currency: str = "EUR", entities: tuple[str, ...] = ("NL",)
) -> tuple[HeldFor, ...]:
    group = MrrGroup("A1", currency, "recurring", "posted", 1, 31, 1, 100_00)
    return waits_for(
        partner_id="P1",
        held=HeldPartner("P1", entities, reason),
        legal_names={"NL": "Demo Netherlands B.V.", "SG": "Demo Asia Ltd."},
        revenues=[EntityRevenue("NL", (group,), lines, (), ())],
        ownership=Ownership(month=JULY, links=LINKS, partners=[]),
        rates=frozenset(["USD"]),
    )


def test_a_charge_of_its_own_is_told_by_its_account_once_and_not_another_partners() -> None:
    lines = (faulty("A1"), faulty("A1", "L8"), faulty("A2", "L9"))
    reason = f"{FAULT}; {FAULT.replace('L7', 'L8')}"
    assert waiting(reason, lines=lines) == (HeldFor("charge", "NL", "A1"),)


def test_an_entity_that_is_also_held_for_something_else_is_told_too() -> None:
    found = waiting(f"{FAULT}; entity NL: month 2015-07 not closed", lines=(faulty("A1"),))
    assert found == (HeldFor("charge", "NL", "A1"), HeldFor("entity", "NL", "Demo Netherlands B.V."))


def test_a_currency_without_a_rate_is_told_and_one_with_a_rate_is_not() -> None:
    assert waiting("entity NL: no exchange rate for GBP in 2015-07", currency="GBP") == (HeldFor("rate", "NL", "GBP"),)
    assert waiting("entity SG: month 2015-07 not closed", currency="USD", entities=("SG",)) == (
        HeldFor("entity", "SG", "Demo Asia Ltd."),
    )
