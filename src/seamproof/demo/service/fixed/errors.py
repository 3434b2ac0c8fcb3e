"""Errors of the database as answers: the client learns whether to try again, and no SQL."""

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

log = logging.getLogger(__name__)


def register(app: FastAPI) -> None:
    """Answer 409 where a constraint refused, 503 where the database failed."""
    app.add_exception_handler(IntegrityError, _on_conflict)
    app.add_exception_handler(SQLAlchemyError, _on_failure)


def _on_conflict(request: Request, error: Exception) -> JSONResponse:
    log.info("%s %s conflicts", request.method, request.url.path, exc_info=error)
    return JSONResponse({"detail": "this conflicts with what is there"}, 409)


def _on_failure(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return JSONResponse({"detail": "try again"}, 503, {"Retry-After": "1"})
