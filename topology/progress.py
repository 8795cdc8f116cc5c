"""What is told while it goes on: steps on stderr with the seconds since the start, and what each step took."""

from time import monotonic

from rich.console import Console


class Progress:
    """The clock of one run, and its voice."""

    def __init__(self) -> None:
        """Start the clock."""
        self._console = Console(stderr=True, highlight=False)
        self._began = monotonic()
        self._last = self._began

    def say(self, what: str) -> None:
        """Say what has happened."""
        seconds = f"{monotonic() - self._began:6.1f} s"
        self._console.print(f"[dim]{seconds}[/dim]  {what}", soft_wrap=True)

    def step(self, what: str) -> None:
        """Say that a step is over, and how long it took."""
        now = monotonic()
        self.say(f"[bold]{what}[/bold] ({now - self._last:.1f} s)")
        self._last = now

    def refuse(self, why: str) -> None:
        """Say why this ends here."""
        self._console.print(f"topology: {why}", markup=False, soft_wrap=True)
