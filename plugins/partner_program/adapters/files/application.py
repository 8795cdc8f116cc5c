"""Reads a partner's application from a file, or as it was pasted: JSON or strict YAML, one field a line."""

from collections.abc import Mapping
from pathlib import Path

from partner_program.adapters.files.faults import FileFaults, decoded, read_whole, refuse_unsound
from partner_program.adapters.files.strict_yaml import read_document


def read_application(path: Path) -> Mapping[str, object]:
    """Read an application's fields, each a text, a number as it is written, yes or no, or nothing.

    Raises `UnsoundFiles` with every fault: a field given twice, a list or a mapping as a value, an anchor, a tag.
    """
    faults = FileFaults(path.name)
    content = read_whole(path, faults)
    return _answers(content, faults)


def read_pasted_application(text: str) -> Mapping[str, object]:
    """Read an application's fields from what somebody pasted, as from a file."""
    faults = FileFaults("application")
    return _answers(text.encode("utf-8", "surrogatepass"), faults)


def _answers(content: bytes | None, faults: FileFaults) -> Mapping[str, object]:
    fields = {} if content is None else read_document(decoded(content, faults), faults).answers()
    refuse_unsound([faults])
    return fields
