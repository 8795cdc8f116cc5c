"""Limits how fast letters go out: so many a minute in all, and so many a minute to one domain."""

import time
from collections import deque
from collections.abc import Callable

_WINDOW = 60.0


class SendRate:
    """Lets at most `per_minute` letters go in any 60 seconds, and at most so many to one domain; None is no limit."""

    def __init__(
        self,
        *,
        per_minute: int | None,
        per_domain_per_minute: int | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        for limit in (per_minute, per_domain_per_minute):
            if limit is not None and limit < 1:
                raise ValueError("a limit is at least 1 letter a minute")
        self._per_domain = per_domain_per_minute
        self._clock, self._sleep = clock, sleep
        self._all: deque[float] = deque(maxlen=per_minute or 0)
        self._to: dict[str, deque[float]] = {}

    def delay(self, domain: str) -> float:
        """Return the seconds until a letter to this domain may go; 0 if it may go now."""
        now = self._clock()
        return max(_until_free(self._all, now), _until_free(self._sent_to(domain), now))

    def wait(self, domain: str) -> None:
        """Sleep until a letter to this domain may go, and count it as sent."""
        while (delay := self.delay(domain)) > 0:
            self._sleep(delay)
        now = self._clock()
        self._all.append(now)
        self._sent_to(domain).append(now)

    def _sent_to(self, domain: str) -> deque[float]:
        name = domain.lower().rstrip(".")
        return self._to.setdefault(name, deque(maxlen=self._per_domain or 0))


def _until_free(latest: deque[float], now: float) -> float:
    """Return the seconds until the oldest of the letters that fill a limit is 60 seconds old; 0 if there is room."""
    if not latest.maxlen or len(latest) < latest.maxlen:
        return 0.0
    if latest[-1] > now:  # the clock was set back: do not wait until it reaches its old time again
        latest.clear()
        return 0.0
    return max(0.0, latest[0] + _WINDOW - now)
