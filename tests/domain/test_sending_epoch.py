import pytest

from partner_program.domain.refusals import NotThisInstallation
from partner_program.domain.sending_epoch import Epoch, adopted, counted_on


def test_the_first_sending_counts_one_though_no_file_is_there() -> None:
    assert counted_on(known=Epoch("a", 0), found=None, file="f") == Epoch("a", 1)


def test_a_database_that_counts_as_far_as_its_file_sends() -> None:
    assert counted_on(known=Epoch("a", 3), found=Epoch("a", 3), file="f") == Epoch("a", 4)


def test_a_database_further_than_its_file_sends() -> None:  # its sender was killed before it wrote the file
    assert counted_on(known=Epoch("a", 4), found=Epoch("a", 3), file="f") == Epoch("a", 5)


def test_a_database_one_behind_its_file_was_put_back_from_a_backup() -> None:
    with pytest.raises(NotThisInstallation, match=r"older than what was sent \(f\)"):
        counted_on(known=Epoch("a", 3), found=Epoch("a", 4), file="f")


def test_a_database_that_has_sent_and_finds_no_file_is_a_copy() -> None:
    with pytest.raises(NotThisInstallation, match="f is not there: it was copied or moved here"):
        counted_on(known=Epoch("a", 1), found=None, file="f")


def test_a_file_of_another_installation_stops_even_the_first_sending() -> None:
    with pytest.raises(NotThisInstallation, match=r"by another database \(f\)"):
        counted_on(known=Epoch("a", 0), found=Epoch("b", 0), file="f")


@pytest.mark.parametrize(("known", "found", "count"), [(3, 5, 6), (5, 3, 6), (2, 2, 3)])
def test_an_adopted_database_keeps_its_id_and_counts_on_from_the_further_of_both(
    known: int, found: int, count: int
) -> None:
    assert adopted(known=Epoch("a", known), found=Epoch("b", found), new_id="new") == Epoch("a", count)


def test_a_database_that_never_approved_anything_is_adopted_under_a_new_id() -> None:
    assert adopted(known=None, found=None, new_id="new") == Epoch("new", 1)
