"""What is refused by its form, as 422 with the place and the reason."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


def register(app: FastAPI) -> None:
    """Answer without what was sent: JSON cannot hold all that its readers take, as 1e400."""
    app.add_exception_handler(RequestValidationError, _on_refusal)


def _on_refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    told = [{name: each[name] for name in ("type", "loc", "msg")} for each in error.errors()]
    return JSONResponse({"detail": told}, 422)
