"""Who a letter goes to is part of what was approved, and is looked at again when it is sent."""

from contextlib import suppress
from pathlib import Path

import pytest

from partner_program.adapters.mail import message
from partner_program.domain.acts import Doer
from partner_program.domain.refusals import NotApproved, Refusal
from partner_program.usecases.letters.resolution import resolve_letters
from tests.smtp.fault_server import FaultServer
from tests.usecases.letter_world import MONTH, RECIPIENTS, LetterWorld, letter_world, render

LEFT = ("P1", "nobody@p1.example")
KIM = Doer("kim", "the partner called", 1_438_100_000)


@pytest.fixture
def june(tmp_path: Path) -> LetterWorld:
    """June's letters, approved: to two contacts of P1 and one of each of the others."""
    made = letter_world(tmp_path)
    made.approve()
    return made


def contact(june: LetterWorld, email: str) -> dict[str, object]:
    """The row of a contact in the registry's file."""
    (found,) = [row for row in june.world.tables["contacts"] if row["email"] == email]
    return found


def sent_to(june: LetterWorld, **more: object) -> set[str]:
    """Send, and return the addresses that the mail server was given."""
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields())
        with suppress(NotApproved):  # a letter that greets its contacts by name has changed with them
            june.send(**more)
    return {each[9:-1] for each in server.commands if each.startswith("RCPT TO:<")}


def removed(june: LetterWorld) -> None:
    contact(june, "nobody@p1.example")["role"] = "technical"


def moved(june: LetterWorld) -> None:
    contact(june, "nobody@p1.example")["email"] = "somebody@p1.example"


def at_another_partner(june: LetterWorld) -> None:
    contact(june, "nobody@p1.example")["partner_id"] = "P2"


@pytest.mark.parametrize("change", [removed, moved, at_another_partner])
def test_a_contact_that_left_after_the_approval_gets_nothing_and_its_letter_asks_again(june, change):
    change(june)
    june.world.load()
    assert "nobody@p1.example" not in sent_to(june)
    (row,) = [each for each in june.reconciled().open if (each.partner_id, each.recipient) == LEFT]
    assert (row.status, row.approval_id) == ("rendered", None)
    render(june.world)
    assert LEFT not in {(each.partner_id, each.recipient) for each in june.reconciled().open}


def test_an_approval_without_a_new_rendering_never_reaches_who_left(june):
    moved(june)
    june.world.load()
    assert len(sent_to(june)) == RECIPIENTS - 1
    (row,) = june.reconciled().open
    assert "no billing contact of the partner any more" in str(row.reply)
    june.approve()
    assert sent_to(june) == set()
    assert june.states() == {"accepted": RECIPIENTS - 1, "rendered": 1}


@pytest.mark.parametrize("status", ["suspended", "ended", "applied"])
def test_a_partner_that_is_not_authorised_any_more_gets_nothing(june, status):
    (partner,) = [row for row in june.world.tables["partners"] if row["partner_id"] == "P1"]
    partner["status"] = status
    june.world.load()
    assert not any("p1.example" in each for each in sent_to(june))
    assert june.states() == {"accepted": RECIPIENTS - 2, "undeliverable": 2}
    assert {row.reply for row in june.reconciled().open} == {
        f"the partner is {status} now: letters go to authorised partners alone"
    }
    assert june.reconciled().needs_a_person


def test_two_contacts_never_get_two_different_letters_of_one_month(june):
    with FaultServer("greylisting") as server:  # P1's first contact is asked to wait, and so is every other
        june.use_server(server.connection_fields())
        june.send(partners=["P1"], limit=1)
        june.time.sleep(600)
        june.send(partners=["P1"], limit=1)
        june.send(partners=["P1"])
    assert june.states() == {"accepted": 1, "deferred": 1, "approved": RECIPIENTS - 2}
    changed_words(june)
    render(june.world)
    assert june.states() == {"accepted": 1, "rendered": RECIPIENTS - 1}
    june.approve()
    june.time.sleep(20_000)
    assert not any("p1.example" in each for each in sent_to(june))
    assert june.states() == {"accepted": RECIPIENTS - 1, "undeliverable": 1}
    (row,) = june.reconciled().open
    assert "another recipient has this month's letter in other words" in str(row.reply)
    assert resolve_letters(june.here, MONTH, "resend", KIM, partners=["P1"]) == 1, "a person may want it"
    june.approve()
    assert len(sent_to(june)) == 1


def changed_words(june: LetterWorld) -> None:
    """A manager's new telephone number, which every letter states."""
    (manager,) = june.world.tables["account_managers"]
    manager["phone"] = "+31 20 2"
    june.world.load()


def test_an_accepted_letter_that_never_came_is_sent_again_by_a_persons_word(june):
    sent_to(june)
    assert resolve_letters(june.here, MONTH, "never_came", KIM, partners=["P2"]) == 1
    assert june.states() == {"accepted": RECIPIENTS - 1, "refused": 1}
    (row,) = june.reconciled().open
    assert row.reply == "kim says that it never came: the partner called"
    with june.here.database.reading() as connection:
        (act,) = connection.exec_driver_sql("SELECT subject, done_by, reason FROM act WHERE kind LIKE '%never came'")
    assert tuple(act) == ("2015-06", "kim", "the partner called")
    assert resolve_letters(june.here, MONTH, "resend", KIM, partners=["P2"]) == 1
    june.approve()
    assert len(sent_to(june)) == 1
    assert june.states() == {"accepted": RECIPIENTS}


def test_letters_that_were_not_sent_or_went_to_files_did_not_fail_to_come(june):
    with pytest.raises(Refusal, match="can be resolved so"):
        resolve_letters(june.here, MONTH, "never_came", KIM)
    june.send()
    with pytest.raises(Refusal, match="can be resolved so"):
        resolve_letters(june.here, MONTH, "never_came", KIM)


def test_letters_that_no_mail_can_carry_are_undeliverable_in_words_and_stop_no_other(june, monkeypatch):
    """A version with a smaller limit sends what an earlier one approved. P3 has two accounts: the longest letter."""
    june.send(partners=["P3"])
    (written,) = (june.world.folder / "out" / "mail" / str(MONTH)).glob("*.eml")
    limit = written.stat().st_size - 1
    monkeypatch.setattr(message, "LARGEST_MESSAGE", limit)
    assert resolve_letters(june.here, MONTH, "resend", KIM, written_to_files=True) == 1
    june.approve()
    june.send()
    assert june.states() == {"accepted": RECIPIENTS - 1, "undeliverable": 1}
    (row,) = june.reconciled().open
    assert (row.partner_id, str(row.reply).partition("the message is ")[2]) == (
        "P3",
        f"{limit + 1} octets long, more than {limit}",
    )
