"""The answers to questions: a quote, the receipt of a decision, what an installation lacks."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.quote import Quote
from partner_program.domain.refusals import NoRuleInForce, NotAuthorized, NotDefined, Refusal
from partner_program.usecases.doctor import Examined, examine
from partner_program.usecases.explain import explain, receipt_file
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.orders import Order, quote_order
from tests.smtp.fault_server import FaultServer
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.worlds import NamedConnections, World

# Quotes


@pytest.fixture
def assessed(world: World) -> World:
    world.legacy("P2", 1200)
    june_in_force(world)
    return world


def quoted(world: World, partner_id: str, day: str, **values: Any) -> tuple[Quote, str]:
    order = Order(partner_id, date.fromisoformat(day), 100_00, 50_00, 1)
    priced, rate = quote_order(world.installation, replace(order, **values))
    return priced, str(rate.valid_from)


def test_an_order_is_priced_with_the_rate_of_its_own_day_for_ever(assessed: World) -> None:
    before = quoted(assessed, "P1", "2015-08-01")
    assert (before[0].monthly_fee_cents, before[0].setup_fee_cents, before[1]) == (92_00, 40_00, GO_LIVE)
    assessed.grant("G1", "P1", 4, "2015-08-10", "2015-12-01")
    assessed.load()
    assessed.settle(JULY, on="2015-08-20")
    assert quoted(assessed, "P1", "2015-08-01") == before
    assert quoted(assessed, "P1", "2015-08-19") == before
    later = quoted(assessed, "P1", "2015-08-20")
    assert (later[0].monthly_fee_cents, later[0].setup_fee_cents, later[1]) == (85_00, 25_00, "2015-08-20")


def test_a_legacy_discount_is_named_as_such_in_the_quote(assessed: World) -> None:
    priced, _ = quoted(assessed, "P2", "2015-08-01")
    assert priced.monthly_fee_cents == 88_00
    assert any("legacy" in step.rule for step in priced.steps)


def test_a_quote_needs_a_rate_a_rule_and_an_authorised_partner(world: World, assessed: World) -> None:
    world.partner("P8", status="suspended")
    world.partner("P9")
    world.load()
    with pytest.raises(NotAuthorized, match="P8 is suspended"):
        quoted(assessed, "P8", "2015-08-01")
    with pytest.raises(NotDefined, match="P9 has no rate on 2015-08-01: no month was assessed and no grant made"):
        quoted(assessed, "P9", "2015-08-01")
    with pytest.raises(NoRuleInForce):
        quoted(assessed, "P1", "2015-07-26")
    with pytest.raises(Refusal, match="P7 is not in the registry"):
        quoted(assessed, "P7", "2015-08-01")


# Receipts


def receipt(here: Installation, partner_id: str, month: BillingMonth) -> Any:
    return json.loads(receipt_file(explain(here, partner_id, month)))


def test_a_receipt_shows_each_line_its_share_and_the_band_it_led_to(world: World) -> None:
    world.bill("A1", "2015-01", 1_200_00, term_months=12, service_end="2016-01-01")
    world.bill("A1", JUNE, 75_00, charge_kind="setup")
    june_in_force(world)
    told = receipt(world.installation, "P1", BillingMonth.parse(JUNE))
    lines = {(line["term_months"], line["charge_kind"]): line for line in told["lines"]}
    assert lines[12, "recurring"]["share_minor"] == "10000"
    assert lines[12, "recurring"]["share"] == "120000 / 12 months * 30 / 30 days"
    assert (lines[None, "setup"]["bucket"], lines[None, "setup"]["share"]) == ("setup", "not counted")
    assert told["result"]["mrr_eur_cents"] == 2_100_00
    assert told["band"] == {"tier": 2, "from_mrr_cents": 2_000_00, "below_cents": 5_000_00}
    assert [each["entity"] for each in told["snapshots"]] == ["NL", "US"]
    assert told["held"] is None


def test_the_receipt_of_a_held_partner_shows_its_faulty_line(world: World) -> None:
    world.grant("G1", "P2", 4, "2015-06-01", "2015-12-01")
    three_partners(world).execute("US", "UPDATE program_mrr_line SET term_months = 0 WHERE account_id = 'B2'")
    world.settle(JUNE, on=GO_LIVE)
    told = receipt(world.installation, "P2", BillingMonth.parse(JUNE))
    assert told["held"].startswith("entity US: line L4: term_months is 0")
    assert [(line["bucket"], line["line_id"]) for line in told["lines"]] == [("faulty", "L4")]
    assert (told["band"], told["legacy"], told["grants"]) == (None, [], [])


def test_the_receipt_names_the_grant_and_the_older_agreement(world: World) -> None:
    world.grant("G1", "P1", 4, "2015-06-01", "2015-12-01")
    world.legacy("P1", 3000)
    june_in_force(world)
    told = receipt(world.installation, "P1", BillingMonth.parse(JUNE))
    assert [(each["grant_id"], each["tier"], each["outcome"]) for each in told["grants"]] == [("G1", 4, None)]
    assert [(each["component"], each["discount_bp"]) for each in told["legacy"]] == [("monthly_fee", 3000)]


def test_a_receipt_needs_an_assessed_partner_and_a_month_that_was_run(world: World) -> None:
    world.partner("P8", status="suspended")
    three_partners(world)
    june = BillingMonth.parse(JUNE)
    with pytest.raises(Refusal, match="month 2015-06 is not assessed: run `partner-program run 2015-06`"):
        explain(world.installation, "P1", june)
    world.settle(JUNE, on=GO_LIVE)
    with pytest.raises(Refusal, match="P8 has no assessment in 2015-06: it was not authorised when the month ran"):
        explain(world.installation, "P8", june)
    with pytest.raises(Refusal, match="P7 is not in the registry"):
        explain(world.installation, "P7", june)


# The register


def test_a_month_that_was_never_run_has_no_register(world: World) -> None:
    three_partners(world)
    with pytest.raises(Refusal, match="month 2015-06 is not assessed: run `partner-program run 2015-06`"):
        world.register(JUNE)


# The doctor


def sound(here: Installation) -> dict[str, bool]:
    return {found.subject: found.sound for found in examine(here, today=lambda: date(2015, 8, 3))}


def test_the_doctor_finds_a_sound_installation_sound(world: World) -> None:
    three_partners(world)
    assert set(sound(world.installation).values()) == {True}


def test_the_doctor_says_what_to_do_where_something_is_missing(world: World, tmp_path: Path) -> None:
    three_partners(world)
    del world.connections["billing_us"]
    told = {
        found.subject: found.message
        for found in examine(world.installation, today=lambda: date(2015, 8, 3))
        if not found.sound
    }
    assert told == {"billing_us": "not set: set AIRFLOW_CONN_BILLING_US"}
    nothing = Installation(NamedConnections(), tmp_path / "nowhere", tmp_path / "out")
    assert set(sound(nothing).values()) == {False}


def test_the_doctor_names_a_catalogue_that_is_not_finished(world: World, tmp_path: Path) -> None:
    here = replace(
        three_partners(world).installation, include=Path(copytree(PROJECT / "include", tmp_path / "include"))
    )
    french = here.include / "templates/letters/v1/catalogues/fr.po"
    french.write_text('msgid ""\nmsgstr ""\n"Language: fr_FR\\n"\n', "utf-8")

    told = {found.subject: found.message for found in examine(here, today=lambda: date(2015, 8, 3)) if not found.sound}
    assert list(told) == ["letter templates"]
    assert "fr.po: is not finished, and a letter may not be in two languages" in told["letter templates"]


def ledger(world: World, include: Path, rows: str | None) -> Examined:
    """What the doctor says of the ledger's accounts: `rows` of its file, without one for None."""
    here = replace(world.installation, include=include)
    (include / "program").mkdir(parents=True)
    copy(PROJECT / "include/program/2015-07-27.yaml", include / "program")
    if rows is not None:
        header = "entity,product,tier,debit_account,credit_account\n"
        (include / "program/ledger_accounts.csv").write_text(header + rows, "utf-8")
    (told,) = [each for each in examine(here, today=lambda: date(2015, 8, 3)) if each.subject == "ledger_accounts.csv"]
    return told


