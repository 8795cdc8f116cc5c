"""Says by one hash which code decides and writes: what was kept is only believed while it is the same.

The code is that of this package; with it come the versions of the libraries that it names and of Python.
"""

import hashlib
import platform
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
_DISTRIBUTION = "partner-program"
_NAME = re.compile(r"[\w.-]+", re.ASCII)


@cache
def all_code() -> str:
    """Return the sha256 of the whole package and of what it is run with."""
    used = "\n".join([platform.python_version(), *_libraries()])
    return hash_of_files(sorted(PACKAGE.rglob("*.py")), PACKAGE, used)


def hash_of_files(paths: Iterable[Path], below: Path, *words: str) -> str:
    """Return the sha256 of files with their places below a folder, and of words."""
    digest = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        digest.update(f"\0{path.relative_to(below).as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def hash_of_folder(folder: Path) -> str:
    """Return the sha256 of every file below a folder, its place, and whether others than its owner may read it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return hash_of_files(files, folder, *(str(path.stat().st_mode & 0o077) for path in files))


def _libraries() -> Iterator[str]:
    for wanted in sorted(requires(_DISTRIBUTION) or ()):
        name = _NAME.match(wanted)
        if name is not None:
            try:
                yield f"{name[0]} {version(name[0])}"
            except PackageNotFoundError:  # an extra that is not installed
                continue
