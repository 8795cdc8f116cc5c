"""The form of all answers to programs."""

from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

JSON = "application/json"
PROBLEM = {
    "description": "Why it was refused (RFC 9457)",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                },
                "required": ["type", "title", "status"],
            }
        }
    },
}
REFUSED: dict[int | str, dict[str, Any]] = dict.fromkeys((401, 403, 404, 409, 422, 503), PROBLEM)
SAME: dict[int | str, dict[str, Any]] = {304: {"description": "The answer is the one whose ETag `If-None-Match` names"}}

Limit = Annotated[int, Query(ge=1, le=500, description="How many at most")]
After = Annotated[str, Query(max_length=200, description="`next_after` of the part before")]
About = Annotated[str, Query(min_length=1, max_length=200)]


def endpoints() -> APIRouter:
    """The endpoints of one module, with what each may answer."""
    return APIRouter(prefix="/api/v1", responses={**REFUSED, **SAME}, default_response_class=Response)


def answer(request: Request, text: str | bytes) -> Response:
    """An answer of JSON text with its ETag, or 304 where the program has it already."""
    body = text.encode() if isinstance(text, str) else text
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers={"etag": tag})
    return Response(body, media_type=JSON, headers={"etag": tag})
