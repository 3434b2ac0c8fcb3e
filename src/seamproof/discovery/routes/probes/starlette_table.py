"""The routes of a Starlette application; of a FastAPI one the document that it makes of them.

FastAPI makes its document also where it is not served (`openapi_url=None`).
"""

from __future__ import annotations

import re
import traceback
from typing import Any

DEPTH = 20
TYPES = {
    "IntegerConvertor": {"type": "integer", "minimum": 0},
    "FloatConvertor": {"type": "number"},
    "UUIDConvertor": {"type": "string", "format": "uuid"},
}
CONVERTOR = re.compile(r"\{([A-Za-z_]\w*):[^{}]*\}")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def table(application: Any, document: Any) -> bool:
    """Add the routes, those of mounted applications below their paths."""
    if not isinstance(getattr(application, "routes", None), list):
        return False
    if not any("starlette" in each.__module__ for each in type(application).__mro__):
        return False
    document.title = "the routes of Starlette"
    if callable(getattr(application, "openapi", None)):
        try:
            document.take(application.openapi())
        except Exception:  # one odd model must not hide all routes
            traceback.print_exc()
    add(application.routes, "", {}, document, 0)
    return True


def add(routes: Any, base: str, above: dict[str, Any], document: Any, depth: int) -> None:
    """Add routes that are below a path."""
    for route in routes if depth < DEPTH else ():
        convertors = getattr(route, "param_convertors", {}) or {}
        own = {k: TYPES.get(type(v).__name__, {"type": "string"}) for k, v in convertors.items()}
        if hasattr(route, "endpoint") and hasattr(route, "methods"):
            path = base + CONVERTOR.sub(r"{\1}", route.path)
            parameters = {**above, **own}
            hidden = not getattr(route, "include_in_schema", True)
            name = str(route.name)
            document.add(path, methods(route), parameters, name, route.endpoint, hidden=hidden)
            continue
        included = getattr(route, "original_router", None)
        if included is not None:  # FastAPI's, since its routers are included as they are
            prefix = getattr(getattr(route, "include_context", None), "prefix", "")
            add(included.routes, base + prefix, above, document, depth + 1)
            continue
        inner = getattr(getattr(route, "app", None), "routes", None) or getattr(
            route, "routes", None
        )
        if isinstance(inner, list):
            path = base + CONVERTOR.sub(r"{\1}", getattr(route, "path", "")).rstrip("/")
            own.pop("path", None)  # a mount's own, for what is behind it
            add(inner, path, {**above, **own}, document, depth + 1)


def methods(route: Any) -> Any:
    """The methods of a route: of an endpoint that is a class, those that it has."""
    if route.methods:
        return {each for each in route.methods if each != "HEAD"} or {"HEAD"}
    return {each for each in METHODS if hasattr(route.endpoint, each)} or {"GET", "POST"}
