"""The registry's files load as a whole and in order, or all faults are reported at once with file, line and column."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest

from partner_program.adapters.files import registry_forms as forms_of
from partner_program.adapters.files.registry import read_registry
from partner_program.adapters.files.values import code
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.program import Program, Tier
from partner_program.domain.refusals import Refusal, UnsoundFiles
from partner_program.domain.registry import (
    AccountLink,
    AccountManager,
    BenefitRow,
    Contact,
    Entity,
    ExchangeRate,
    GraceGrant,
    LegacyAgreement,
    Partner,
    Registry,
)
from tests.domain.made_month import PROGRAM

WORLD = Path(__file__).parents[2] / "data" / "worked_example" / "registry"

FILES = {
    "entities.csv": "entity,legal_name,country,currency,time_zone,joined_on,left_on,source\n"
    "US,Host Inc.,US,USD,America/New_York,2012-01-01,2016-01-01,ledger\n"
    "NL,Host B.V.,NL,EUR,Europe/Amsterdam,2010-01-01,,\n",
    "account_managers.csv": "account_manager_id,name,email,phone\nM1,Pat Manager,pam@host.example,+31200000000\n",
    "partners.csv": "partner_id,company_name,status,language,country,website,phone,address,vat_id,account_manager_id,"
    "authorized_on\n"
    'P2,=cmd(),applied,de,DE,,,,,M1,\nP1,O\'Neil <b>,authorized,en,NL,https://p1.example,+31,"Street 1, Town",NL1,M1,'
    "2014-01-01\n",
    "contacts.csv": "partner_id,name,email,role\nP1,Jo,jo@p1.example,billing\n",
    "account_links.csv": "partner_id,entity,account_id,valid_from,valid_to\n"
    "P1,NL,A2,2015-07-01,\nP1,NL,A1,2012-01-01,2015-08-15\n",
    "legacy_agreements.csv": "partner_id,monthly_fee_discount_bp,setup_fee_discount_bp,sla,source,valid_from,valid_to\n"
    "P1,3000,0,,letter of 2013,2013-01-01,\n",
    "grace_grants.csv": "grant_id,partner_id,tier,starts_on,ends_on,granted_by,reason\n"
    "G1,P1,6,2015-06-05,2015-08-05,pam,growth plan\n",
    "benefit_requests.csv": "partner_id,benefit,status,decided_by,valid_from,valid_to\nP1,mdf,requested,,2015-07-01,\n",
    "exchange_rates.csv": "billing_month,currency,units_per_eur,source\n2015-07,USD,1.122577,ECB\n2015-06,EUR,1,ECB\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A registry without a fault."""
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8", newline="")
    return tmp_path


Change = Callable[[str, str, str], list[str]]


@pytest.fixture
def faults_after(folder: Path) -> Change:
    """The faults of the registry after one place of one file was changed."""

    def change(name: str, old: str, new: str) -> list[str]:
        assert old in FILES[name]
        (folder / name).write_text(FILES[name].replace(old, new, 1), encoding="utf-8", newline="")
        return faults_of(folder)

    return change


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(UnsoundFiles) as refused:
        read_registry(folder, programs=[PROGRAM])
    return refused.value.faults


# Sound files


