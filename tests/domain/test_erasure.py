"""A person's words are found as people, HTML and JSON write them, and nothing else is."""

import pytest

from partner_program.domain.erasure import Erased, pseudonym

KEY = "0123456789abcdef"
ERASED = Erased(("zoe@p2.example",), ('Zoë "Z" O\'Hara',), "erased-1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mail to ZOE@P2.example.", "mail to erased-1."),
        ("mailto:zoe@p2.example?x", "mailto:erased-1?x"),
        ("chloezoe@p2.example, zoe@p2.example-shop.example", None),
        ("zoe@p2.examples", None),
        ("x.zoe@p2.example", None),
        ('Dear Zoë "Z" O\'Hara,', "Dear erased-1,"),
        ("<p>Dear Zoë &#34;Z&#34; O&#39;Hara,", "<p>Dear erased-1,"),
        ("<p>Dear Zoë &quot;Z&quot; O&#x27;Hara,", "<p>Dear erased-1,"),
        (r'{"name": "Zoë \"Z\" O' + "'Hara\"}", '{"name": "erased-1"}'),
        (r'{"name": "Zo\u00eb \"Z\" O' + "'Hara\"}", '{"name": "erased-1"}'),
        ('ZOË "z" o\'hara rang', "erased-1 rang"),
        ('Zoe\u0308 "Z"\r\n  O\'Hara rang', "erased-1 rang"),
    ],
)
def test_what_is_taken_out(before: str, after: str | None) -> None:
    assert ERASED.out_of(before) == (before if after is None else after)


def test_a_short_name_is_no_part_of_a_word() -> None:
    short = Erased((), ("An",), "erased-1")
    assert short.out_of("An, an, Anna and Joan") == "erased-1, an, Anna and Joan"


def test_who_did_something_is_found_in_any_capitals_and_with_more_words() -> None:
    robin = Erased(("rstaf",), ("Robin", "Robin Staf"), "erased-1")
    found = [
        robin.out_of_doer(each) for each in (" ROBIN", "Rstaf", "robin  staf (sales)", "robin and kim", "robinson")
    ]
    assert found == ["erased-1", "erased-1", "erased-1 (sales)", "robin and kim", "robinson"]


def test_pseudonyms_need_the_key_and_know_the_person_again() -> None:
    one = pseudonym(KEY, "Zoe@P2.example")
    assert one == pseudonym(KEY, " zoe@p2.example ")
    assert one == pseudonym(KEY, "zoe@p2.example")
    assert pseudonym(KEY, "Zoe\u0308") == pseudonym(KEY, "Zo\u00eb")
    assert len({one, pseudonym(KEY + "x", "zoe@p2.example"), pseudonym(KEY, "zoe@p3.example")}) == 3


def test_about_partners_that_were_not_the_persons_only_the_address_is_certain_to_be_meant() -> None:
    assert ERASED.without_names() == Erased(ERASED.addresses, (), "erased-1")
    assert ERASED.about("P2", ["P1", "P2"]) == ERASED
    assert ERASED.about("P3", ["P1", "P2"]) == ERASED.about(None, ["P1"]) == ERASED.without_names()
    assert ERASED.about("P3", None) == ERASED, "of nobody's partners alone"
    assert ERASED.about("P3", []) == ERASED.without_names()


@pytest.mark.parametrize(
    ("text", "may"),
    [("An was here", True), ("an was here", True), ("Anna", False), ("to ZOE@p2.example", True), ("nobody", False)],
)
def test_words_may_stand_in_a_text_in_whatever_capitals(text: str, may: bool) -> None:
    assert Erased(("zoe@p2.example",), ("An",), "erased-1").may_stand_in(text) is may
