"""The users of Airflow who alone may answer about rates."""

import pytest

from partner_program.domain.approvers import check_approvers, named_approvers
from partner_program.domain.refusals import Refusal

USERS = {"kim": "op", "robin": "user", "admin": "admin", "lee": "viewer"}


def test_names_are_read_without_blanks_and_each_once() -> None:
    assert named_approvers(" kim, robin ,,kim") == ("kim", "robin")
    assert named_approvers(" , ") == ()


def test_whoever_can_answer_is_sound() -> None:
    check_approvers(("kim", "robin", "admin"), USERS)


def test_whoever_cannot_answer_is_named() -> None:
    with pytest.raises(Refusal) as refused:
        check_approvers(("robyn", "nobody", "lee", "Kim"), USERS)
    assert str(refused.value) == (
        "robyn is no user of Airflow, which has admin, kim, lee, robin, did you mean robin?; "
        "nobody is no user of Airflow, which has admin, kim, lee, robin; "
        "Kim is no user of Airflow, which has admin, kim, lee, robin, did you mean kim?; "
        "lee has the role viewer, which may not answer: give it user or op"
    )
