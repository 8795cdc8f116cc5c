"""What programs may ask, described for them: OpenAPI, to those who are signed in."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

router = APIRouter(prefix="/api/v1", include_in_schema=False)


@router.get("/openapi.json")
def described(request: Request) -> JSONResponse:
    """The description of these endpoints alone, with where they are; the pages are for people."""
    return JSONResponse({**request.app.openapi(), "servers": [{"url": request.scope.get("root_path", "")}]})
