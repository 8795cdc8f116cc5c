"""Who takes a letter: a mail server, or files, which is what every installation does until sending is switched on."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import quote

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.mail.client import Envelope
from partner_program.domain.delivery import Outcome

TO_FILE = "written to"  # how the reply begins of a letter that went to a file


class Courier(Protocol):
    """Takes letters one at a time: to a mail server, or to files."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """End."""

    def deliver(self, envelope: Envelope, before_dot: Callable[[], None]) -> Outcome:
        """Hand one letter over; `before_dot` is called before nothing more can be taken back."""


class FileCourier:
    """Writes each message as an .eml file, named by the envelope's return path, which is each delivery's own."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made with the first letter."""
        self._folder = folder

    def __enter__(self) -> Self:
        """Nothing to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Nothing to close."""

    def deliver(self, envelope: Envelope, before_dot: Callable[[], None]) -> Outcome:
        """Write one message; the same one again leaves its file as it is.

        A file can be taken back, so it comes first: a disk without room leaves the letter to be sent again.
        """
        path = self._folder / f"{quote(envelope.return_path.partition('@')[0], safe='+')}.eml"
        write_if_changed(path, envelope.message.decode("utf-8"))
        before_dot()
        return Outcome("accepted", f"{TO_FILE} {path}")
