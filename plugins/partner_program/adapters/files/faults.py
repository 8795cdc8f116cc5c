"""The faults of files that people write: all are collected, each with its place, before any is reported."""

from collections.abc import Iterable
from pathlib import Path

from partner_program.domain.refusals import UnsoundFiles

LONGEST_SHOWN = 60


class FileFaults:
    """What is wrong in one file: `file:line: column: what is wrong, what is expected`, in the file's order."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self._found: list[tuple[int, str, str]] = []

    def add(self, line: int, place: str, fault: str) -> None:
        """Record a fault: the line, counted from 1, the column or key, and what is wrong and expected there."""
        self._found.append((line, place if place.isprintable() else quoted(place), fault))

    def add_all(self, others: "FileFaults") -> None:
        """Record what was found wrong when the same file was read before."""
        self._found += others._found

    def listed(self) -> list[str]:
        """Return the faults ordered by line; those of one line stay in the order in which they were found."""
        by_line = sorted(self._found, key=lambda found: found[0])
        return [f"{self.file_name}:{line}: {place}: {fault}" for line, place, fault in by_line]


def refuse_unsound(files: Iterable[FileFaults]) -> None:
    """Raise `UnsoundFiles` with every fault of every file, if there is any."""
    listed = [fault for faults in files for fault in faults.listed()]
    if listed:
        raise UnsoundFiles(listed)


def read_whole(path: Path, faults: FileFaults) -> bytes | None:
    """Return the bytes of a file; if it is missing or may not be read, record that as a fault and return None."""
    try:
        return path.read_bytes()
    except OSError as error:
        faults.add(1, "file", f"cannot be read ({error.strerror}), expected the file {path.name}")
        return None


def decoded(content: bytes, faults: FileFaults) -> str:
    """Return the text of a UTF-8 file without its byte order mark; each line that is not UTF-8 is a fault."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return content.decode()
    except UnicodeDecodeError:
        for line, line_bytes in enumerate(content.split(b"\n"), start=1):
            _check_line(line, line_bytes, faults)
        return content.decode(errors="replace")


def _check_line(line: int, line_bytes: bytes, faults: FileFaults) -> None:
    try:
        line_bytes.decode()
    except UnicodeDecodeError as error:
        wrong = line_bytes[error.start : error.end].hex(" ")
        faults.add(line, f"byte {error.start + 1}", f"{wrong} is not UTF-8, expected a file saved as UTF-8")


def quoted(text: str) -> str:
    """Quote a value for a message: characters that cannot be printed are escaped, a long value is cut."""
    return repr(text) if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]!r}... ({len(text)} characters)"
