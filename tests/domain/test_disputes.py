"""Disputes: which can be opened, what follows on what, and when an answer is due."""

from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import (
    Dispute,
    DisputeStep,
    Subject,
    check_opened,
    dispute_id_of,
    end,
    find_same,
    said_of,
)
from partner_program.domain.refusals import Refusal

JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)
OPENED = DisputeStep("opened", "pat", date(2015, 8, 1), "an invoice is missing")
ACCEPTED = DisputeStep("answered", "kim", date(2015, 8, 7), "it was void", "accepted")
REJECTED = replace(ACCEPTED, verdict="rejected")
WITHDRAWN = DisputeStep("withdrawn", "pat", date(2015, 8, 5), "found it")
A1, MISSED, L1 = Subject("account", "NL", "A1"), Subject("missing_account", "US", "B9"), Subject("line", "NL", "L1")


def dispute(*steps: DisputeStep, subject: Subject = A1, month: BillingMonth = JUNE, number: int = 1) -> Dispute:
    return Dispute(f"P1-{month}-{number}", "P1", month, subject, 1, date(2015, 8, 31), (OPENED, *steps))


@pytest.mark.parametrize(
    ("subject", "refused"),
    [
        (A1, None),
        (Subject("account", "NL", "OLD"), None),
        (Subject("account", "NL", "A9"), "account NL/A9 was never linked to partner P1 (one that"),
        (Subject("account", "US", "A1"), "account US/A1 was never linked to partner P1"),
        (Subject("account", "NK", "A1"), "NK/A1: entity NK is not in the registry, which has NL, US"),
        (MISSED, None),
        (Subject("missing_account", "NL", "OLD"), None),
        (Subject("missing_account", "NL", "A1"), "account NL/A1 was linked to partner P1 on 2015-06-30"),
        (Subject("missing_account", "XX", "A1"), "XX/A1: entity XX is not in the registry"),
        (L1, None),
        (Subject("line", "SG", "L1"), "SG/L1: entity SG is not in the registry"),
    ],
)
def test_a_dispute_is_about_an_account_of_the_partner_one_that_it_misses_or_any_line(
    subject: Subject, refused: str | None
) -> None:
    new = dispute(subject=subject)
    accounts = {("NL", "A1"), ("NL", "OLD")}
    if refused is None:
        check_opened(new, entities=["NL", "US"], accounts=accounts, counted={("NL", "A1")})
        return
    with pytest.raises(Refusal) as caught:
        check_opened(new, entities=["NL", "US"], accounts=accounts, counted={("NL", "A1")})
    assert str(caught.value).startswith(refused)


def test_who_and_why_are_needed() -> None:
    for nameless in (replace(OPENED, done_by=" "), replace(OPENED, reason=" ")):
        with pytest.raises(Refusal, match="say who opens it, and why"):
            check_opened(replace(dispute(), steps=(nameless,)), entities=["NL"], accounts={("NL", "A1")}, counted=())
    with pytest.raises(Refusal, match="say who answers, and why"):
        end(dispute(), replace(ACCEPTED, reason=""))
    with pytest.raises(Refusal, match="say who withdraws it, and why"):
        end(dispute(), replace(WITHDRAWN, done_by=""))


@pytest.mark.parametrize(
    ("before", "step", "refused"),
    [
        (None, ACCEPTED, None),
        (None, REJECTED, None),
        (None, WITHDRAWN, None),
        (
            ACCEPTED,
            REJECTED,
            "P1-2015-06-1 was already answered as accepted by kim on 2015-08-07 (it was void): with other",
        ),
        (ACCEPTED, replace(ACCEPTED, done_by="jo"), "P1-2015-06-1 was already answered as accepted by kim"),
        (ACCEPTED, WITHDRAWN, "P1-2015-06-1 cannot be withdrawn: it was answered as accepted by kim"),
        (
            WITHDRAWN,
            REJECTED,
            "P1-2015-06-1 cannot be answered: it was withdrawn by pat on 2015-08-05 (found it);",
        ),
    ],
)
def test_a_dispute_ends_once(before: DisputeStep | None, step: DisputeStep, refused: str | None) -> None:
    known = dispute() if before is None else dispute(before)
    if refused is not None:
        with pytest.raises(Refusal) as caught:
            end(known, step)
        assert str(caught.value).startswith(refused)
        return
    ended = end(known, step)
    assert (ended.state, ended.steps) == (step.act, (OPENED, step))
    assert end(ended, replace(step, done_on=date(2015, 9, 9))) is ended


@pytest.mark.parametrize(
    ("known", "same"),
    [
        ([], None),
        ([dispute()], "P1-2015-06-1"),
        ([dispute(WITHDRAWN)], None),
        ([dispute(ACCEPTED), dispute(number=2)], "P1-2015-06-2"),
        ([dispute(month=JULY), dispute(subject=L1, number=2), dispute(subject=replace(A1, entity="US"))], None),
        ([dispute(subject=replace(A1, about="missing_account"))], None),
    ],
)
def test_the_same_subject_of_a_month_is_disputed_once_at_a_time(known: list[Dispute], same: str | None) -> None:
    found = find_same(known, dispute())
    assert (found and found.dispute_id) == same


def test_the_same_subject_disputed_otherwise_names_the_first() -> None:
    again = replace(dispute(), steps=(replace(OPENED, reason="another reason"),))
    with pytest.raises(Refusal) as caught:
        find_same([dispute()], again)
    assert str(caught.value) == (
        "account NL/A1 in 2015-06 is disputed already: P1-2015-06-1 opened by pat on 2015-08-01 (an invoice is missing)"
    )


def test_a_partner_s_disputes_of_a_month_are_numbered() -> None:
    assert dispute_id_of("P1", JUNE, []) == "P1-2015-06-1"
    assert dispute_id_of("P1", JUNE, [dispute(WITHDRAWN), dispute(month=JULY)]) == "P1-2015-06-2"


@pytest.mark.parametrize(
    ("day", "days", "due"),
    [
        (date(2015, 8, 31), 0, True),
        (date(2015, 8, 30), 0, False),
        (date(2015, 8, 1), 30, True),
        (date(2015, 8, 1), 29, False),
        (date(2015, 9, 1), 0, True),
    ],
)
def test_what_is_due_within_days_has_what_is_overdue(day: date, days: int, due: bool) -> None:
    assert dispute().is_due_within(days, day=day) == due
    assert not dispute(ACCEPTED).is_due_within(days, day=day)


def test_a_dispute_is_as_it_was_on_a_day() -> None:
    answered = dispute(ACCEPTED)
    on = {day: answered.as_on(day) for day in (date(2015, 7, 31), date(2015, 8, 1), date(2015, 8, 6), date(2015, 8, 7))}
    assert [each and each.state for each in on.values()] == [None, "open", "open", "answered"]


def test_a_step_in_words() -> None:
    assert said_of(OPENED) == "opened by pat on 2015-08-01 (an invoice is missing)"
    assert str(MISSED) == "missing account US/B9"
