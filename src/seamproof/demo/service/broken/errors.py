"""Errors of the database as answers."""

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)


def register(app: FastAPI) -> None:
    """Tell the client what the database said: it helps support."""
    app.add_exception_handler(SQLAlchemyError, _on_failure)


def _on_failure(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return JSONResponse({"error": str(error)}, 500)
