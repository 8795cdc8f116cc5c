"""The forms of acts: form, last look, act, what happens next - with what was typed kept wherever something is refused.

An act is a class with four methods; `routes_of` makes its five routes. The last look and the act read the same fields
and call the same use case, the last look only to try: what would be refused is refused there. An act that takes long is
an errand (`errand_forms`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, TypeVar, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from partner_program.adapters.files import values
from partner_program.domain.acts import DatedAct
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import BP, amount_cents, percent_bp
from partner_program.domain.refusals import Moved, NotReady, NotThere, Refusal, Unavailable
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_ACT, WHO_MAY_DECIDE, Person, may_act, may_decide
from partner_program.page.view import ThisView, View
from partner_program.usecases.installation import Installation

T = TypeVar("T")
REASON_LENGTH = 500
FIELD_LENGTH = 200
SEEN = "seen"
SHOWN = "shown"
# What somebody has looked at: a form says it, an address never does.
_LOOKED_AT = (SEEN, SHOWN)
_LINES = ("application",)  # fields whose lines are kept
_LOOK_AGAIN = "Look at it as it is now, and send the form again."

DAY = values.day
CODE = values.code
ENTITY = values.entity_code
AMOUNT = amount_cents
CURRENCY = values.currency
COUNT = values.whole_between(0, 10**15)
UNITS = values.whole_between(1, 1_000_000)
TERM = values.whole_between(1, 120)


def discount_bp(written: str) -> int:
    """Read a discount in per cent, at most the whole price."""
    found = percent_bp(written)
    if found > BP:
        raise Refusal(f"percentage {written!r}: expected at most 100")
    return found


def signed_cents(written: str) -> int:
    """Read an amount that may be below nothing, as cents: `-1999.99`."""
    try:
        return -amount_cents(written[1:]) if written.startswith("-") else amount_cents(written)
    except Refusal:  # that one speaks of euros
        raise Refusal(f"{written!r}: expected an amount with at most two decimals, as in -1999.99") from None


def words(written: str) -> str:
    """Read words that are kept on record, as one line."""
    return values.text(written)


def month_in(subject: str, what: str, *, pieces: int = 2, place: int = 0) -> tuple[BillingMonth, list[str]]:
    """The month in the id of what a form is about, and the other pieces of it; blanks are between them.

    Raises `NotThere`, with `what` it would be, for an id of other pieces.
    """
    found = subject.split(" ", pieces - 1)
    with suppress(Refusal):
        if len(found) == pieces:
            return BillingMonth.parse(found.pop(place)), found
    raise NotThere(f"there is no {what} {subject[:40]}")


class Unreadable(Exception):
    """Something in a form is missing or cannot be read: what, is with the form."""


class Filled:
    """What somebody typed into a form, and what is wrong with it, by the name of each field."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self.typed = {name: " ".join(value.split()) for name, value in typed.items() if name not in _LINES}
        self.typed |= {name: value for name, value in typed.items() if name in _LINES}
        self.faults: dict[str, str] = {}
        self.said = ""

    def __call__(self, name: str, otherwise: object = "") -> str:
        """What stands in a field: what was typed, also where that is nothing; before that `otherwise`."""
        if name in self.typed:
            return self.typed[name]
        return "" if otherwise is None else str(otherwise)

    def may(self, name: str, read: Callable[[str], T]) -> T | None:
        """The value of a field, None where it is empty or cannot be read."""
        written = self(name)
        if not written:
            return None
        try:
            if len(written) > (REASON_LENGTH if name == "reason" else FIELD_LENGTH):
                raise Refusal("This is too long.")
            return read(written)
        except (Refusal, ValueError) as fault:
            self.faults[name] = str(fault)
            return None

    def raw(self, name: str) -> str:
        """What was typed, with its lines."""
        return self.typed.get(name, "")

    def long(self, name: str, longest: int, missing: str) -> str:
        """A text of many lines, which a use case reads."""
        written = self.raw(name)
        if not written.strip():
            self.faults[name] = missing
        elif len(written) > longest:
            self.faults[name] = f"This is too long: at most {longest:,} characters."
        return written

    def must(self, name: str, read: Callable[[str], T], missing: str) -> T:
        """The value of a field; where there is none, `sound` does not let anybody use it."""
        if not self(name):
            self.faults[name] = missing
        return cast("T", self.may(name, read))

    def sound(self) -> None:
        """Let only a form pass whose every field could be read; raises `Unreadable`."""
        if self.faults:
            raise Unreadable

    @property
    def reason(self) -> str:
        """Why: each act asks for it."""
        return self.must("reason", words, "Say why: it is kept on record with your name.")

    @property
    def seen(self) -> int:
        """How many steps were shown with the form: nothing is done about what nobody looked at."""
        return self.must(SEEN, UNITS, _LOOK_AGAIN)

    @property
    def shown(self) -> str:
        """What was shown with the form, or the hash of it: nothing is done about what is another by now."""
        return self.must(SHOWN, words, _LOOK_AGAIN)


@dataclass(frozen=True)
class Shown:
    """A form: its heading, where it came from, and what its template needs; `closed` says why it cannot be done now."""

    title: str
    back: str
    back_words: str
    closed: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """The last look before an act: what it does, in pairs of words, and its button; `danger` cannot be undone."""

    title: str
    facts: list[tuple[str, str]]
    button: str
    danger: bool = False


