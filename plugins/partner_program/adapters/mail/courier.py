"""The couriers that take letters: a mail server, or files. Every installation writes files until sending is enabled."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import quote

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.mail.client import Envelope
from partner_program.domain.delivery import Outcome

TO_FILE = "written to"  # the reply of a letter that went to a file begins with these words


class Courier(Protocol):
    """Takes letters one at a time: to a mail server, or to files."""

    def __enter__(self) -> Self:
        """Get ready for a batch of letters."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """End the batch."""

    def deliver(self, envelope: Envelope, before_dot: Callable[[], None]) -> Outcome:
        """Hand over one letter; `before_dot` is called just before the step that cannot be undone."""


class FileCourier:
    """Writes each message as an .eml file, named by the envelope's return path, which is different for each delivery.

    The folder is made with the first letter.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        """Return this courier; there is nothing to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Do nothing: there is nothing to close."""

    def deliver(self, envelope: Envelope, before_dot: Callable[[], None]) -> Outcome:
        """Write one message; writing the same message again leaves its file as it is.

        The file is written before `before_dot` is called: if the disk is full, the letter can still be sent again.
        """
        path = self._folder / f"{quote(envelope.return_path.partition('@')[0], safe='+')}.eml"
        write_if_changed(path, envelope.message.decode("utf-8"))
        before_dot()
        return Outcome("accepted", f"{TO_FILE} {path}")
