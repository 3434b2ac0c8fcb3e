"""The URL patterns of a Django project, from its root URLconf down. Its own admin is left out."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

DEPTH = 20
TYPES = {
    "IntConverter": {"type": "integer", "minimum": 0},
    "UUIDConverter": {"type": "string", "format": "uuid"},
    "SlugConverter": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
}
CONVERTER = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")
GROUP = re.compile(r"\(\?P<(\w+)>")
PLAIN = re.compile(r"[^\\^$*+?\[\]()|]*")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def table(application: Any, document: Any) -> bool:
    """Add the patterns, where Django is set up: the application itself says nothing of them."""
    module = type(application).__module__ if application is not None else "django"
    if not module.startswith("django"):
        return False
    if not importlib.import_module("django.conf").settings.configured:
        return False
    document.title = "the URL patterns of Django"
    resolver = importlib.import_module("django.urls").get_resolver()
    add(resolver.url_patterns, "", {}, document, 0)
    return True


def add(patterns: Any, base: str, above: dict[str, Any], document: Any, depth: int) -> None:
    """Add patterns that are below a path."""
    for each in patterns if depth < DEPTH else ():
        if getattr(each, "app_name", None) == "admin":
            continue
        path = template(each.pattern)
        if path is None:
            continue
        converters = getattr(each.pattern, "converters", {}) or {}
        own = {k: TYPES.get(type(v).__name__, {"type": "string"}) for k, v in converters.items()}
        if hasattr(each, "url_patterns"):
            add(each.url_patterns, base + path, {**above, **own}, document, depth + 1)
        elif "{format}" not in path:  # a suffix of Django REST framework's, for the same again
            name = str(each.name or getattr(each, "lookup_str", ""))
            view = each.callback
            handler = getattr(view, "view_class", None) or getattr(view, "cls", None) or view
            document.add(base + path, methods(view), {**above, **own}, name, handler)


def template(pattern: Any) -> Any:
    """A pattern's path, None for a regular expression that is none."""
    route = getattr(pattern, "_route", None)
    if route is not None:
        return CONVERTER.sub(r"{\1}", str(route))
    text = getattr(pattern, "_regex", None)
    if text is None:
        return str(pattern)  # a prefix of the language
    text = re.sub(r"^\^|(\$|\\Z)$", "", str(text))
    made = ""
    while text:
        group = GROUP.match(text)
        if group:
            end = closing(text)
            made, text = made + f"{{{group.group(1)}}}", text[end:].lstrip("?")
        elif text[0] == "\\" and text[1:2] in {".", "-", "/"}:
            made, text = made + text[1], text[2:]
        elif text.startswith("/?"):
            made, text = made + "/", text[2:]
        else:
            plain = PLAIN.match(text)
            if plain is None or not plain.group():
                return None
            made, text = made + plain.group(), text[plain.end() :]
    return made


def closing(text: str) -> int:
    """Where the group ends that a text begins with."""
    depth, at, listed = 0, 0, False
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            at += 1
        elif letter == "[":
            listed = True
        elif letter == "]":
            listed = False
        elif not listed and letter in "()":
            depth += 1 if letter == "(" else -1
            if depth == 0:
                return at + 1
        at += 1
    return len(text)


def methods(view: Any) -> set[str]:
    """The methods of a view: those of its class, or that its decorators allow."""
    actions = getattr(view, "actions", None)  # a ViewSet of Django REST framework
    if isinstance(actions, dict):
        return set(actions) - {"head"}
    kind = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if kind is not None:
        known = [str(each).lower() for each in getattr(kind, "http_method_names", METHODS)]
        return {e for e in known if e in METHODS and hasattr(kind, e)} - {"options", "head"}
    return allowed(view) - {"HEAD", "OPTIONS"} or {"GET", "POST"}


def allowed(view: Any) -> set[str]:
    """What `require_http_methods` was given: only its closure knows."""
    for _ in range(DEPTH):
        try:
            listed = inspect.getclosurevars(view).nonlocals.get("request_method_list")
        except TypeError:
            return set()
        if listed is not None:
            return {str(each) for each in listed}
        view = getattr(view, "__wrapped__", None)
        if view is None:
            break
    return set()
