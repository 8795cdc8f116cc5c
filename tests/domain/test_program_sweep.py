import pytest

from partner_program.adapters.files.program import load_program
from partner_program.domain.program_sweep import Sweep, read_sweep, swept
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import PROJECT

PROGRAM = load_program(PROJECT / "include" / "program" / "2015-07-27.yaml")


def test_a_sweep_has_its_last_value_only_where_a_step_ends_on_it() -> None:
    assert read_sweep("tiers.3.from_mrr_cents=450000..500000/25000").values == (450000, 475000, 500000)
    assert read_sweep("tiers.3.from_mrr_cents=450000..499999/25000").values == (450000, 475000)
    assert read_sweep("tiers.6.monthly_fee_discount_bp=2500..2500/1") == Sweep(6, "monthly_fee_discount_bp", (2500,))


@pytest.mark.parametrize(
    "written",
    [
        "tiers.3.from_mrr_cents=450000",
        "tiers.3.from_mrr_cents=600000..450000/25000",
        "tiers.3.from_mrr_cents=1..2/0",
        "tiers.3.sla=1..2/1",
        "tiers.3.monthly_fee_discount_bp=0..10001/1000",
        "tiers.3.from_mrr_cents=0..999999999999/1",
        "tiers.3.from_mrr_cents=-5..5/1",
        "tiers.³.from_mrr_cents=1..2/1",
        "tiers.3.from_mrr_cents=4500.00..6000.00/250.00",
    ],
)
def test_what_is_no_sweep_is_refused_with_what_is_expected(written: str) -> None:
    with pytest.raises(Refusal, match="expected"):
        read_sweep(written)


def test_each_value_is_tried_with_each_other() -> None:
    sweeps = [
        read_sweep("tiers.3.from_mrr_cents=450000..500000/50000"),
        read_sweep("tiers.1.monthly_fee_discount_bp=500..600/100"),
    ]
    drafts, left_out = swept(PROGRAM, sweeps)
    assert left_out == 0
    assert [each.words for each in drafts] == [
        "tier 3 from 4,500.00",
        "tier 1 monthly 6 %; tier 3 from 4,500.00",
        "nothing",
        "tier 1 monthly 6 %",
    ]
    assert drafts[1].program.tiers[0].monthly_fee_discount_bp == 600
    assert drafts[1].program.tiers[2].from_mrr_cents == 450000
    assert drafts[1].program.tiers[3:] == PROGRAM.tiers[3:]


def test_a_threshold_that_is_not_above_the_one_before_is_left_out_and_counted() -> None:
    drafts, left_out = swept(PROGRAM, [read_sweep("tiers.3.from_mrr_cents=199999..200001/1")])
    assert ([each.program.tiers[2].from_mrr_cents for each in drafts], left_out) == ([200001], 2)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (["tiers.7.from_mrr_cents=1..2/1"], "tiers 1 to 6"),
        (["tiers.2.from_mrr_cents=1..2/1", "tiers.2.from_mrr_cents=1..2/1"], "twice"),
        (["tiers.2.from_mrr_cents=1..100/1", "tiers.3.from_mrr_cents=1..100/1"], "10,000 drafts are too many"),
    ],
)
def test_sweeps_that_do_not_go_together_are_refused(written: list[str], why: str) -> None:
    with pytest.raises(Refusal, match=why):
        swept(PROGRAM, [read_sweep(each) for each in written])
