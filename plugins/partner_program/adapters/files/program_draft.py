"""Writes a change of the tier table as a programme file of its own: the newest file, with what differs in its place.

What stays keeps its words. What differs cannot keep them, since the source says another number: it says that it is a
draft, and what stood there. The strict reader then judges the file like any other.
"""

import json
import re
from collections.abc import Iterator

import yaml

from partner_program.domain.money import percent_text
from partner_program.domain.program import Program, Tier
from partner_program.domain.program_change import ProgramChange, TierTerms, differences, unchanged

_HEAD = """\
# A DRAFT, made with What-if from {base}. Nobody has decided it, and nothing uses it.
# To decide it: put the words of the decision in place of each reading that begins with "Draft", take these lines away,
# and keep it as include/program/{day}.yaml. `partner-program doctor` then says whether it is sound.
#
"""
SPECIAL = re.compile(r"[^A-Za-z]")  # a word of letters alone needs no quotes
_Edit = tuple[int, int, str]


def draft_text(content: bytes, base: Program, change: ProgramChange) -> str:
    """The text of a draft, made from the file of `base`; whether it is sound is for the reader to say."""
    text = content.decode("utf-8-sig")
    top = yaml.compose(text, Loader=yaml.SafeLoader)
    edits = [] if top is None else sorted(_edits(top, base, change), reverse=True)
    for start, end, written in edits:
        text = text[:start] + written + text[end:]
    return _HEAD.format(base=base.file_name, day=change.in_force_from) + text


def _edits(top: yaml.Node, base: Program, change: ProgramChange) -> Iterator[_Edit]:
    parts = {key.value: value for key, value in top.value}
    yield _mapping(
        parts["in_force_from"],
        [
            f"day: {change.in_force_from}",
            _reading(parts["in_force_from"], f"in force from {base.in_force_from} to {change.in_force_from}"),
        ],
    )
    if base.promotion_cap_bp is not None and change.promotion_cap_bp not in (None, base.promotion_cap_bp):
        said = f"{percent_text(base.promotion_cap_bp)} to {percent_text(change.promotion_cap_bp)}"
        cap = parts["promotion_cap"]
        yield _mapping(cap, [f"discount_bp: {change.promotion_cap_bp}", _reading(cap, said)])
    before = unchanged(base, in_force_from=base.in_force_from).tiers
    for node, old, new, row in zip(parts["tiers"].value, before, change.tiers, base.tiers, strict=True):
        found = differences(old, new, base.unit)
        if found:
            yield _mapping(node, [*_row(row, new), _reading(node, ", ".join(found))])


def _row(row: Tier, terms: TierTerms) -> Iterator[str]:
    """A row of the table with other terms; what the programme does not have is left out."""
    yield f"tier: {row.tier}"
    if row.name:
        yield f"name: {json.dumps(row.name, ensure_ascii=False)}"
    yield f"from_mrr_cents: {terms.from_mrr_cents}"
    yield f"monthly_fee_discount_bp: {terms.monthly_fee_discount_bp}"
    if terms.setup_fee_discount_bp is not None:
        yield f"setup_fee_discount_bp: {terms.setup_fee_discount_bp}"
    if row.sla is not None:
        yield f"sla: {json.dumps(row.sla, ensure_ascii=False) if SPECIAL.search(row.sla) else row.sla}"


def _mapping(node: yaml.Node, lines: list[str]) -> _Edit:
    indent = "\n" + " " * node.start_mark.column
    return node.start_mark.index, node.value[-1][1].end_mark.index, indent.join(lines)


def _reading(node: yaml.Node, said: str) -> str:
    """What a draft says of where its value comes from; JSON's quoting is YAML's."""
    own = {key.value: value.value for key, value in node.value if key.value in ("source", "reading")}
    words = " ".join(" ".join(own.values()).split())
    return "reading: " + json.dumps(f"Draft: {said}. It stood there: {words}", ensure_ascii=False)