def test_the_doctor_says_every_fault_of_the_ledgers_accounts(world: World, tmp_path: Path) -> None:
    told = ledger(three_partners(world), tmp_path / "own", "*,*,*,7000,7000\n*,*,silver,7000,8000\n")
    assert not told.sound
    assert "ledger_accounts.csv:2: credit_account: '7000'" in told.message
    assert "ledger_accounts.csv:3: tier: 'silver'" in told.message


def test_the_doctor_says_that_no_ledger_has_accounts_here_and_finds_no_fault_in_it(
    world: World, tmp_path: Path
) -> None:
    told = ledger(three_partners(world), tmp_path / "own", None)
    assert told.sound
    assert told.message.startswith("not there: nothing is posted for a ledger")


def test_the_doctor_warns_of_discounts_without_an_account_and_of_accounts_for_nothing(
    world: World, tmp_path: Path
) -> None:
    """NL has accounts for one product, and for every other one but in Tier 6; US for the product alone."""
    rows = [f"NL,*,{tier},7000,8000" for tier in (1, 2, 3, 4, 5, 9, "none", "older agreement")]
    rows += [f"NL,*,{tier},7001,8000" for tier in ("not authorized", "before the programme", "order not known")]
    told = ledger(three_partners(world), tmp_path / "own", "\n".join([*rows, "*,cdn,*,7000,8000", "XX,*,*,1,2"]) + "\n")
    assert told.sound
    assert told.doubts == (
        "no entity XX: its accounts of the ledger are for nothing",
        "no tier 9: its accounts of the ledger are for nothing",
        "no account of the ledger for entity NL, tier 6, of a product that no row names",
        "no account of the ledger for entity US, any tier, of a product that no row names",
    )


