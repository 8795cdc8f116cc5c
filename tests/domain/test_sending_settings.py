"""To which domains letters may go, and where bounces come back."""

from partner_program.domain.sending_settings import SendingSettings


def test_live_letters_go_to_the_allowed_domains_alone_in_any_case() -> None:
    live = SendingSettings(live=True, allowed_domains=("p1.example", "p2.example"))
    assert [live.allows(each) for each in ("p1.example", "P2.EXAMPLE", "p3.example", "sub.p1.example", "*")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_files_may_carry_any_domain_and_a_star_allows_each() -> None:
    assert SendingSettings(live=False, allowed_domains=("p1.example",)).allows("p3.example")
    assert SendingSettings(live=True, allowed_domains=("*",)).allows("p3.example")
    assert not SendingSettings(live=True).allows("p3.example")


def test_bounces_come_back_to_the_sender_unless_another_mailbox_is_named() -> None:
    assert SendingSettings().bounces_to("pam@host.example") == "pam@host.example"
    assert SendingSettings(bounce_address="b@host.example").bounces_to("pam@host.example") == "b@host.example"


def test_what_nobody_set_sends_nothing_for_real() -> None:
    assert SendingSettings() == SendingSettings(False, (), None, 60, 20, 7, False)
