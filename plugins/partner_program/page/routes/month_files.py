"""The files of a month: its register, and its proof, which a process apart writes."""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from partner_program.page.acting import Deciding
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_DECIDE
from partner_program.page.routes.months import FILE_KINDS, InPath
from partner_program.page.view import ThisView
from partner_program.page.words import month as named
from partner_program.usecases.desk import register_files
from partner_program.usecases.desk.apart import LIMIT_SECONDS
from partner_program.usecases.proofs import kept

router = APIRouter()
_WORDS = {"csv": "Register as CSV", "json": "Register as JSON", "xlsx": "Workbook"}


@router.get("/months/{month}/register.{form}")
def register(view: ThisView, here: Installed, month: InPath, form: Literal["csv", "json", "xlsx"]) -> Response:
    """The month's register as a file, as the command line writes it; a large one is made apart first."""
    found = register_files.register_to_take(here, month, form, by=view.person.name)
    name = f"register-{month}.{form}"
    if found.content is not None:
        return view.file(found.content, name=name, kind=FILE_KINDS[form])
    if found.path is not None:
        return FileResponse(found.path, media_type=FILE_KINDS[form], filename=name)
    return view.then(view.links("months", month, "register", form))


@router.get("/months/{month}/register/{form}")
def register_apart(
    view: ThisView, here: Installed, month: InPath, form: Literal["csv", "json", "xlsx"]
) -> HTMLResponse:
    """How far a register is that is made apart."""
    return view.page(
        "register_apart.html",
        title=f"{_WORDS[form]}, {named(month)}",
        month=month,
        file=view.links("months", month, f"register.{form}"),
        found=register_files.look_at_register(here, month, form),
        limit_minutes=LIMIT_SECONDS // 60,
    )


@router.get("/months/{month}/proof")
def proof(view: ThisView, here: Installed, month: InPath) -> HTMLResponse:
    """What there is of the proof, and how far it is."""
    return view.page(
        "proof.html",
        title=f"Proof of {named(month)}",
        month=month,
        found=kept.month_proof(here, month),
        limit_minutes=LIMIT_SECONDS // 60,
        allowed=view.person.may_decide,
        who_could=WHO_MAY_DECIDE,
    )


@router.post("/months/{month}/proof")
def write_proof(view: ThisView, here: Installed, deciding: Deciding, month: InPath) -> RedirectResponse:
    """Have it written, in the name of this person."""
    kept.ask_for_proof(here, month, by=deciding.name)
    return view.then(view.links("months", month, "proof"))


@router.get("/months/{month}/proof.zip")
def proof_file(here: Installed, month: InPath) -> FileResponse:
    """The proof that is written."""
    path = kept.proof_file(here, month)
    return FileResponse(path, media_type="application/zip", filename=f"proof-{month}.zip")