def test_every_table_comes_back_as_it_was_written_ordered_by_key(folder: Path) -> None:
    assert read_registry(folder) == Registry(
        entities=(
            Entity("NL", "Host B.V.", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1)),
            Entity(
                "US", "Host Inc.", "US", "USD", "America/New_York", date(2012, 1, 1), date(2016, 1, 1), source="ledger"
            ),
        ),
        account_managers=(AccountManager("M1", "Pat Manager", "pam@host.example", "+31200000000"),),
        partners=(
            Partner(
                partner_id="P1",
                company_name="O'Neil <b>",
                status="authorized",
                language="en",
                country="NL",
                website="https://p1.example",
                phone="+31",
                address="Street 1, Town",
                vat_id="NL1",
                account_manager_id="M1",
                authorized_on=date(2014, 1, 1),
            ),
            Partner("P2", "=cmd()", "applied", "de", "DE", "", "", "", "", "M1"),
        ),
        contacts=(Contact("P1", "Jo", "jo@p1.example", "billing"),),
        account_links=(
            AccountLink("P1", "NL", "A1", Period(date(2012, 1, 1), date(2015, 8, 15))),
            AccountLink("P1", "NL", "A2", Period(date(2015, 7, 1))),
        ),
        legacy_agreements=(LegacyAgreement("P1", 3000, 0, None, "letter of 2013", Period(date(2013, 1, 1))),),
        grace_grants=(GraceGrant("G1", "P1", 6, date(2015, 6, 5), date(2015, 8, 5), "pam", "growth plan"),),
        benefit_requests=(BenefitRow("P1", "mdf", "requested", "", Period(date(2015, 7, 1))),),
        exchange_rates=(
            ExchangeRate(BillingMonth(2015, 6), "EUR", Decimal(1), "ECB"),
            ExchangeRate(BillingMonth(2015, 7), "USD", Decimal("1.122577"), "ECB"),
        ),
    )


def test_the_worked_example_loads_with_its_odd_names() -> None:
    registry = read_registry(WORLD)
    names = [partner.company_name for partner in registry.partners]
    assert len(names) == 12
    assert names[1:6] == ["O'Neil <b> 1", "Acme 2", "株式会社 3", "O'Neil <b> 4", "=cmd() 5"]
    assert len(registry.account_links) == 34


