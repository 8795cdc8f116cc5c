"""Folders that are read as one: a file of the first stands for that of the same name in those after it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LayeredFolder:
    """A company's own folder above the project's; one that is not there has no files."""

    folders: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The folders' own name, as in `v1`."""
        return self.folders[-1].name

    def __truediv__(self, name: str) -> "LayeredFolder":
        """The folders of this name below."""
        return LayeredFolder(tuple(folder / name for folder in self.folders))

    def __str__(self) -> str:
        """The folder to look into first, for a message."""
        return str(self.folders[0])

    def path(self, name: str) -> Path:
        """The file of this name; where none has it, its place in the last folder."""
        return next((folder / name for folder in self.folders if (folder / name).is_file()), self.folders[-1] / name)

    def glob(self, pattern: str) -> list[Path]:
        """The files that match, one of each name, by name."""
        found = {path.name: path for folder in reversed(self.folders) for path in folder.glob(pattern)}
        return [path for _, path in sorted(found.items())]

    def files(self) -> dict[str, Path]:
        """Every file below, by its place."""
        return {
            path.relative_to(folder).as_posix(): path
            for folder in reversed(self.folders)
            for path in folder.rglob("*")
            if path.is_file()
        }


def content_hash(files: Mapping[str, Path]) -> str:
    """The sha256 over files and their places."""
    digest = hashlib.sha256()
    for place, path in sorted(files.items(), key=lambda each: Path(each[0])):
        content = path.read_bytes()
        digest.update(f"{place}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
