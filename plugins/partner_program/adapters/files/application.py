"""Reads a partner's application from a file: JSON or YAML, one field a line."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from partner_program.domain.refusals import UnsoundFiles


def read_application(path: Path) -> Mapping[str, object]:
    """Read an application's fields; raises `UnsoundFiles` with the line where the file is not a mapping of fields."""
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise UnsoundFiles([f"{path}:1: file: is not UTF-8 at byte {error.start}, expected UTF-8 text"]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UnsoundFiles([f"{path}:{line}: file: {error.problem}, expected JSON or YAML"]) from error
    if not isinstance(found, dict):
        raise UnsoundFiles([f"{path}:1: file: has no fields, expected one `field: value` a line"])
    return {str(name): value for name, value in found.items()}
