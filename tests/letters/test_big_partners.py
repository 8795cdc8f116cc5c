"""A partner with hundreds of accounts gets a letter that a mail reader shows whole, and the list of all accounts."""

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from partner_program.adapters.letters.templates import RenderedLetter
from partner_program.adapters.mail.message import LARGEST_PARTS, too_large
from partner_program.domain.letters import AccountFact, LetterFacts
from partner_program.domain.refusals import Refusal
from tests.letters.made_facts import account, facts
from tests.letters.random_facts import CENTS, billed
from tests.letters.read_templates import read_templates
from tests.letters.reading import Letter

FOLDER = Path(__file__).parents[2] / "include/templates/letters/v1"
TEMPLATES = read_templates(FOLDER)
MOST = TEMPLATES.brand.accounts_in_mail
AMOUNT = re.compile(r"[\u2212\d][\d.,]*[.,]\d\d")


def many(count: int, **changes: Any) -> LetterFacts:
    """A partner with so many accounts at one entity, each with another amount."""
    rows = tuple(
        account("NL", f"NL-{number:06}", "EUR", 123_456 + number, "1", 123_456 + number) for number in range(count)
    )
    return of(rows, **changes)


def of(rows: tuple[AccountFact, ...], **changes: Any) -> LetterFacts:
    return facts(accounts=rows, mrr_eur_cents=sum(row.mrr_eur_cents for row in rows), **changes)


def cents(shown: str, point: str = ".") -> int:
    digits = int(re.sub(r"\D", "", shown))
    assert shown.rstrip("\xa0€")[-3] == point
    return -digits if shown[0] in "-\u2212" or "\u2212" in shown else digits


def rows_of(letter: RenderedLetter, delimiter: str = ",") -> list[list[str]]:
    assert letter.account_list is not None
    text = letter.account_list.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_a_letter_shows_so_many_accounts_one_by_one_and_from_one_more_on_their_sums() -> None:
    at_most, more = TEMPLATES.render(many(MOST)), TEMPLATES.render(many(MOST + 1))

    assert at_most.account_list is None
    assert len(re.findall(r"NL-\d{6}: ", at_most.text)) == MOST
    assert more.account_list is not None
    assert not re.search(r"NL-\d{6}", more.text + more.html)
    assert f"    {MOST + 1} accounts: €" in more.text
    for part in (more.text, Letter(more.html).visible):
        assert "The attached file accounts-2015-08.csv lists every account." in part
        assert f"We counted {MOST + 1} accounts." in part
    assert "attached" not in at_most.text + at_most.html


BIG = st.lists(
    st.builds(
        billed,
        st.sampled_from(["DE", "NL", "US"]),
        st.integers(0, 9_999).map("A-{:04}".format),
        st.sampled_from(["EUR", "USD", "JPY"]),
        CENTS,
        st.just("1.250000"),
        CENTS,
    ),
    min_size=MOST + 1,
    max_size=MOST + 30,
    unique_by=lambda row: (row.entity, row.account_id, row.currency),
).map(lambda rows: tuple(sorted(rows, key=lambda row: row.entity)))


@settings(deadline=None, max_examples=30, phases=[Phase.generate])  # making lists this long shorter takes minutes
@given(BIG)
def test_sums_subtotals_and_the_attached_list_add_up_to_the_cent(rows: tuple[AccountFact, ...]) -> None:
    stated = of(rows)
    letter = TEMPLATES.render(stated)
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    subtotals: dict[str, int] = {}
    entity = ""
    for row in Letter(letter.html).tables["revenue"][1:-1]:
        if len(row) == 1:
            entity = row[0].partition(" ")[0]
        elif row[0] == "Subtotal":
            subtotals[entity] = cents(row[1])
        else:
            found[entity, row[1][:3].lstrip("\u2212")] = (int(row[0].split()[0]), cents(row[1]), cents(row[2]))

    wanted = {}
    for row in rows:
        there = wanted.setdefault((row.entity, row.currency), ([], [], []))
        there[0].append(row.account_id), there[1].append(row.mrr_minor), there[2].append(row.mrr_eur_cents)
    assert {key[0] for key in found} == {key[0] for key in wanted}
    assert sorted(found.values()) == sorted((len(set(a)), sum(b), sum(c)) for a, b, c in wanted.values())
    assert sum(each[2] for each in found.values()) == stated.mrr_eur_cents
    for name, total in subtotals.items():
        assert total == sum(row.mrr_eur_cents for row in rows if row.entity == name)

    head, *listed, last = rows_of(letter)
    assert head == ["Entity", "Legal name", "Account", "Currency", "As invoiced", "Units per EUR", "In EUR"]
    assert [(row[0], row[2], row[3], cents(row[4]), row[5], cents(row[6])) for row in listed] == [
        (row.entity, row.account_id, row.currency, row.mrr_minor, row.units_per_eur, row.mrr_eur_cents) for row in rows
    ]
    assert (last[0], cents(last[-1])) == ("Total", stated.mrr_eur_cents)
    assert set(AMOUNT.findall(Letter(letter.html).visible)) == set(AMOUNT.findall(letter.text))


