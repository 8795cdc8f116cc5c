"""A digest says the same in text and HTML, whatever people typed, and stays a mail that readers take whole."""

import html
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.adapters.letters.digest import SHOWN, RenderedDigest, render_digest
from partner_program.adapters.mail.message import too_large
from partner_program.domain.digests import DigestFacts
from partner_program.domain.reminders import Reminder, ReminderKind
from tests.letters.read_templates import read_templates

TEMPLATES = Path(__file__).parents[3] / "include" / "templates"
LETTERS = read_templates(TEMPLATES / "letters" / "v1")
MONDAY = date(2015, 8, 3)
KINDS: tuple[ReminderKind, ...] = get_args(ReminderKind)
HOSTILE = "<script>\u202e{{ 7*7 }}\x1b[31m\n\nOverdue\n-------"


def thing(kind: ReminderKind, day: date, *, company: str = "Company", words: str = "its words") -> Reminder:
    return Reminder(day, "P1", kind, f"{kind}-1", company, words)


def facts(**changed: object) -> DigestFacts:
    """One of each kind in each section that it may be in."""
    whole = DigestFacts(
        account_manager_id="M1",
        manager_name="Pat",
        week_of=MONDAY,
        listed_on=MONDAY,
        told_from=date(2015, 7, 27),
        due_days=30,
        overdue=(thing("dispute", date(2015, 7, 31)), thing("grant", MONDAY)),
        ended=tuple(thing(kind, MONDAY) for kind in KINDS if kind not in ("dispute", "drop")),
        coming=tuple(thing(kind, date(2015, 9, 1)) for kind in KINDS),
        not_read=(),
        faulty_lines={},
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def rendered(of: DigestFacts, shown: int = SHOWN) -> RenderedDigest:
    return render_digest(of, LayeredFolder((TEMPLATES / "digests",)), LETTERS, shown=shown)


class Words(HTMLParser):
    """The words of a page, without its head."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page.partition("</head>")[2])

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def test_each_thing_is_below_its_section_and_day_with_what_to_do_and_a_command() -> None:
    text = rendered(facts()).text
    parts = re.split(r"\n\n(Overdue|Has ended|Coming up)\n-+\n", text)
    assert parts[1::2] == ["Overdue", "Has ended", "Coming up"]
    overdue, ended, coming = parts[2::2]
    assert re.findall(r"\n\n(\w+ \d+ \w+ \d+)\n", overdue) == ["Friday 31 July 2015", "Monday 3 August 2015"]
    assert "> partner-program dispute answer dispute-1 --accepted --reason TEXT, or --rejected\n" in overdue
    assert "After 27 July 2015. Each of these is told once." in ended
    assert "> partner-program contracts ending --month 2015-08\n" in coming
    assert [len(re.findall(r"(?m)^    > partner-program ", each)) for each in (overdue, ended, coming)] == [2, 4, 6]


def test_text_and_html_say_the_same_words() -> None:
    made = rendered(facts(not_read=("NL", "US"), faulty_lines={"DE": 2}))
    for word in set(re.sub(r"(?m)^-+$|^ *\* |^ *> ", " ", made.text.partition("Dear")[2]).split()) - {"·", "--"}:
        assert word.strip("().:,") in " ".join(Words(made.html).words), word


def test_what_people_typed_is_one_escaped_line_and_no_template() -> None:
    hostile = tuple(thing(kind, MONDAY, company=HOSTILE, words=HOSTILE) for kind in KINDS)
    made = rendered(facts(overdue=(), ended=(), coming=hostile, manager_name=HOSTILE))
    cleaned = "<script>{{ 7*7 }} [31m Overdue -------"
    for part in (made.text, html.unescape(made.html)):
        assert part.count(cleaned) == 1 + 2 * len(KINDS)  # the manager's name; company and words of each
        assert "\x1b" not in part
        assert "\u202e" not in part
    assert "<script" not in made.html
    assert "\nOverdue\n" not in made.text


def test_the_subject_counts_and_has_no_amount() -> None:
    made = rendered(facts(coming=(thing("contract", date(2015, 9, 1), words="100.00 EUR"),), ended=(), overdue=()))
    assert made.subject == "Authorized Reseller Partner Program: 1 reminder for the week of 3 August 2015"


@pytest.mark.parametrize(
    ("lines", "said"), [(1, "1 line at fault; whether it ends"), (2, "2 lines at fault; whether they end")]
)
def test_what_is_not_known_is_named_and_otherwise_not_mentioned(lines: int, said: str) -> None:
    made = rendered(facts(not_read=("NL", "US"), faulty_lines={"DE": lines}))
    for part in (made.text, made.html):
        assert "The contracts of NL, US are not known" in part
        assert f"DE: {said} a contract is not known." in part
    assert "Not known" not in rendered(facts()).text + rendered(facts()).html


def test_of_very_many_the_first_are_shown_and_the_others_counted_in_a_mail_of_a_size_that_readers_take() -> None:
    long = tuple(thing("contract", MONDAY, company="ü" * 160, words="ü" * 600) for _ in range(1_000))
    made = rendered(facts(overdue=(), ended=long[:10], coming=long), shown=20)
    assert made.text.count("  * ") == 20
    assert "990 more are not shown here." in made.text
    assert "1010 reminders" in made.subject
    assert "2 more are not shown here." in rendered(facts(), shown=10).text
    plain = tuple(thing("contract", MONDAY, company="c" * 60, words="w" * 160) for _ in range(1_000))
    assert too_large(*_parts(rendered(facts(coming=plain)))) is None
    assert too_large(*_parts(rendered(facts(coming=long)))) is not None, "then the sender shows fewer"


def _parts(made: RenderedDigest) -> tuple[str, str]:
    return made.text, made.html