def test_the_order_of_rows_and_columns_decides_nothing(folder: Path) -> None:
    before = read_registry(folder)
    for name, content in FILES.items():
        header, *rows = content.splitlines()
        (folder / name).write_text("\n".join([header, *reversed(rows), ""]), encoding="utf-8")
    (folder / "contacts.csv").write_text("role,email,name,partner_id\nbilling,jo@p1.example,Jo,P1\n", encoding="utf-8")
    assert read_registry(folder) == before


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_are_accepted(folder: Path) -> None:
    before = read_registry(folder)
    for name, content in FILES.items():
        (folder / name).write_bytes(b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    assert read_registry(folder) == before


def test_the_source_column_of_entities_may_be_absent(folder: Path) -> None:
    without = re.sub(r",(source|ledger|)$", "", FILES["entities.csv"], flags=re.MULTILINE)
    (folder / "entities.csv").write_text(without, encoding="utf-8")
    assert [entity.source for entity in read_registry(folder).entities] == [None, None]


def test_an_account_of_two_partners_is_left_to_the_month_s_report(folder: Path) -> None:
    with (folder / "account_links.csv").open("a", encoding="utf-8") as links:
        links.write("P2,NL,A1,2012-01-01,\n")
    assert [link.partner_id for link in read_registry(folder).account_links if link.account_id == "A1"] == ["P1", "P2"]


def test_a_link_may_start_on_the_day_on_which_the_one_before_ends(folder: Path) -> None:
    with (folder / "account_links.csv").open("a", encoding="utf-8") as links:
        links.write("P1,NL,A1,2015-08-15,\n")
    assert len(read_registry(folder).account_links) == 3


def test_a_partner_without_a_billing_contact_is_accepted(folder: Path) -> None:
    (folder / "contacts.csv").write_text("partner_id,name,email,role\n", encoding="utf-8")
    assert read_registry(folder).contacts == ()


@pytest.mark.parametrize(
    "email", ["jo@bücher.example", "žofie@p1.example", "jo+billing@mail.p1.example", "o'neil@p1.example"]
)
def test_an_address_with_letters_of_any_script_is_accepted(folder: Path, email: str) -> None:
    (folder / "contacts.csv").write_text(f"partner_id,name,email,role\nP1,Jo,{email},billing\n", encoding="utf-8")
    assert read_registry(folder).contacts[0].email == email


def test_a_request_may_name_only_the_programme_s_benefits_where_they_are_given(folder: Path) -> None:
    assert read_registry(folder, benefits={"mdf", "post_payment"}).benefit_requests[0].benefit == "mdf"
    with pytest.raises(UnsoundFiles) as refused:
        read_registry(folder, benefits={"mdfs", "post_payment"})
    assert refused.value.faults == [
        "benefit_requests.csv:2: benefit: 'mdf' is not known, expected mdfs or post_payment, did you mean mdfs?"
    ]


def test_a_grant_is_checked_against_the_programme_of_its_first_day(folder: Path) -> None:
    shorter = replace(PROGRAM, tiers=PROGRAM.tiers[:5], in_force_from=date(2015, 6, 5), file_name="2015-06-05.yaml")
    longer = replace(PROGRAM, in_force_from=date(2015, 6, 6))
    with pytest.raises(UnsoundFiles) as refused:
        read_registry(folder, programs=[longer, shorter])
    assert refused.value.faults == [
        "grace_grants.csv:2: tier: tier 6 from 2015-06-05 is not in the programme of that day, "
        "expected a tier from 1 to 5 (2015-06-05.yaml)"
    ]
    (folder / "grace_grants.csv").write_text(FILES["grace_grants.csv"].replace("06-05", "06-06"), encoding="utf-8")
    assert [grant.tier for grant in read_registry(folder, programs=[longer, shorter]).grace_grants] == [6]


def test_a_grant_from_before_the_first_programme_is_checked_against_that_one(folder: Path) -> None:
    assert read_registry(folder, programs=[PROGRAM]).grace_grants[0].starts_on < PROGRAM.in_force_from
    shorter = replace(PROGRAM, tiers=PROGRAM.tiers[:5])
    with pytest.raises(UnsoundFiles, match=r"grace_grants.csv:2: tier: tier 6 from 2015-06-05 .* from 1 to 5"):
        read_registry(folder, programs=[shorter])


def test_without_programmes_a_grant_may_name_any_tier(folder: Path) -> None:
    (folder / "grace_grants.csv").write_text(FILES["grace_grants.csv"].replace("P1,6", "P1,60"), encoding="utf-8")
    assert read_registry(folder).grace_grants[0].tier == 60


# What an older agreement may keep


BARE = replace(PROGRAM, tiers=(Tier(1, 0, 500), Tier(2, 1_000_00, 1_000)), file_name="2016-01-01.yaml")
FROM_2016 = replace(BARE, in_force_from=date(2016, 1, 1))
OWN_WORDS = replace(PROGRAM, sla_levels=("Basic", "Gold"))


@pytest.mark.parametrize(
    ("programs", "terms", "days", "faults"),
    [
        ([PROGRAM], "3000,500,Gold", "2013-01-01,", []),
        ([FROM_2016], "3000,0,", "2013-01-01,", []),
        (
            [FROM_2016],
            "3000,500,Gold",
            "2013-01-01,",
            [
                "setup_fee_discount_bp: is 500, but the programme of 2016-01-01 has no setup fee discount: expected 0, "
                "or a valid_to of 2016-01-01 at the latest",
                "sla: is Gold, but the programme of 2016-01-01 has no service levels: expected none, or a valid_to of "
                "2016-01-01 at the latest",
            ],
        ),
        ([PROGRAM, FROM_2016], "3000,500,Gold", "2013-01-01,2016-01-01", []),
        ([PROGRAM, FROM_2016], "3000,0,Gold", "2013-01-01,2016-01-02", ["sla: is Gold, but the programme of 2016"]),
        ([BARE, replace(PROGRAM, in_force_from=date(2016, 1, 1))], "3000,0,Gold", "2016-01-01,", []),
        ([OWN_WORDS], "3000,0,Gold", "2013-01-01,", []),
        ([OWN_WORDS], "3000,0,Silver", "2013-01-01,", ["sla: 'Silver' is not known, expected Basic or Gold"]),
        (
            [PROGRAM, replace(OWN_WORDS, in_force_from=date(2016, 1, 1))],
            "3000,0,Silver",
            "2013-01-01,",
            ["sla: is Silver, but the programme of 2016-01-01 has no such level: expected Basic or Gold"],
        ),
    ],
)
def test_an_agreement_keeps_only_what_every_programme_of_its_days_has(
    folder: Path, programs: list[Program], terms: str, days: str, faults: list[str]
) -> None:
    header = FILES["legacy_agreements.csv"].partition("\n")[0]
    row = f"P1,{terms},letter of 2013,{days}"
    (folder / "legacy_agreements.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    grants = FILES["grace_grants.csv"].replace("P1,6", "P1,1")
    (folder / "grace_grants.csv").write_text(grants, encoding="utf-8")
    try:
        read_registry(folder, programs=programs)
        found = []
    except UnsoundFiles as refused:
        found = refused.faults
    assert len(found) == len(faults)
    for fault, begins in zip(found, faults, strict=True):
        assert fault.startswith(f"legacy_agreements.csv:2: {begins}")


# Faults of one cell


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "words"),
    [
        ("partners.csv", "P1,O'Neil <b>,authorized", "P1,,authorized", "3: company_name", "is blank"),
        ("partners.csv", "P1,O'Neil <b>,authorized", "P1, ,authorized", "3: company_name", "is blank"),
        ("partners.csv", "O'Neil <b>", "O'Neil\0", "3: company_name", "U+0000"),
        ("partners.csv", "O'Neil <b>", '"O\'Neil\nBcc: x@y.example"', "3: company_name", "U+000A"),
        ("partners.csv", "O'Neil <b>", "O\u202eNeil", "3: company_name", "U+202E"),
        ("partners.csv", "O'Neil <b>", "O\u2028Neil", "3: company_name", "U+2028"),
        ("partners.csv", "O'Neil <b>", "x" * 201, "3: company_name", "at most 200"),
        ("partners.csv", "Street 1, Town", "x" * 501, "3: address", "at most 500"),
        ("partners.csv", "authorized,en", "autorized,en", "3: status", "did you mean authorized?"),
        ("partners.csv", "authorized,en", "authorized,EN", "3: language", "two small letters"),
        ("partners.csv", "authorized,en", "authorized,", "3: language", "is blank"),
        ("partners.csv", "authorized,en,NL", "authorized,en,nl", "3: country", "two capitals"),
        ("partners.csv", "2014-01-01", "2015-02-31", "3: authorized_on", "not a day of the calendar"),
        ("partners.csv", "2014-01-01", "0000-00-00", "3: authorized_on", "from 1900 to 2999"),
        ("partners.csv", "2014-01-01", "20140101", "3: authorized_on", "expected YYYY-MM-DD"),
        ("partners.csv", "2014-01-01", "\u0662014-01-01", "3: authorized_on", "expected YYYY-MM-DD"),
        ("partners.csv", "2014-01-01", "", "3: authorized_on", "since the status is authorized"),
        ("partners.csv", "NL1,M1", "NL1,M2", "3: account_manager_id", "account_managers.csv"),
        ("partners.csv", "NL1,M1", "NL1,", "3: account_manager_id", "is blank"),
        ("partners.csv", "P2,", "P1,", "3: partner_id", "'P1' is given twice, expected once (line 2)"),
        ("partners.csv", "P2,", " P2,", "2: partner_id", "no blanks"),
        ("contacts.csv", "jo@p1.example", "jo@p1.example;al@p1.example", "2: email", "one e-mail address"),
        ("contacts.csv", "jo@p1.example", '"jo@p1.example, al@p1.example"', "2: email", "one e-mail address"),
        ("contacts.csv", "jo@p1.example", '"jo@p1.example\nBcc: al@p1.example"', "2: email", "U+000A"),
        ("contacts.csv", "jo@p1.example", "jo.p1.example", "2: email", "one e-mail address"),
        ("contacts.csv", "jo@p1.example", "Jo <jo@p1.example>", "2: email", "one e-mail address"),
        ("contacts.csv", "jo@p1.example", "jo@p1..example", "2: email", "one e-mail address"),
        ("contacts.csv", "jo@p1.example", "", "2: email", "is blank"),
        ("contacts.csv", "billing", "invoices", "2: role", "expected billing or business or technical"),
        (
            "contacts.csv",
            "P1,",
            "P3,",
            "2: partner_id",
            "'P3' is unknown, expected one listed in partners.csv as partner_id",
        ),
        ("contacts.csv", "P1,", "NL1,", "2: partner_id", "in partners.csv as partner_id, where it stands as vat_id"),
        ("account_managers.csv", "pam@host.example", "pam@", "2: email", "one e-mail address"),
        (
            "account_links.csv",
            "P1,NL,A2",
            "P1,UK,A2",
            "2: entity",
            "'UK' is unknown, expected one listed in entities.csv as entity",
        ),
        ("account_links.csv", "P1,NL,A2", "P9,NL,A2", "2: partner_id", "'P9' is unknown"),
        ("account_links.csv", "2015-08-15", "2012-01-01", "3: valid_to", "expected a day after 2012-01-01"),
        ("account_links.csv", "2015-08-15", "2011-12-31", "3: valid_to", "expected a day after 2012-01-01"),
        ("account_links.csv", "A2,2015-07-01", "A1,2015-07-01", "2: valid_from", "account's link on line 3"),
        ("account_links.csv", "A2,2015-07-01", "A1,2012-01-01", "2: valid_from", "account's link on line 3"),
        ("entities.csv", "EUR", "Eur", "3: currency", "three capitals"),
        ("entities.csv", "Europe/Amsterdam", "Europe/Amsterdm", "3: time_zone", "did you mean Europe/Amsterdam?"),
        ("entities.csv", "Europe/Amsterdam", "../../etc/passwd", "3: time_zone", "not a known time zone"),
        ("entities.csv", "2016-01-01", "2012-01-01", "2: left_on", "expected a day after 2012-01-01"),
        ("entities.csv", "ledger", "../ledger", "2: source", "the name of a folder"),
        ("entities.csv", "US,Host", "nl,Host", "3: entity", "differs from nl (line 2) in capitals only"),
        ("legacy_agreements.csv", "3000", "10001", "2: monthly_fee_discount_bp", "from 0 to 10000"),
        ("legacy_agreements.csv", "3000", "-1", "2: monthly_fee_discount_bp", "from 0 to 10000"),
        ("legacy_agreements.csv", "3000", "30.5", "2: monthly_fee_discount_bp", "from 0 to 10000"),
        ("legacy_agreements.csv", "3000,0", "3000,", "2: setup_fee_discount_bp", "is blank"),
        ("legacy_agreements.csv", "3000,0,", "3000,0,Golden", "2: sla", "did you mean Gold?"),
        ("grace_grants.csv", "P1,6", "P1,7", "2: tier", "from 1 to 6"),
        ("grace_grants.csv", "P1,6", "P1,0", "2: tier", "expected a whole number from 1"),
        ("grace_grants.csv", "P1,6", "P1,06", "2: tier", "expected a whole number from 1"),
        ("grace_grants.csv", "2015-08-05", "", "2: ends_on", "is blank"),
        ("grace_grants.csv", "2015-08-05", "2015-06-05", "2: ends_on", "expected a day after 2015-06-05"),
        ("grace_grants.csv", "growth plan", "", "2: reason", "is blank"),
        ("benefit_requests.csv", "requested", "approved", "2: decided_by", "since the status is approved"),
        ("benefit_requests.csv", "requested", "refused", "2: decided_by", "since the status is refused"),
        ("benefit_requests.csv", "mdf", "MDF", "2: benefit", "expected small letters"),
        ("exchange_rates.csv", "1.122577", "0", "2: units_per_eur", "above 0"),
        ("exchange_rates.csv", "1.122577", "-1.1", "2: units_per_eur", "above 0"),
        ("exchange_rates.csv", "1.122577", "NaN", "2: units_per_eur", "above 0"),
        ("exchange_rates.csv", "1.122577", "1e1", "2: units_per_eur", "above 0"),
        ("exchange_rates.csv", "1.122577", '"1,122577"', "2: units_per_eur", "above 0"),
        ("exchange_rates.csv", "1.122577", "1.1225771", "2: units_per_eur", "six decimals"),
        ("exchange_rates.csv", "EUR,1,", "EUR,1.000001,", "3: units_per_eur", "expected 1 for EUR"),
        ("exchange_rates.csv", "2015-07", "2015-13", "2: billing_month", "expected YYYY-MM"),
        ("exchange_rates.csv", "2015-06,EUR,1", "2015-07,USD,1", "3: billing_month, currency", "given twice"),
        ("exchange_rates.csv", "577,ECB", "577,", "2: source", "is blank"),
    ],
)
def test_a_wrong_cell_is_refused_at_its_place(
    faults_after: Change, name: str, old: str, new: str, place: str, words: str
) -> None:
    (fault,) = faults_after(name, old, new)
    assert fault.startswith(f"{name}:{place}: ")
    assert words in fault