@pytest.mark.parametrize(
    ("language", "head", "delimiter", "number"),
    [
        ("en", "Entity,Legal name,Account,Currency,As invoiced,Units per EUR,In EUR", ",", "1225.40"),
        ("nl", "Vennootschap;Statutaire naam;Account;Valuta;Gefactureerd;Eenheden per EUR;In EUR", ";", "1225,40"),
        ("de", "Gesellschaft;Firma;Konto;Währung;Laut Rechnung;Einheiten je EUR;In EUR", ";", "1225,40"),
    ],
)
def test_a_spreadsheet_in_the_letters_language_opens_the_list_in_columns_of_numbers(
    language: str, head: str, delimiter: str, number: str
) -> None:
    rows = tuple(account("US", f"US-{each}", "USD", 122_540, "1.113951", 110_062) for each in range(MOST + 1))
    letter = TEMPLATES.render(of(rows, language=language))

    assert letter.account_list is not None
    assert letter.account_list.name == "accounts-2015-08.csv"
    lines = letter.account_list.content.split(b"\r\n")
    assert lines[0] == b"\xef\xbb\xbf" + head.encode()
    first = next(csv.reader([lines[1].decode()], delimiter=delimiter))
    assert first == [
        "US",
        "LeaseWeb USA, Inc.",
        "US-0",
        "USD",
        number,
        number.replace("1225", "1").replace("40", "113951"),
        first[6],
    ]
    assert Decimal(first[6].replace(",", ".")) == Decimal("1100.62")


@pytest.mark.parametrize("code", ["=1+1", "+31", "-7", "@SUM(A1)"])
def test_an_account_that_looks_like_a_formula_stays_a_text_in_a_spreadsheet(code: str) -> None:
    stated = many(MOST + 1)
    odd = replace(stated, accounts=(replace(stated.accounts[0], account_id=code), *stated.accounts[1:]))

    assert rows_of(TEMPLATES.render(odd))[1][2] == f"'{code}"


def test_a_credit_is_a_number_below_zero_in_the_list_too() -> None:
    rows = (*many(MOST).accounts, account("NL", "NL-9", "EUR", -12_345, "1", -12_345))

    assert rows_of(TEMPLATES.render(of(rows)))[-2][4:] == ["-123.45", "1", "-123.45"]


@pytest.mark.parametrize("language", TEMPLATES.languages)
@pytest.mark.parametrize("count", [MOST, 400, 10_000])
def test_a_letter_with_any_number_of_accounts_is_small_enough_for_a_mail(count: int, language: str) -> None:
    rows = tuple(
        account(
            "US", f"US-ACCOUNT-WITH-A-LONG-NUMBER-{each:05}", "USD", 99_999_999 + each, "1.113951", 88_888_888 + each
        )
        for each in range(count)
    )
    letter = TEMPLATES.render(of(rows, language=language))

    assert too_large(letter.text, letter.html) is None
    assert (letter.account_list is None) == (count == MOST)
    assert LARGEST_PARTS < 100_000


def test_no_style_is_written_again_for_each_account() -> None:
    few, more = TEMPLATES.render(many(20)), TEMPLATES.render(many(40))

    assert more.html.count("style=") == few.html.count("style=")
    assert len(more.html) - len(few.html) < 20 * 120


def test_equal_facts_give_an_equal_list_and_another_cent_another() -> None:
    stated = many(MOST + 1)
    other = replace(stated.accounts[7], mrr_eur_cents=stated.accounts[7].mrr_eur_cents + 1)
    moved = replace(stated.accounts[8], mrr_eur_cents=stated.accounts[8].mrr_eur_cents - 1)
    changed = replace(stated, accounts=(*stated.accounts[:7], other, moved, *stated.accounts[9:]))
    first, again, third = (TEMPLATES.render(each) for each in (stated, stated, changed))

    assert first == again
    assert first.html == third.html
    assert first.account_list != third.account_list


@pytest.mark.parametrize(
    "written", ["accounts_in_mail: 0", "accounts_in_mail: many", "accounts_in_mail: true", "# none"]
)
def test_how_many_accounts_a_mail_shows_is_a_whole_number(tmp_path: Path, written: str) -> None:
    brand = Path(copytree(FOLDER, tmp_path / "v1")) / "brand.yaml"
    brand.write_text(re.sub(r"^accounts_in_mail: \d+$", written, brand.read_text("utf-8"), flags=re.MULTILINE), "utf-8")

    with pytest.raises(Refusal, match=r"brand\.yaml:\d+: accounts_in_mail: .*, expected a (whole number|value)"):
        read_templates(tmp_path / "v1")
