"""The same nodes, lines and faults, whether libyaml split the text into events or PyYAML alone did."""

import sys
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from partner_program.adapters.files import strict_yaml
from partner_program.adapters.files.faults import FileFaults

FIRST = (Path(__file__).parents[3] / "include/program/2015-07-27.yaml").read_text("utf-8")
MISTAKES: dict[str, Callable[[str], str]] = {
    "none": str,
    "a list without an end": lambda text: text.replace("sla: Silver", "sla: [Silver", 1),
    "a tab": lambda text: text.replace("sla: Silver", "sla: Silver\n\tx: 1", 1),
    "a second document": lambda text: text + "\n---\na: 1\n",
    "an anchor and its alias": lambda text: text + "\nx: &here 1\ny: *here\n",
    "a tag": lambda text: text + "\nx: !!python/name:os.system\n",
    "too deep": lambda text: text + "\nx: " + "[" * 20 + "]" * 20,
    "a character of no text, after letters of two bytes": lambda text: f"# déjà été\n{text}\nx: \x07\n",
    "nothing": lambda _: "# nothing but a remark\n",
}


@pytest.fixture(scope="module")
def in_python() -> ModuleType:
    """The reader as it is where PyYAML has no libyaml."""
    spec = find_spec(strict_yaml.__name__)
    assert spec is not None
    assert spec.loader is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", False)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    assert module._Events is not strict_yaml._Events
    assert strict_yaml.__name__ in sys.modules
    return module


def told(reader: Any, text: str) -> tuple[Any, list[tuple[int, str]]]:
    """The nodes of a text, and line and place of each fault: the words for a fault of syntax are the parser's own."""
    faults = FileFaults("a.yaml")
    node = reader._composed(text, faults)
    return _plain(node), [(int(each.split(":")[1]), each.split(":")[2]) for each in faults.listed()]


def _plain(node: Any) -> Any:
    if isinstance(node, list | tuple):
        return [_plain(each) for each in node]
    if not isinstance(node, yaml.Node):
        return node
    marks = [(mark.line, mark.column) for mark in (node.start_mark, node.end_mark)]
    return [node.tag, marks, _plain(node.value)]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_text_is_read_alike_with_libyaml_and_without(in_python: ModuleType, mistake: str) -> None:
    text = MISTAKES[mistake](FIRST)

    nodes, faults = told(strict_yaml, text)

    assert (nodes, faults) == told(in_python, text)
    assert bool(faults) == (mistake != "none")


def test_libyaml_is_used_where_it_is() -> None:
    assert strict_yaml._Events is not strict_yaml._InPython