# Faults of a row, a header, a file


def test_a_misspelt_column_is_named_with_the_likely_one(faults_after: Change) -> None:
    missing, unknown = sorted(faults_after("contacts.csv", "email", "emial"))
    assert missing == "contacts.csv:1: email: is missing, expected a column of this name"
    assert unknown == (
        "contacts.csv:1: emial: is not a known column, expected partner_id, name, email, role, did you mean email?"
    )


def test_a_column_given_twice_is_refused(faults_after: Change) -> None:
    faults = faults_after("contacts.csv", "name,email,role\nP1,Jo,", "name,name,email,role\nP1,Jo,Jo,")
    assert faults == ["contacts.csv:1: name: is given twice, expected one column of this name"]


@pytest.mark.parametrize(("row", "cells"), [("P1,Jo,jo@p1.example\n", 3), ("P1,Jo,jo@p1.example,billing,x\n", 5)])
def test_a_row_with_another_number_of_cells_is_refused(faults_after: Change, row: str, cells: int) -> None:
    faults = faults_after("contacts.csv", "P1,Jo,jo@p1.example,billing\n", row)
    assert faults == [f"contacts.csv:2: row: has {cells} cells, expected 4 as in the header"]


def test_other_files_may_refer_to_a_row_with_a_cell_too_many(faults_after: Change) -> None:
    faults = faults_after("partners.csv", "2014-01-01\n", "2014-01-01,\n")
    assert faults == ["partners.csv:3: row: has 12 cells, expected 11 as in the header"]


