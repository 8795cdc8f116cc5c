"""A partner's certificate and the badge for its website, as files to keep."""

from fastapi import APIRouter
from fastapi.responses import Response

from partner_program.domain.certificate import Document
from partner_program.page.installed import Installed
from partner_program.page.view import ThisView
from partner_program.usecases.letters.documents import document_content

router = APIRouter()
_KINDS: dict[Document, str] = {"certificate": "application/pdf", "badge": "image/svg+xml"}


# An id may have a slash: it is the last part of the address.
@router.get("/documents/{document}/{partner_id:path}")
def document(view: ThisView, here: Installed, document: Document, partner_id: str) -> Response:
    """The document of today; refused where the programme gives the partner none."""
    today = here.today()
    made = document_content(here, partner_id, document, on=today, today=today)
    return view.file(made.content, name=made.name, kind=_KINDS[document])
