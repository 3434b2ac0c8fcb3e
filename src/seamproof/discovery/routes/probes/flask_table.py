"""The rules of a Flask application's URL map (Werkzeug's `Map.iter_rules`)."""

from __future__ import annotations

import re
from typing import Any

NAMED = re.compile(r"<(?:[^<>]*:)?([A-Za-z_]\w*)>")


def table(application: Any, document: Any) -> bool:
    """Add the rules; static files, and HEAD and OPTIONS that are there by themselves, are not."""
    rules = getattr(getattr(application, "url_map", None), "iter_rules", None)
    if rules is None:
        return False
    document.title = "the URL map of Flask"
    for rule in rules():
        if rule.endpoint.rpartition(".")[2] == "static" or rule.build_only:
            continue
        if getattr(rule, "websocket", False) or not rule.methods:
            continue
        parameters = {key: schema(each) for key, each in rule._converters.items()}
        methods = set(rule.methods) - {"HEAD", "OPTIONS"}
        view = application.view_functions.get(rule.endpoint)
        handler = getattr(view, "view_class", view)
        document.add(template(rule), methods, parameters, rule.endpoint, handler)
    return True


def template(rule: Any) -> str:
    """A rule's path: `/orders/<int:id>` is `/orders/{id}`."""
    trace = getattr(rule, "_trace", None)
    if not trace:
        return NAMED.sub(r"{\1}", rule.rule)
    parts = [f"{{{text}}}" if dynamic else text for dynamic, text in trace]
    # The part before the bar is the host's (Werkzeug's Rule.compile).
    return "".join(parts).partition("|")[2]


def schema(converter: Any) -> dict[str, Any]:
    """What a converter accepts."""
    kind = type(converter).__name__
    if kind == "IntegerConverter":
        bounds = {"minimum": converter.min, "maximum": converter.max}
        found = {"minimum": 0} if not converter.signed else {}
        return {"type": "integer", **found, **{k: v for k, v in bounds.items() if v is not None}}
    if kind == "FloatConverter":
        return {"type": "number"}
    if kind == "UUIDConverter":
        return {"type": "string", "format": "uuid"}
    if kind == "AnyConverter":
        items = getattr(converter, "items", None)
        return {"type": "string", "enum": sorted(items)} if items else {"type": "string"}
    return {"type": "string"}
