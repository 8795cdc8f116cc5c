"""Rows added to exchange_rates.csv: what is there stays as it was written, and nothing is overwritten."""

from decimal import Decimal
from pathlib import Path

import pytest

from partner_program.adapters.files.exchange_rates import add_rates
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal, UnsoundFiles
from partner_program.domain.registry import ExchangeRate

HEADER = "billing_month,currency,units_per_eur,source"


def rate(month: str, units: str, currency: str = "USD") -> ExchangeRate:
    return ExchangeRate(BillingMonth.parse(month), currency, Decimal(units), "ECB, mean of 22 days")


def written(folder: Path, content: bytes) -> Path:
    path = folder / "exchange_rates.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{HEADER}\n".encode(), f'{HEADER}\n2015-06,USD,1.121323,"ECB, mean of 22 days"\n'.encode()),
        (HEADER.encode(), f'{HEADER}\n2015-06,USD,1.121323,"ECB, mean of 22 days"\n'.encode()),
        (
            b"\xef\xbb\xbfsource,units_per_eur,billing_month,currency\r\nby hand,0.72,2015-06,GBP\r\n",
            b"\xef\xbb\xbfsource,units_per_eur,billing_month,currency\r\nby hand,0.72,2015-06,GBP\r\n"
            b'"ECB, mean of 22 days",1.121323,2015-06,USD\r\n',
        ),
    ],
)
def test_a_row_is_added_in_the_files_own_form(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = written(tmp_path, before)
    path.chmod(0o664)

    assert add_rates(tmp_path, [rate("2015-06", "1.121323")]) == [rate("2015-06", "1.121323")]
    assert path.read_bytes() == after
    assert path.stat().st_mode & 0o777 == 0o664


def test_a_row_that_is_there_is_not_added_again_whoever_wrote_it(tmp_path: Path) -> None:
    before = f"{HEADER}\n2015-06,USD,1.121323,by hand\n".encode()
    path = written(tmp_path, before)

    assert add_rates(tmp_path, [rate("2015-06", "1.121323")]) == []
    assert path.read_bytes() == before


def test_another_value_is_refused_by_name_and_nothing_is_added(tmp_path: Path) -> None:
    before = f"{HEADER}\n2015-06,USD,0.891803,the wrong way round\n".encode()
    path = written(tmp_path, before)

    with pytest.raises(Refusal, match=r"USD in 2015-06 is 0\.891803, the mean is 1\.121323"):
        add_rates(tmp_path, [rate("2015-05", "1.115"), rate("2015-06", "1.121323")])
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"month,currency\n", f"{HEADER}\n2015-06,USD,1;12,x\n".encode()])
def test_a_file_that_is_not_sound_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)

    with pytest.raises(UnsoundFiles):
        add_rates(tmp_path, [rate("2015-07", "1.1")])
    assert path.read_bytes() == content


def test_a_folder_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsoundFiles, match="cannot be read"):
        add_rates(tmp_path, [rate("2015-07", "1.1")])
