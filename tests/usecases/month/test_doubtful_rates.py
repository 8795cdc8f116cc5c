"""An exchange rate that is wrong in a believable way holds its partners until a person confirms that very value."""

import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from partner_program.adapters.database.acts import load_acts
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.usecases.rates import confirm_rate, list_rates, official_rows
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, partners, three_partners
from tests.worlds import World

JUNE_MONTH, JULY_MONTH = BillingMonth(2015, 6), BillingMonth(2015, 7)


def _rate(world: World, month: str, units: str) -> None:
    row = next(each for each in world.tables["exchange_rates"] if each["billing_month"] == month)
    row["units_per_eur"] = units
    world.load()


@pytest.fixture
def inverted(world: World) -> World:
    june_in_force(world)
    _rate(world, JULY, "0.909091")
    world.settle(JULY, on="2015-08-03")
    return world


def test_partners_with_an_inverted_rate_are_held_and_all_others_go_on(inverted: World) -> None:
    rows = partners(inverted, JULY)
    assert {key: row["status"] for key, row in rows.items()} == {"P1": "assigned", "P2": "held", "P3": "held"}
    reason = inverted.register(JULY)["held"][0]["reason"]
    assert "exchange rate 0.909091 USD per EUR for 2015-07 is in doubt: it is nearer to the inverse" in reason
    assert "partner-program rates confirm 2015-07 USD" in reason
    assert "is in doubt" in (inverted.installation.out / "quality" / JULY / "summary.md").read_text("utf-8")


def test_a_confirmation_releases_them_and_is_on_record_with_the_value(inverted: World) -> None:
    confirm_rate(inverted.installation, JULY_MONTH, "USD", confirmed_by="pat", reason="looked it up")
    inverted.settle(JULY, on="2015-08-03")
    assert partners(inverted, JULY)["P2"]["mrr_eur_cents"] == 1_210_00  # 1,100.00 / 0.909091, to the cent
    with inverted.installation.database.reading() as connection:
        (act,) = load_acts(connection, "rate_confirmed")
    assert (act.subject, act.doer.done_by, act.doer.reason) == ("2015-07 USD", "pat", "looked it up")
    assert '"0.909091"' in act.detail
    with pytest.raises(Refusal, match="is confirmed already"):
        confirm_rate(inverted.installation, JULY_MONTH, "USD", confirmed_by="pat", reason="again")


def test_another_value_needs_another_confirmation(inverted: World) -> None:
    confirm_rate(inverted.installation, JULY_MONTH, "USD", confirmed_by="pat", reason="looked it up")
    _rate(inverted, JULY, "0.909092")
    inverted.settle(JULY, on="2015-08-03")
    assert partners(inverted, JULY)["P2"]["status"] == "held"


@pytest.mark.parametrize("units", ["0.891796", "1.25", "11.21345"])
def test_a_wrong_first_rate_is_noticed_by_the_official_series(world: World, units: str) -> None:
    three_partners(world)
    _rate(world, JUNE, units)
    world.settle(JUNE, on=GO_LIVE)
    assert partners(world, JUNE)["P2"]["status"] == "held"
    assert "European Central Bank's mean 1.121323" in world.register(JUNE)["held"][0]["reason"]


def test_a_rate_that_a_settled_month_used_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    june_in_force(world)
    before = world.register(JUNE)
    monkeypatch.setattr("partner_program.usecases.month.inputs.RATE_MOVE_LIMIT_BP", 1)
    monkeypatch.setattr("partner_program.usecases.rates.judge_rates", _strict)
    world.settle(JUNE, on=GO_LIVE)
    assert world.register(JUNE) == before


def _strict(**given: object) -> object:
    from partner_program.domain.exchange_rates import judge_rates

    return judge_rates(**{**given, "limit_bp": 1})  # type: ignore[arg-type]


def test_a_sound_rate_needs_no_confirmation(world: World) -> None:
    june_in_force(world)
    with pytest.raises(Refusal, match="is not in doubt"):
        confirm_rate(world.installation, JUNE_MONTH, "USD", confirmed_by="pat", reason="why not")
    with pytest.raises(Refusal, match=r"has no rate of CHF in 2015-06"):
        confirm_rate(world.installation, JUNE_MONTH, "CHF", confirmed_by="pat", reason="why not")
    assert [str(each.official) for each in list_rates(world.installation, JUNE_MONTH)] == ["1.121323"]


def test_official_means_are_rows_with_their_source(world: World, tmp_path: Path) -> None:
    (row,) = official_rows(world.installation, [JUNE_MONTH], ["USD"])
    assert row.units_per_eur == Decimal("1.121323")
    assert row.source == "ECB euro reference rates, mean of 22 published days"
    content = _file(row.billing_month, "1.5")
    (tmp_path / "h.csv").write_text(content)
    with zipfile.ZipFile(tmp_path / "h.zip", "w") as archive:
        archive.writestr("eurofxref-hist.csv", content)
    for name in ("h.csv", "h.zip"):
        (mean,) = official_rows(world.installation, [JUNE_MONTH], ["USD"], tmp_path / name)
        assert mean.units_per_eur == Decimal("1.5")
    (tmp_path / "h.csv").write_text(content.replace("2015-06-15,1.5", "2015-06-15,N/A"))
    with pytest.raises(Refusal, match="no rate of 2015-06-15"):
        official_rows(world.installation, [JUNE_MONTH], ["USD"], tmp_path / "h.csv")
    (tmp_path / "h.csv").write_text(content.replace("2015-06-15,1.5", "2015-06-15,1.5e3"))
    with pytest.raises(Refusal, match=r"2015-06-15: USD is '1\.5e3'"):
        official_rows(world.installation, [JUNE_MONTH], ["USD"], tmp_path / "h.csv")


def _file(month: BillingMonth, rate: str) -> str:
    from partner_program.domain.exchange_rates import publication_days

    rows = [["Date", "USD", "JPY", ""], *([day, rate, "N/A", ""] for day in reversed(publication_days(month)))]
    return "\n".join(",".join(map(str, row)) for row in rows) + "\n"
