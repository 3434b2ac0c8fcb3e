"""The 405 of a service on FastAPI whose paths have several methods. It is linked to beside each."""

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from starlette.exceptions import HTTPException


def tell_all_methods(app: FastAPI) -> None:
    """RFC 9110, 15.5.6: `Allow` has the methods of the path, and not those of one of its routes."""

    @app.exception_handler(405)
    async def no_such_method(request: Request, error: HTTPException) -> Response:
        routes = [each for each in app.routes if each.path_regex.match(request.url.path)]
        found = {method for each in routes for method in each.methods or ()}
        refusal = HTTPException(405, headers={"Allow": ", ".join(sorted(found))})
        return await http_exception_handler(request, refusal)
