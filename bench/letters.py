"""Measures how much time our view and number formats add to rendering letters, and whether letters leak memory.

The other side is plain Jinja2: the same templates, compiled without our extensions, which render the same two parts
from a finished view. Both sides take turns letter by letter, so that a busy machine slows both, and the median ratio
of the pairs counts.
"""

import gc
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from unittest.mock import patch

from jinja2 import Environment
from jinja2.ext import InternationalizationExtension

from bench import Measurement
from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.adapters.letters import templates as letter_templates
from partner_program.adapters.letters.templates import LanguageTemplates
from partner_program.domain.letters import LetterFacts
from partner_program.usecases.installation import BRAND
from partner_program.usecases.letters.rendering import read_templates
from tests.letters.made_facts import KINDS

FOLDER = LayeredFolder((Path(__file__).parents[1] / "include/templates/letters/v1",))
PAIRS = 21
LETTERS_A_SIDE = 45
LETTERS_FOR_MEMORY = 1500


def measure() -> list[Measurement]:
    """Measure the time and the memory of rendering."""
    english = read_templates(FOLDER, FOLDER.path(BRAND)).in_language("en")
    return [_speed(english), _memory(english)]


def bare_jinja2() -> LanguageTemplates:
    """The English templates compiled by plain Jinja2, without our extensions."""
    with patch.multiple(
        letter_templates,
        LetterEnvironment=Environment,
        CompiledMessages=InternationalizationExtension,
        CompiledOnce=lambda *_, **__: None,  # what ours compiled is not theirs
    ):
        return read_templates(FOLDER, FOLDER.path(BRAND)).in_language("en")


def _letter(step: int) -> LetterFacts:
    """A letter of each kind in turn, with amounts that are in no cache."""
    base = list(KINDS.values())[step % len(KINDS)]
    rows = tuple(replace(row, mrr_eur_cents=row.mrr_eur_cents + step * 977) for row in base.accounts)
    return replace(base, accounts=rows, mrr_eur_cents=sum(row.mrr_eur_cents for row in rows))


def _speed(english: LanguageTemplates) -> Measurement:
    batch = [_letter(step) for step in range(LETTERS_A_SIDE)]
    jinja2 = bare_jinja2()
    views = [english.view(letter) for letter in batch]

    def ours(step: int) -> None:
        english.render(batch[step])

    def bare(step: int) -> None:
        jinja2.html.render(l=views[step])
        jinja2.text.render(l=views[step])

    _pair(ours, bare)
    pairs = [_pair(ours, bare) for _ in range(PAIRS)]
    each = median(seconds for seconds, _ in pairs) / LETTERS_A_SIDE * 1e6
    note = f"{each:.0f} microseconds a letter, HTML and text; {PAIRS} interleaved pairs of {LETTERS_A_SIDE}"
    ratio = median(one / other for one, other in pairs)
    return Measurement("letters: facts to both parts / bare Jinja2", ratio, 1.1, "x", note)


def _pair(ours: Callable[[int], None], bare: Callable[[int], None]) -> tuple[float, float]:
    """Processor time of both sides for the same letters; the sides take turns at each letter."""
    spent = {ours: 0.0, bare: 0.0}
    for step in range(LETTERS_A_SIDE):
        for side in (ours, bare) if step % 2 else (bare, ours):
            begin = time.process_time()
            side(step)
            spent[side] += time.process_time() - begin
    return spent[ours], spent[bare]


def _memory(english: LanguageTemplates) -> Measurement:
    """The peak memory of many letters divided by that of a tenth as many; no letter is kept."""
    _peak(english, 0, 100)
    few = _peak(english, 1_000, LETTERS_FOR_MEMORY // 10)
    many = _peak(english, 10_000, LETTERS_FOR_MEMORY)
    note = f"peak {many / 1024:.0f} KiB for {LETTERS_FOR_MEMORY} letters, {few / 1024:.0f} KiB for a tenth as many"
    return Measurement("letters: peak memory of ten times as many", many / few, 1.2, "x", note)


def _peak(english: LanguageTemplates, first: int, count: int) -> int:
    gc.collect()
    tracemalloc.start()
    for step in range(first, first + count):
        english.render(_letter(step))
        if step % 50 == 0:
            gc.collect()  # Python would collect later, after its heap has grown; only memory that is kept matters here
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