def test_the_doctor_names_a_database_that_was_never_made(world: World) -> None:
    told = {found.subject: found.message for found in examine(world.installation, today=lambda: date(2015, 8, 3))}
    assert told["programme database"].endswith("run `partner-program init`")


def test_the_environment_names_the_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PARTNER_PROGRAM_OUT", str(tmp_path))
    monkeypatch.delenv("PARTNER_PROGRAM_INCLUDE", raising=False)
    here = Installation.here(NamedConnections())
    assert (here.include, here.out) == (PROJECT / "include", tmp_path)
    assert here.history_program(BillingMonth.parse(JUNE)) is None
    assert here.history_program(BillingMonth.parse(JULY)) == here.programs[0]


MAIL = {
    "a misspelt key": ({"bounce_adress": "b@h.example"}, "bounce_adress: not known; known are allowed_domains, "),
    "a bounce address without a domain": ({"bounce_address": "bounces"}, "bounce_address: e-mail address"),
    "a key of the mail server": ({"security": "ssl"}, "security: expected one of"),
    "one that is wrong although live is off": (
        {"live": False, "reply_timeout": -1},
        "reply_timeout: expected",
    ),
    "nobody to write to": ({"live": True}, 'live sending needs "allowed_domains"'),
}


@pytest.mark.parametrize(("extra", "named"), MAIL.values(), ids=MAIL)
def test_the_doctor_looks_at_every_key_of_the_mail_server(world: World, extra: dict[str, object], named: str) -> None:
    three_partners(world)
    found = mail_server_of(world, **extra)
    assert not found.sound
    assert found.message.startswith("connection letters_smtp: ")
    assert named in found.message


def test_the_doctor_greets_the_mail_server_where_letters_are_really_sent(world: World) -> None:
    three_partners(world)
    with FaultServer("plain") as server:
        fields = {**server.connection_fields().extra, "allowed_domains": ["p1.example"], "port": server.port}
        found = mail_server_of(world, live=True, **fields)
        assert (found.sound, server.commands[-1]) == (True, "QUIT")
        assert f"127.0.0.1:{server.port} takes letters for p1.example; bounces come to " in found.message
        assert "live is off" in mail_server_of(world, **fields).message
        assert server.conversations == 1
    assert "not reachable" in mail_server_of(world, live=True, **fields).message


def mail_server_of(world: World, port: int = 25, **extra: object) -> Examined:
    """What the doctor says of a mail server on this host."""
    world.connections["letters_smtp"] = ConnectionFields(
        "letters_smtp", "smtp", host="127.0.0.1", port=port, extra={"security": "none", **extra}
    )
    examined = {each.subject: each for each in examine(world.installation, today=lambda: date(2015, 8, 3))}
    return examined["letters_smtp"]
