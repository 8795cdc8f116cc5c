"""The limits of the sending rate, with a clock that only moves when somebody sleeps."""

import pytest

from partner_program.adapters.mail.send_rate import SendRate


class Time:
    """A clock that stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def rate_and_time(per_minute: int | None, per_domain: int | None) -> tuple[SendRate, Time]:
    time = Time()
    return SendRate(
        per_minute=per_minute, per_domain_per_minute=per_domain, clock=lambda: time.now, sleep=time.sleep
    ), time


def test_letters_within_the_limit_go_at_once() -> None:
    rate, time = rate_and_time(3, None)
    for domain in ("a.example", "b.example", "c.example"):
        rate.wait(domain)
    assert time.slept == []


def test_the_letter_beyond_the_limit_waits_until_the_first_is_a_minute_old() -> None:
    rate, time = rate_and_time(2, None)
    rate.wait("a.example")
    time.now += 10
    rate.wait("a.example")
    assert rate.delay("b.example") == 50
    rate.wait("b.example")
    assert time.slept == [50]


def test_in_no_sixty_seconds_do_more_letters_go_than_allowed() -> None:
    rate, time = rate_and_time(7, 3)
    sent: list[tuple[float, str]] = []
    for step in range(60):
        domain = f"{'abc'[step % 3]}.example"
        rate.wait(domain)
        sent.append((time.now, domain))
        time.now += step % 5
    for moment, _ in sent:
        window = [domain for when, domain in sent if moment <= when < moment + 60]
        assert len(window) <= 7
        assert all(window.count(domain) <= 3 for domain in window)


def test_a_busy_domain_does_not_hold_up_the_others() -> None:
    rate, _ = rate_and_time(None, 1)
    rate.wait("busy.example")
    assert rate.delay("busy.example") == 60
    assert rate.delay("calm.example") == 0


def test_a_domain_is_the_same_in_any_spelling() -> None:
    rate, _ = rate_and_time(None, 1)
    rate.wait("Partner.Example.")
    assert rate.delay("partner.example") == 60


def test_without_limits_nothing_waits_and_nothing_is_kept() -> None:
    rate, time = rate_and_time(None, None)
    for _ in range(1_000):
        rate.wait("a.example")
    assert time.slept == []


def test_a_sleep_that_ends_early_is_continued() -> None:
    time = Time()

    def short_sleep(seconds: float) -> None:
        time.sleep(seconds / 2 if seconds > 1 else seconds)

    rate = SendRate(per_minute=1, per_domain_per_minute=None, clock=lambda: time.now, sleep=short_sleep)
    rate.wait("a.example")
    rate.wait("a.example")
    assert time.now == 1_060.0


def test_a_clock_that_is_set_back_delays_no_letter_for_hours() -> None:
    rate, time = rate_and_time(1, None)
    rate.wait("a.example")
    time.now -= 3_600
    rate.wait("a.example")
    assert time.slept == []


@pytest.mark.parametrize("limits", [(0, None), (None, 0), (-1, 5)])
def test_a_limit_below_one_is_refused(limits: tuple[int | None, int | None]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        SendRate(per_minute=limits[0], per_domain_per_minute=limits[1])