def test_the_line_is_that_of_the_file_where_cells_before_it_hold_line_breaks(folder: Path) -> None:
    rows = 'P1,"Jo\nAnne",jo@p1.example,billing\n\nP1,Al,al,billing\n'
    (folder / "contacts.csv").write_text(f"partner_id,name,email,role\n{rows}", encoding="utf-8")
    assert [fault.split(": ")[0] for fault in faults_of(folder)] == ["contacts.csv:2", "contacts.csv:5"]


def test_quotes_inside_a_quoted_cell_have_to_be_doubled(faults_after: Change) -> None:
    (fault,) = faults_after("contacts.csv", "P1,Jo,", 'P1,"Jo" the first,')
    assert fault.startswith("contacts.csv:2: row: cannot be read (")


def test_a_quote_that_is_never_closed_is_reported_where_it_starts_and_others_are_not_blamed(
    faults_after: Change,
) -> None:
    (fault,) = faults_after("partners.csv", "NL1,M1", 'NL1,"M1')
    assert fault.startswith("partners.csv:3: row: cannot be read (unexpected end of data)")


def test_each_line_with_bytes_that_are_not_utf_8_is_reported(folder: Path) -> None:
    rows = b"P1,J\xf6,jo@p1.example,billing\nP1,Al,al@p1.example,billing\nP1,\xff\xfe,x@p1.example,billing\n"
    (folder / "contacts.csv").write_bytes(b"partner_id,name,email,role\n" + rows)
    assert faults_of(folder) == [
        "contacts.csv:2: byte 5: f6 is not UTF-8, expected a file saved as UTF-8",
        "contacts.csv:4: byte 4: ff is not UTF-8, expected a file saved as UTF-8",
    ]


