"""An application is read strictly: what YAML would make of it by itself is refused by line, never a traceback."""

from pathlib import Path

import pytest

from partner_program.adapters.files.application import read_application
from partner_program.domain.refusals import UnsoundFiles


def written(folder: Path, content: bytes) -> Path:
    path = folder / "application.yaml"
    path.write_bytes(content)
    return path


def test_values_are_texts_numbers_as_written_yes_or_no_or_nothing(tmp_path: Path) -> None:
    text = "website: https://a.example\nphone: 0031201234\nresolves: no\nbilling: true\nsince: 2015-01-01\nfax:\n"
    assert read_application(written(tmp_path, text.encode())) == {
        "website": "https://a.example",
        "phone": "0031201234",
        "resolves": False,
        "billing": True,
        "since": "2015-01-01",
        "fax": None,
    }


def test_json_is_read_too_also_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert read_application(written(tmp_path, b'\xef\xbb\xbf{"email": "jo@a.example", "revenue": 500}')) == {
        "email": "jo@a.example",
        "revenue": "500",
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"email: a\nemail: b\n", "2: email: is given twice, expected once"),
        (b"email: [a, b]\n", "1: email: is a list, expected one value"),
        (b"email: {a: b}\n", "1: email: is a mapping, expected one value"),
        (b"email: &a x\nphone: *a\n", "alias *a is not allowed"),
        (b"? [email]\n: 1\n", "1: key: is a list, expected the name of a key"),
        (b"1: x\n", "1: key: '1' is a whole number, expected the name of a key"),
        (b"<<: {email: x}\n", "is a merge key"),
        (b"email: !!python/object/apply:os.system [id]\n", "is not allowed, expected the value alone"),
        (b"email: a\n---\nemail: b\n", "expected one YAML document"),
        (b"email: " + b"[" * 5000, "nested more than 12 levels deep"),
        (b"- email\n", "is not a mapping"),
        (b"", "is empty"),
        (b"email: \x00\n", "character 0x0000 is not allowed"),
        (b"email: caf\xe9\n", "is not UTF-8"),
        (b"email: 'a\n", "expected one YAML document"),
    ],
)
def test_odd_yaml_is_refused_by_its_line(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(UnsoundFiles) as refused:
        read_application(written(tmp_path, content))
    assert why in str(refused.value)
    assert str(refused.value).startswith("application.yaml:")
