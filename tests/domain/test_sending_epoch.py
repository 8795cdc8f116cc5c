from dataclasses import replace

import pytest

from partner_program.domain.refusals import NotThisInstallation
from partner_program.domain.sending_epoch import (
    ADOPTED,
    UNREADABLE,
    Epoch,
    Place,
    adopted,
    bound,
    check_bound,
    counted_on,
)

HERE = Place("host-1", "/srv/out", "/srv/program.db")
ELSEWHERE = [
    (replace(HERE, host="host-2"), r"from the host host-2, and this is host-1 \(PARTNER_PROGRAM_HOST\)"),
    (replace(HERE, out="/copy/out"), r"from the folder /copy/out, and this is /srv/out \(PARTNER_PROGRAM_OUT\)"),
    (replace(HERE, database="/old.db"), "with the database /old.db, and this is /srv/program.db"),
]


def epoch(count: int, installation_id: str = "a", place: Place | None = HERE) -> Epoch:
    return Epoch(installation_id, count, place)


def count(known: Epoch, found: Epoch | None) -> Epoch:
    return counted_on(known=known, found=found, here=HERE, file="f")


def bind(known: Epoch | None, found: Epoch | None) -> Epoch:
    return bound(known=known, found=found, here=HERE, file="f", new_id="new")


def test_the_first_approval_binds_to_this_place_under_a_new_id_and_counts_nothing() -> None:
    assert bind(None, None) == epoch(0, "new")


def test_a_later_approval_keeps_what_the_first_one_bound() -> None:
    assert bind(epoch(0), epoch(0)) == epoch(0)
    assert bind(epoch(5), epoch(4)) == epoch(5)


def test_the_file_of_an_approval_that_was_stopped_before_its_end_is_used_by_the_next_one() -> None:
    assert bind(None, epoch(0)) == epoch(0)


@pytest.mark.parametrize("found", [epoch(1), epoch(0, place=None), *(epoch(0, place=place) for place, _ in ELSEWHERE)])
def test_a_database_without_an_approval_does_not_take_over_a_file_that_has_counted_or_is_from_elsewhere(
    found: Epoch,
) -> None:
    with pytest.raises(NotThisInstallation, match=r"by another database \(f\)"):
        bind(None, found)


def test_a_database_without_an_approval_does_not_take_over_a_file_that_cannot_be_read() -> None:
    with pytest.raises(NotThisInstallation, match="f cannot be read, so letters may have been approved or sent"):
        bind(None, UNREADABLE)


def test_an_adoption_counts_on_from_the_database_where_the_file_cannot_be_read() -> None:
    assert adopted(known=epoch(4), found=UNREADABLE, here=HERE, new_id="new") == epoch(4 + ADOPTED)


@pytest.mark.parametrize("counted", [0, 1, 7])
def test_an_approved_database_without_its_file_is_a_copy_even_before_the_first_sending(counted: int) -> None:
    for ask in (bind, count):
        for found in (None, UNREADABLE):
            with pytest.raises(NotThisInstallation, match="f is not there or cannot be read, so this database was cop"):
                ask(epoch(counted), found)


@pytest.mark.parametrize(("place", "said"), ELSEWHERE)
def test_a_database_that_sends_from_elsewhere_is_a_copy_whatever_its_file_says(place: Place, said: str) -> None:
    for found in (None, epoch(3), epoch(3, place=place)):
        with pytest.raises(NotThisInstallation, match=f"this is a copy, or was moved: letters are sent {said}"):
            count(epoch(3, place=place), found)


@pytest.mark.parametrize("place", [None, *(place for place, _ in ELSEWHERE)])
def test_a_file_that_names_another_place_is_refused(place: Place | None) -> None:
    with pytest.raises(NotThisInstallation, match="f was copied here or changed"):
        count(epoch(3), epoch(3, place=place))


def test_an_installation_of_an_earlier_version_asks_to_be_adopted() -> None:
    for found in (None, epoch(3, place=None), epoch(3)):
        with pytest.raises(NotThisInstallation, match=r"of an earlier version.*letters adopt --by NAME --reason TEXT"):
            count(epoch(3, place=None), found)


def test_a_database_that_counts_as_far_as_its_file_sends() -> None:
    assert count(epoch(3), epoch(3)) == epoch(4)


def test_a_database_further_than_its_file_sends() -> None:  # its sender was killed before it wrote the file
    assert count(epoch(4), epoch(3)) == epoch(5)


def test_a_database_one_behind_its_file_was_put_back_from_a_backup() -> None:
    with pytest.raises(NotThisInstallation, match=r"older than what was sent \(f\)"):
        count(epoch(3), epoch(4))


def test_a_file_of_another_installation_stops_even_the_first_sending() -> None:
    with pytest.raises(NotThisInstallation, match=r"by another database \(f\)"):
        count(epoch(0), epoch(0, "b"))


@pytest.mark.parametrize(("known", "found", "counted"), [(3, 5, 1_000_005), (5, 3, 1_000_005), (2, 2, 1_000_002)])
def test_an_adopted_database_keeps_its_id_and_counts_on_from_the_further_of_both(
    known: int, found: int, counted: int
) -> None:
    elsewhere, _ = ELSEWHERE[0]
    after = adopted(known=epoch(known, place=elsewhere), found=epoch(found, "b"), here=HERE, new_id="new")
    assert after == epoch(counted)
    check_bound(known=after, found=after, here=HERE, file="f")


def test_a_database_that_never_approved_anything_is_adopted_under_a_new_id() -> None:
    assert adopted(known=None, found=None, here=HERE, new_id="new") == epoch(ADOPTED, "new")
