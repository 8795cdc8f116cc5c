"""Measures making e-mails, from a letter's facts to the bytes of a message, against a message put together by hand.

The other side, the bound, renders the same letter with plain Jinja2 from a finished view and puts the message together
by hand: base64, ASCII headers, no folding, no checks. Both sides take turns letter by letter, and the median of the
pairs counts. The message is also measured without the rendering, which would hide its share.
"""

import gc
import time
import tracemalloc
from base64 import encodebytes
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from statistics import median

from bench import Measurement
from bench.letters import FOLDER, _letter, bare_jinja2
from partner_program.adapters.letters.templates import LanguageTemplates
from partner_program.adapters.mail.message import MessageHead, message_bytes
from partner_program.usecases.installation import BRAND
from partner_program.usecases.letters.rendering import read_templates

PAIRS = 15
LETTERS_A_SIDE = 45
FEW, MANY = 1_000, 100_000
FRESHLY_RENDERED = 50  # only every 50th message gets a newly rendered letter; rendering is measured elsewhere
HEAD = MessageHead(
    sender_name="LeaseWeb Partner Program",
    sender_address="partners@host.example",
    reply_to_name="Mila Jansen",
    reply_to_address="mila.jansen@host.example",
    recipient_name="Anna de Vries",
    recipient_address="anna@noordzee.example",
    subject="",
    message_id="",
    dated=datetime(2015, 9, 2, 9, 30, tzinfo=UTC),
    language="en",
)
_NUMBERS = count()


def measure() -> list[Measurement]:
    """Measure the time of both sides, with and without rendering, and the memory of ours."""
    english = read_templates(FOLDER, FOLDER.path(BRAND)).in_language("en")
    return [_speed(english), _message_alone(english), _memory(english)]


def _head(subject: str) -> MessageHead:
    """A head that no earlier message had: another recipient and another Message-ID."""
    number = next(_NUMBERS)
    return replace(
        HEAD,
        subject=subject,
        recipient_name=f"Anna de Vries {number}",
        recipient_address=f"anna{number}@partner{number}.example",
        message_id=f"<{number:032x}@host.example>",
    )


def _by_hand(subject: str, text: str, html: str) -> bytes:
    """Put a message together by hand."""
    number = next(_NUMBERS)
    head = (
        "From: LeaseWeb Partner Program <partners@host.example>\r\nReply-To: Mila Jansen <mila.jansen@host.example>\r\n"
        f"To: Anna de Vries {number} <anna{number}@partner{number}.example>\r\nSubject: {subject}\r\n"
        f"Message-ID: <{number:032x}@host.example>\r\nDate: Wed, 02 Sep 2015 09:30:00 +0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="=_b"\r\n\r\n'
    ).encode()
    part = b"--=_b\r\nContent-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n%b"
    parts = [
        part % (kind, encodebytes(content.encode()).replace(b"\n", b"\r\n"))
        for kind, content in ((b"plain", text), (b"html", html))
    ]
    return b"".join((head, *parts, b"--=_b--\r\n"))


def _speed(english: LanguageTemplates) -> Measurement:
    batch = [_letter(step) for step in range(LETTERS_A_SIDE)]
    bare = bare_jinja2()
    views = [english.view(letter) for letter in batch]
    subjects = [english.render(letter).subject for letter in batch]

    def ours(step: int) -> None:
        letter = english.render(batch[step])
        message_bytes(_head(letter.subject), letter.text, letter.html)

    def bound(step: int) -> None:
        view = views[step]
        _by_hand(subjects[step], bare.text.render(l=view), bare.html.render(l=view))

    ratio, each = _compare(ours, bound)
    note = f"{each * 1e6:.0f} microseconds, {1 / each:.0f} letters/s; bound: bare Jinja2, base64 by hand"
    return Measurement("letters: render and MIME / hand-assembled", ratio, 2.5, "x", note)


def _message_alone(english: LanguageTemplates) -> Measurement:
    letters = [english.render(_letter(step)) for step in range(LETTERS_A_SIDE)]

    def ours(step: int) -> None:
        message_bytes(_head(letters[step].subject), letters[step].text, letters[step].html)

    def bound(step: int) -> None:
        _by_hand(letters[step].subject, letters[step].text, letters[step].html)

    ratio, each = _compare(ours, bound)
    note = f"{each * 1e6:.0f} microseconds, {1 / each:.0f} messages/s; bound: base64 and ASCII headers by hand"
    return Measurement("letters: MIME alone / hand-assembled", ratio, 2.5, "x", note)


def _compare(ours: Callable[[int], None], bound: Callable[[int], None]) -> tuple[float, float]:
    """Return the median ratio of the pairs, and the median seconds that our side takes for one letter."""
    _pair(ours, bound)
    pairs = [_pair(ours, bound) for _ in range(PAIRS)]
    return median(one / other for one, other in pairs), median(one for one, _ in pairs) / LETTERS_A_SIDE


def _pair(ours: Callable[[int], None], bound: Callable[[int], None]) -> tuple[float, float]:
    """Processor time of both sides for the same letters; the sides take turns at each letter."""
    spent = {ours: 0.0, bound: 0.0}
    for step in range(LETTERS_A_SIDE):
        for side in (ours, bound) if step % 2 else (bound, ours):
            begin = time.process_time()
            side(step)
            spent[side] += time.process_time() - begin
    return spent[ours], spent[bound]


def _memory(english: LanguageTemplates) -> Measurement:
    """The peak memory of 100,000 messages divided by that of 1,000; no message is kept."""
    tracemalloc.start()
    _peak(english, 2 * FEW)  # fills the caches of names and addresses, which are bounded, before the measurement
    few, many = _peak(english, FEW), _peak(english, MANY)
    tracemalloc.stop()
    note = f"peak {many / 1024:.0f} KiB for {MANY} messages, {few / 1024:.0f} KiB for {FEW}"
    return Measurement("letters: peak memory of a hundred times as many messages", many / few, 1.2, "x", note)


def _peak(english: LanguageTemplates, messages: int) -> int:
    gc.collect()
    tracemalloc.reset_peak()
    for step in range(messages):
        if step % FRESHLY_RENDERED == 0:
            letter = english.render(_letter(step))
        if step % 500 == 0:
            gc.collect()  # Python would collect later, after its heap has grown; only memory that is kept matters here
        message_bytes(_head(letter.subject), letter.text, letter.html)
    return tracemalloc.get_traced_memory()[1]