def test_an_empty_file_lacks_its_header(folder: Path) -> None:
    (folder / "grace_grants.csv").write_text("", encoding="utf-8")
    assert faults_of(folder) == ["grace_grants.csv:1: header: is missing, expected the names of the columns"]


def test_a_missing_file_is_one_fault_and_others_are_not_blamed_for_it(folder: Path) -> None:
    (folder / "partners.csv").unlink()
    (fault,) = faults_of(folder)
    assert fault.startswith("partners.csv:1: file: cannot be read (No such file or directory)")


def test_a_missing_folder_names_each_of_the_nine_files(tmp_path: Path) -> None:
    assert [fault.split(":")[0] for fault in faults_of(tmp_path / "nowhere")] == list(FILES)


def test_every_fault_of_every_file_is_reported_at_once(folder: Path) -> None:
    changes = {
        "entities.csv": ("Europe/Amsterdam", "Europe/Amsterdm"),
        "partners.csv": ("authorized,en,NL", "authorised,EN,nl"),
        "contacts.csv": ("P1,Jo,jo@p1.example", "P9,Jo,jo"),
        "account_links.csv": ("P1,NL,A2", "P1,UK,A2"),
        "grace_grants.csv": ("6,2015-06-05,2015-08-05", "0,2015-02-31,"),
        "exchange_rates.csv": ("1.122577", "1.1225771"),
    }
    for name, (old, new) in changes.items():
        (folder / name).write_text(FILES[name].replace(old, new, 1), encoding="utf-8")
    assert [":".join(fault.split(":")[:3]) for fault in faults_of(folder)] == [
        "entities.csv:3: time_zone",
        "partners.csv:3: status",
        "partners.csv:3: language",
        "partners.csv:3: country",
        "contacts.csv:2: email",
        "contacts.csv:2: partner_id",
        "account_links.csv:2: entity",
        "grace_grants.csv:2: tier",
        "grace_grants.csv:2: starts_on",
        "grace_grants.csv:2: ends_on",
        "exchange_rates.csv:2: units_per_eur",
    ]


