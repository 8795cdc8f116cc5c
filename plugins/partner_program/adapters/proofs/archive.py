"""The zip of a proof: every byte of it follows from its members, so that no byte can change unseen.

Members are stored, not compressed, in the order in which they are added, dated 1980-01-01, without comments and extra
fields: equal members make an equal file on every machine. Anybody can open it; who reads it here trusts nothing of it.
"""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from partner_program.domain.refusals import Refusal

_LOCAL, _CENTRAL, _END = "<4s5H3L2H", "<4s6H3L5H2L", "<4s4H2LH"
_FIRST_DAY = 0x21  # 1980-01-01, the first day that a zip can name
_MADE_BY_UNIX, _VERSION = 3 << 8 | 20, 20
_OWNER_FILE = 0o100600 << 16
LARGEST = 2**32 - 2  # bytes of a file and of a member: more would need the zip format's 64-bit form
MOST_MEMBERS = 20_000
LARGEST_RATIO = 100  # of a member that somebody compressed: text of ours shrinks to a twentieth
_AT_ONCE = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error, OSError, NotImplementedError)


class Unreadable(Refusal):
    """A file that cannot be read as a proof at all."""


class Member(NamedTuple):
    """A member as the manifest names it: its size in bytes and the sha256 of its content."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    crc: int
    size: int
    offset: int

    def local(self) -> bytes:
        """Return the header that stands before the content."""
        name = self.name.encode()
        head = (b"PK\3\4", _VERSION, 0, 0, 0, _FIRST_DAY, self.crc, self.size, self.size, len(name), 0)
        return struct.pack(_LOCAL, *head) + name

    def central(self) -> bytes:
        """Return the row of the directory at the end."""
        name = self.name.encode()
        fixed = (b"PK\1\2", _MADE_BY_UNIX, _VERSION, 0, 0, 0, _FIRST_DAY, self.crc, self.size, self.size)
        return struct.pack(_CENTRAL, *fixed, len(name), 0, 0, 0, 0, _OWNER_FILE, self.offset) + name


def _directory(entries: list[_Entry], offset: int) -> bytes:
    rows = b"".join(entry.central() for entry in entries)
    count = len(entries)
    return rows + struct.pack(_END, b"PK\5\6", 0, 0, count, count, len(rows), offset, 0)


class ArchiveWriter:
    """Writes members one after another to a file that can be sought in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._entries: list[_Entry] = []
        self.members: list[Member] = []

    def add(self, name: str, content: Iterable[bytes]) -> Member:
        """Add a member; its content may come in pieces of any size."""
        start = self._file.tell()
        self._file.write(_Entry(name, 0, 0, start).local())
        crc, size, digest = 0, 0, hashlib.sha256()
        for piece in content:
            self._file.write(piece)
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            digest.update(piece)
        end = self._file.tell()
        if end > LARGEST:
            raise Refusal("the proof would be larger than 4 GB, which this format does not hold")
        entry = _Entry(name, crc, size, start)
        self._file.seek(start)
        self._file.write(entry.local())
        self._file.seek(end)
        self._entries.append(entry)
        self.members.append(Member(name, size, digest.hexdigest()))
        return self.members[-1]

    def close(self) -> None:
        """Write the directory; without it the file is no zip."""
        self._file.write(_directory(self._entries, self._file.tell()))


class Archive:
    """A proof's zip, opened for looking through it; nothing of it is written anywhere. Raises `Unreadable`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise Unreadable(f"{path}: {error.strerror}") from error
        try:
            self._zip = zipfile.ZipFile(self._file)
            self._infos = self._zip.infolist()
        except _BROKEN:
            self._file.close()
            raise Unreadable(f"{path.name}: is no zip, or was cut off") from None
        self.names = [info.orig_filename for info in self._infos]
        self._by_name = {info.orig_filename: info for info in self._infos}

    def __enter__(self) -> "Archive":
        """Keep the file open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._zip.close()
        self._file.close()

    def check_shape(self) -> None:
        """Refuse what would cost too much to look at, or was never made here; raises `Unreadable`."""
        if len(self._infos) > MOST_MEMBERS:
            raise Unreadable(f"{self.path.name}: has {len(self._infos):,} files, a proof has at most {MOST_MEMBERS:,}")
        if sum(info.file_size for info in self._infos) > LARGEST:
            raise Unreadable(f"{self.path.name}: would unpack to more than 4 GB, which no proof does")
        for info in self._infos:
            name = info.orig_filename
            shown = name.encode("ascii", "backslashreplace").decode()[:100]
            parts = name.split("/")
            if name.startswith("/") or "\\" in name or ":" in name or ".." in parts or "\0" in name:
                raise Unreadable(f"{self.path.name}: the path {shown} leads out of the zip: nothing of it was read")
            if info.flag_bits & 0x41:
                raise Unreadable(f"{self.path.name}: {shown} is encrypted, which no proof is")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Unreadable(f"{self.path.name}: {shown} is compressed in a way that no proof is")
            if info.file_size > max(info.compress_size, 1) * LARGEST_RATIO and info.file_size > _AT_ONCE:
                raise Unreadable(f"{self.path.name}: {shown} would unpack to {info.file_size:,} bytes: a zip bomb")

    def size(self, name: str) -> int:
        """Return how many bytes a member says that it has."""
        return self._by_name[name].file_size

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a member's content in pieces, at most the size that it says it has; raises `Unreadable`."""
        try:
            with self._zip.open(self._by_name[name]) as content:
                while piece := content.read(_AT_ONCE):
                    yield piece
        except _BROKEN as why:
            raise Unreadable(f"{name}: cannot be read: {str(why)[:100] or 'it is cut off'}") from None

    def read(self, name: str, most: int) -> bytes:
        """Return a member whole; raises `Unreadable` where it is larger than `most` bytes."""
        if self.size(name) > most:
            raise Unreadable(f"{name}: has {self.size(name):,} bytes, expected at most {most:,}")
        return b"".join(self.pieces(name))

    def lines(self, name: str) -> Iterator[str]:
        """Yield a member's lines with their ends; raises `Unreadable`, also for what is no UTF-8."""
        rest = b""
        for piece in self.pieces(name):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield _decoded(name, line) + "\n"
        if rest:
            yield _decoded(name, rest)

    def other_bytes(self) -> str | None:
        """Return where the file differs from the one that its members make, None where no byte does."""
        entries, offset = [], 0
        for info in self._infos:
            entry = _Entry(info.orig_filename, info.CRC, info.file_size, offset)
            if not self._has(offset, entry.local()):
                return f"byte {offset:,}, before {info.orig_filename}"
            entries.append(entry)
            offset += len(entry.local()) + info.file_size
        directory = _directory(entries, offset)
        self._file.seek(0, 2)
        if self._file.tell() != offset + len(directory) or not self._has(offset, directory):
            return f"byte {offset:,} or after, in the zip's own directory"
        return None

    def _has(self, offset: int, expected: bytes) -> bool:
        self._file.seek(offset)
        return self._file.read(len(expected)) == expected


def _decoded(name: str, line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise Unreadable(f"{name}: is not UTF-8") from None


def file_sha256(path: Path) -> str:
    """Return the sha256 of a whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