@dataclass(frozen=True)
class After:
    """After an act: the record of it, what happens next, what to do first, and where to go on."""

    title: str
    act: DatedAct | None
    next: list[str]
    on: list[tuple[str, str]]
    first: list[tuple[str, str]] = field(default_factory=list)


class Act(ABC):
    """One act of a person: `path` begins its addresses, which end in the id of what it is about.

    `decides` says that it takes the right to decide; without it, it takes the right to act.
    """

    path: ClassVar[tuple[str, str]]
    template: ClassVar[str]
    decides: ClassVar[bool] = False

    @abstractmethod
    def shown(self, view: View, here: Installation, subject: str, filled: Filled) -> Shown:
        """The form, as it is before anything was typed or with what was typed."""

    @abstractmethod
    def look(self, view: View, here: Installation, subject: str, filled: Filled) -> Look:
        """Try the act and say what it does; raises `Unreadable` or the refusal of its use case."""

    @abstractmethod
    def do(self, view: View, here: Installation, subject: str, filled: Filled) -> str:
        """Act; return the id of what it was done to."""

    @abstractmethod
    def after(self, view: View, here: Installation, subject: str) -> After:
        """What was done, and what happens next."""

    def link(self, view: View, subject: str, step: str = "") -> str:
        """The address of the form, or of one of its steps: `-form`, `-check`, `-done`."""
        return view.links(self.path[0], self.path[1] + step, subject)

    def sent_on(self) -> Mapping[str, str]:
        """What the last look sends on beside what was typed."""
        return {}

    def next_page(self, view: View, done: str) -> str:
        """The address that the act leads to; `done` is what `do` returned."""
        return self.link(view, done, "-done")

    def allows(self, person: Person) -> bool:
        """Whether somebody may do it."""
        return person.may_decide if self.decides else person.may_act

    @property
    def guard(self) -> Callable[..., Person]:
        """What refuses whoever may not do it."""
        return may_decide if self.decides else may_act


async def _typed(request: Request) -> Mapping[str, str]:
    form = await request.form(max_files=0, max_fields=200)
    return {name: value for name, value in form.items() if isinstance(value, str)}


Typed = Annotated[Mapping[str, str], Depends(_typed)]


def routes_of(act: Act) -> APIRouter:
    """The routes of an act: its form, the form again, the last look, the act, and what happens next."""
    router = APIRouter()
    address = "/" + "/".join(act.path)
    guarded = [Depends(act.guard)]

    @router.get(address + "/{subject:path}")
    def form(request: Request, view: ThisView, here: Installed, subject: str) -> HTMLResponse:
        # An address may fill in fields; what somebody has seen, only the form itself says.
        given = {name: value for name, value in request.query_params.items() if name not in _LOOKED_AT}
        return _form(act, view, here, subject, Filled(given))

    @router.post(address + "-form/{subject:path}", dependencies=guarded)
    def again(view: ThisView, here: Installed, typed: Typed, subject: str) -> HTMLResponse:
        return _form(act, view, here, subject, Filled(typed))

    @router.post(address + "-check/{subject:path}", dependencies=guarded)
    def look(view: ThisView, here: Installed, typed: Typed, subject: str) -> Response:
        filled = Filled(typed)

        def looked() -> Response:
            found = act.look(view, here, subject, filled)
            return view.page(
                "check.html",
                title=found.title,
                facts=found.facts,
                hidden={**filled.typed, **act.sent_on()},
                action=act.link(view, subject),
                button=found.button,
                danger=found.danger,
                again=act.link(view, subject, "-form"),
            )

        return _or_form(act, view, here, subject, filled, looked)

    @router.post(address + "/{subject:path}", dependencies=guarded)
    def do(view: ThisView, here: Installed, typed: Typed, subject: str) -> Response:
        filled = Filled(typed)

        def done() -> RedirectResponse:
            return view.then(act.next_page(view, act.do(view, here, subject, filled)))

        return _or_form(act, view, here, subject, filled, done)

    @router.get(address + "-done/{subject:path}")
    def after(view: ThisView, here: Installed, subject: str) -> HTMLResponse:
        found = act.after(view, here, subject)
        return view.page("done.html", title=found.title, act=found.act, next=found.next, first=found.first, on=found.on)

    return router


def _or_form(
    act: Act, view: View, here: Installation, subject: str, filled: Filled, answer: Callable[[], Response]
) -> Response:
    """The answer, or the form with what was typed and what is wrong."""
    try:
        return answer()
    except Unreadable:
        filled.said = "Something in the form is missing or cannot be read. Nothing was done."
        status = 422
    except Moved as moved:
        filled.said = f"{moved}. Nothing was done: look at it as it is now."
        for name in _LOOKED_AT:
            filled.typed.pop(name, None)
        status = 412
    except (NotThere, NotReady, Unavailable):
        raise
    except Refusal as refusal:
        filled.said = f"{refusal}. Nothing was done."
        status = 409
    return _form(act, view, here, subject, filled, status)


def _form(act: Act, view: View, here: Installation, subject: str, filled: Filled, status: int = 200) -> HTMLResponse:
    shown = act.shown(view, here, subject, filled)
    return view.page(
        act.template,
        title=shown.title,
        status=status,
        back=shown.back,
        back_words=shown.back_words,
        action=act.link(view, subject, "-check"),
        go_on="Go on",
        allowed=act.allows(view.person),
        who_could=WHO_MAY_DECIDE if act.decides else WHO_MAY_ACT,
        closed=shown.closed,
        filled=filled,
        **shown.values,
    )
