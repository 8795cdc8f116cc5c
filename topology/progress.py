"""Messages on stderr while a run goes on, with the seconds since its start, and those that each step took."""

from time import monotonic

from rich.console import Console


class Progress:
    """Times one run and prints its messages."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._began = monotonic()
        self._last = self._began

    def say(self, what: str) -> None:
        """Print what has happened."""
        seconds = f"{monotonic() - self._began:6.1f} s"
        self._console.print(f"[dim]{seconds}[/dim]  {what}", soft_wrap=True)

    def step(self, what: str) -> None:
        """Print that a step is over, and how long it took."""
        now = monotonic()
        self.say(f"[bold]{what}[/bold] ({now - self._last:.1f} s)")
        self._last = now

    def refuse(self, why: str) -> None:
        """Print why the run failed."""
        self._console.print(f"topology: {why}", markup=False, soft_wrap=True)
