"""Two runs of the same months are equal to the byte, or the files that differ are named; logs tell no secret."""

from pathlib import Path

import pytest

from topology.reference import differences
from topology.secret_values import files_that_contain, random_values


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    for side in ("one", "other"):
        for name in ("registers/2015-06.json", "letters/2015-06/P001.html"):
            path = tmp_path / side / name
            path.parent.mkdir(parents=True)
            path.write_text(name)
        (tmp_path / side / "partner_program.db").write_text(side)
    return tmp_path / "one", tmp_path / "other"


def test_equal_runs_are_equal_whatever_else_lies_beside(runs):
    assert differences(*runs) == (2, [])


def test_a_file_that_differs_by_a_byte_is_named(runs):
    (runs[1] / "registers/2015-06.json").write_text("registers/2015-06.jsoN")
    assert differences(*runs) == (1, ["registers/2015-06.json"])


@pytest.mark.parametrize("side", [0, 1])
def test_a_file_that_only_one_run_has_is_named(runs, side):
    (runs[side] / "letters/2015-06/P002.html").write_text("")
    assert differences(*runs) == (2, ["letters/2015-06/P002.html"])


def test_runs_that_wrote_nothing_are_not_taken_for_equal(tmp_path):
    assert differences(tmp_path / "no", tmp_path / "nothing") == (0, [])


def test_a_log_in_which_a_secret_stands_is_named(tmp_path):
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "told.log").write_text("broker redis://:s3cret@127.0.0.1")
    (tmp_path / "services" / "silent.log").write_text("broker redis://:**@127.0.0.1")
    assert files_that_contain(tmp_path, ["s3cret"]) == ["services/told.log"]


def test_each_run_has_secrets_of_its_own():
    names = ["AIRFLOW_FERNET_KEY", "REDIS_PASSWORD"]
    one, other = random_values(names), random_values(names)
    assert not set(one.values()) & set(other.values())
    assert min(map(len, one.values())) >= 32
