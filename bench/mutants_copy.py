"""The copy of the project in which `bench.mutants` changes the code.

mutmut knows modules below src/ alone, and changes nothing below a decorator: the package is copied there, and in the
modules that are to be changed each property is written as a method.
"""

import ast
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

PROJECT = Path(__file__).parent.parent
PACKAGE = Path("plugins/partner_program")
GIT = shutil.which("git") or "git"


def copy_project(at: Path, changed: Sequence[str], tests: Sequence[str]) -> bool:
    """Copy what git knows, with the package below src/; return whether code or one of the `tests` is new in the copy.

    `changed` are the modules that are to be changed, below the package.
    """
    is_new = False
    listed = subprocess.run(  # noqa: S603 - fixed words
        [GIT, "ls-files", "-z"], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout
    for path in map(Path, listed.split("\0")):
        if not (PROJECT / path).is_file():
            continue
        is_code = path.is_relative_to(PACKAGE)
        to = Path("src/partner_program", path.relative_to(PACKAGE)) if is_code else path
        content = (PROJECT / path).read_bytes()
        is_changed = is_code and any(path.relative_to(PACKAGE).match(each) for each in changed)
        if is_changed:
            content = with_properties_as_methods(content.decode()).encode()
        elif path.name == "pyproject.toml":
            content = content.replace(b'pythonpath = ["plugins", "."]', b'pythonpath = ["src", "."]')
        for copy in (at / to, *([] if is_changed else [at / "mutants" / to])):
            is_written = write_if_new(copy, content, PROJECT / path)
            is_new |= is_written and (is_code or any(path.is_relative_to(each) for each in tests))
    return is_new


def write_if_new(to: Path, content: bytes, like: Path) -> bool:
    """Write a file where its content differs, as mutmut compares times; return whether it did."""
    if to.is_file() and to.read_bytes() == content:
        return False
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(content)
    shutil.copymode(like, to)
    return True


def with_properties_as_methods(source: str) -> str:
    """Write each `@property` as a method that is made one afterwards: mutmut changes nothing below a decorator."""
    lines = source.splitlines(keepends=True)
    for node in sorted(properties(source), key=lambda each: each.lineno, reverse=True):
        lines.insert(node.end_lineno or 0, f"{' ' * node.col_offset}{node.name} = property({node.name})\n")
        del lines[node.decorator_list[0].lineno - 1]
    return "".join(lines)


def properties(source: str) -> Iterator[ast.FunctionDef]:
    """The functions of a module that have `@property` as their only decorator."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and [ast.unparse(each) for each in node.decorator_list] == ["property"]:
            yield node
