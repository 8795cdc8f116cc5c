"""Reads strict YAML: plain mappings, lists and values only, as nodes that know their line.

Refused: syntax errors, anchors, aliases, merge keys, tags, second documents and deep nesting. Which keys and values
are allowed is checked where they are read (`yaml_sections`).
"""

from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import Resolver
from yaml.scanner import Scanner

from partner_program.adapters.files.faults import FileFaults, quoted
from partner_program.adapters.files.yaml_sections import REFUSED, Section

DEEPEST = 12


class _InPython(Reader, Scanner, Parser):
    """Splits a text into events where PyYAML was built without libyaml, which takes a tenth of the time."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


_Events: Any = vars(yaml.cyaml)["CParser"] if yaml.__with_libyaml__ else _InPython


class _Composer(Composer, _Events, Resolver):  # type: ignore[misc] # one of two classes
    """Composes nodes; anchors, aliases and tags, which YAML has to shorten text or make objects, are faults."""

    def __init__(self, text: str, faults: FileFaults) -> None:
        _Events.__init__(self, text)
        Composer.__init__(self)
        Resolver.__init__(self)
        self.faults = faults
        self.depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node, or a refused node in its place."""
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            self.get_event()
            return self._refused(event, f"alias *{event.anchor} is not allowed, expected the value itself")
        if self.depth == DEEPEST:
            problem = f"nested more than {DEEPEST} levels deep"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        self.depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        if event.anchor is not None:
            self._refused(event, f"anchor &{event.anchor} is not allowed, expected the value alone")
        if event.tag is not None:
            return self._refused(event, f"tag {quoted(event.tag)} is not allowed, expected the value alone")
        return node

    def _refused(self, event: Any, fault: str) -> yaml.Node:
        self.faults.add(event.start_mark.line + 1, f"column {event.start_mark.column + 1}", fault)
        return yaml.ScalarNode(REFUSED, "", event.start_mark, event.end_mark)


def read_document(text: str, faults: FileFaults) -> Section:
    """Return the one mapping of a file; if there is none, record the fault and return an empty mapping."""
    node = _composed(text, faults)
    if isinstance(node, yaml.MappingNode):
        return Section(node, "", faults)
    if node is not None:
        faults.add(node.start_mark.line + 1, "file", "is not a mapping, expected `key: value` lines")
    return Section(None, "", faults)


def _composed(text: str, faults: FileFaults) -> yaml.Node | None:
    try:
        node = _Composer(text, faults).get_single_node()
    except yaml.MarkedYAMLError as error:
        line, column = (error.problem_mark.line, error.problem_mark.column) if error.problem_mark else (0, 0)
        # libyaml puts what is missing at the end of a text on a line after the last one, which is not there.
        line = min(line, text.count("\n"))
        faults.add(line + 1, f"column {column + 1}", f"{error.problem}, expected one YAML document")
    except ReaderError as error:
        line = text.count("\n", 0, text.index(chr(error.character))) + 1
        faults.add(line, "file", f"character {error.character:#06x} is not allowed, expected printable text")
    else:
        if node is None:
            faults.add(1, "file", "is empty, expected `key: value` lines")
        return node
    return None