def test_a_fault_shows_no_more_than_the_start_of_a_long_cell_and_stays_on_one_line(faults_after: Change) -> None:
    (fault,) = faults_after("contacts.csv", "jo@p1.example", '"' + "jo\n" * 5000 + '"')
    assert len(fault) < 250
    assert "\n" not in fault


def test_reading_changes_nothing_in_the_folder(tmp_path: Path) -> None:
    copy = copytree(WORLD, tmp_path / "registry")
    assert read_registry(copy) == read_registry(copy)
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == {
        path.name: path.read_bytes() for path in WORLD.iterdir()
    }


UNSEEN = [
    ("A1\u200b", "U+200B ZERO WIDTH SPACE"),
    ("A\u00ad1", "U+00AD SOFT HYPHEN"),
    ("A1\u2060", "U+2060 WORD JOINER"),
    ("A\u00a01", "U+00A0 NO-BREAK SPACE"),
    ("A\u30001", "U+3000 IDEOGRAPHIC SPACE"),
    ("A1\u3164", "U+3164 HANGUL FILLER"),
    ("A1\u2800", "U+2800 BRAILLE PATTERN BLANK"),
    ("A1\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
    ("A1\ue000", "U+E000"),
    ("'A1", "U+0027 APOSTROPHE"),
    ("\u2019A1", "U+2019 RIGHT SINGLE QUOTATION MARK"),
    ("\uff07A1", "U+FF07 FULLWIDTH APOSTROPHE"),
]


@pytest.mark.parametrize("reader", ["partner_id", "account_id", "account_manager_id", "grant_id", "entity"])
def test_every_column_of_codes_is_read_by_the_one_reader(reader: str) -> None:
    forms = (forms_of.PARTNERS, forms_of.ACCOUNT_LINKS, forms_of.GRACE_GRANTS, forms_of.ACCOUNT_MANAGERS)
    readers = {column.read for form in forms for column in form.columns if column.name == reader}
    assert readers == {code}


@pytest.mark.parametrize(("written", "named"), UNSEEN)
def test_a_code_with_a_character_that_nobody_sees_is_refused_with_its_code_point(written: str, named: str) -> None:
    with pytest.raises(Refusal, match=re.escape(f"holds {named}, expected a code")):
        code(written)


@pytest.mark.parametrize(
    "written", ["A1", "a-1_2/3.4", "10045", "A 1", "\u00dc1", "\u041d\u0420\u04211", "\u6771\u4eac"]
)
def test_a_code_of_any_script_that_everybody_sees_is_taken(written: str) -> None:
    assert code(written) == written
