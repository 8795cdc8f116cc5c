"""Makes an answer of what a use case found: a page by its template, a file, or the way to the page that shows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.unit import unit_on
from partner_program.page.installed import Installed
from partner_program.page.links import Links
from partner_program.page.rights import Asking, Person
from partner_program.page.words import AMOUNTS, FILTERS
from partner_program.page.words import tier as tier_words
from partner_program.usecases.installation import Installation

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Entry:
    """A link in the row that every page has: its words, and the first parts of the addresses that it stands for."""

    words: str
    part: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """Answers one request of a person who may read."""

    request: Request
    person: Person
    links: Links
    installation: Installation

    def page(self, template: str, *, title: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page; `title` is its heading, and the name of the browser's tab."""
        return show(
            self.request,
            template,
            title=title,
            status=status,
            person=self.person,
            tier_said=self.tier,
            **{"unit": self.unit, **values},
        )

    def tier(self, number: int | None, on: date | None = None) -> str:
        """A tier as people know it: by its own name on a day, by default today, or by its number."""
        here = self.installation
        return tier_words(number, here.tier_names.on(on or here.today(), number) if number else "")

    @property
    def unit(self) -> Unit:
        """What the programme of today counts in."""
        here = self.installation
        return unit_on(here.programs, here.today())

    def file(self, content: bytes, *, name: str, kind: str) -> Response:
        """A file to keep; `kind` is its media type."""
        return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})

    def then(self, address: str) -> RedirectResponse:
        """After an act: go and look at this page; loading it again does not act again."""
        return RedirectResponse(address, status_code=303)


def show(
    request: Request, template: str, *, title: str, status: int, person: Person | None, **values: object
) -> HTMLResponse:
    """A page for somebody, or for nobody who is known."""
    entries: Sequence[Entry] = request.app.state.entries
    here = request.url.path.removeprefix(request.scope.get("root_path", "")).strip("/").partition("/")[0]
    body = (
        _environment()
        .get_template(template)
        .render(
            **{"unit": EURO, **values}, title=title, person=person, links=Links.of(request), entries=entries, here=here
        )
    )
    return HTMLResponse(body, status)


@cache
def _environment() -> Environment:
    """Values are text in each template, whatever it is called; a name that is not given is a fault."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = dict(FILTERS)
    environment.filters.update(filters)
    environment.filters["tier"] = _tier
    environment.filters.update({name: _in_unit(say) for name, say in AMOUNTS.items()})
    return environment


def _in_unit(say: Callable[[int | None, Unit], str]) -> Callable[..., str]:
    """A filter for amounts of the programme, in the unit of the page, or in another that is named."""

    @pass_context
    def said(context: Context, minor: int | None, unit: Unit | None = None) -> str:
        return say(minor, unit or context.get("unit", EURO))

    return said


@pass_context
def _tier(context: Context, number: int | None, on: date | None = None) -> str:
    """The filter for tiers: each by the name that it had on a day, by default today's."""
    said: Callable[[int | None, date | None], str] = context["tier_said"]
    return said(number, on)


def view(request: Request, asking: Asking, here: Installed) -> View:
    """What a route answers with."""
    return View(request, asking, Links.of(request), here)


ThisView = Annotated[View, Depends(view)]
