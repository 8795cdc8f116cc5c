"""The accounts of a ledger, as people write them: every fault at once, and the file that comes with the product."""

from pathlib import Path

import pytest

from partner_program.adapters.files.ledger_accounts import load_ledger_accounts
from partner_program.domain.posting import LedgerAccount
from partner_program.domain.refusals import UnsoundFiles
from partner_program.usecases.installation import PROJECT

HEADER = "entity,product,tier,debit_account,credit_account\n"


def load(folder: Path, rows: str) -> tuple[LedgerAccount, ...]:
    (folder / "ledger_accounts.csv").write_text(HEADER + rows, encoding="utf-8")
    return load_ledger_accounts(folder)


def test_a_row_is_for_an_entity_a_product_and_a_tier(tmp_path: Path) -> None:
    assert load(tmp_path, "NL,cdn,3,7000,8000\n*,*,older agreement,7001,8000\n") == (
        LedgerAccount("*", "*", "older agreement", "7001", "8000"),
        LedgerAccount("NL", "cdn", "3", "7000", "8000"),
    )


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnsoundFiles) as refused:
        load(tmp_path, "*,*,*,7000,7000\nnl,*,0,7000,8000\n*,,silver,7000,8000\n*,*,*,7000,8000\nNL,*,1,,8000\n")
    told = str(refused.value)
    for place in (":2: credit_account: '7000'", ":3: tier: '0'", ":4: product:", ":4: tier: 'silver'"):
        assert f"ledger_accounts.csv{place}" in told
    assert "ledger_accounts.csv:5: entity, product, tier: '*', '*', '*' is given twice" in told
    assert "ledger_accounts.csv:6: debit_account: is blank" in told


@pytest.mark.parametrize("content", ["", HEADER, "entity,product\n"])
def test_a_file_without_a_row_or_a_column_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "ledger_accounts.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UnsoundFiles, match="missing"):
        load_ledger_accounts(tmp_path)


def test_a_folder_without_the_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UnsoundFiles, match=r"ledger_accounts\.csv"):
        load_ledger_accounts(tmp_path)


def test_the_file_that_comes_with_the_product_has_an_account_for_every_discount() -> None:
    assert any(
        (each.entity, each.product, each.tier) == ("*", "*", "*")
        for each in load_ledger_accounts(PROJECT / "include/program")
    )
