"""Routes of Django, by its `urlpatterns`, which include each other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from seamproof.discovery.guessing import syntax
from seamproof.discovery.guessing.route import Field, Route
from seamproof.discovery.guessing.syntax import DEPTH, METHODS, Module

if TYPE_CHECKING:
    from seamproof.discovery.guessing.python import PythonSource

_PATH_TYPES = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
_REGEX_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


class Urls:
    """Django's `urlpatterns`."""

    _VIEWS: ClassVar = {
        # The sign-ins that come with Django, with its REST framework and with simplejwt.
        "LoginView": ("POST", True, None, "Bearer"),
        "obtain_auth_token": ("POST", False, "$.token", "Token"),
        "ObtainAuthToken": ("POST", False, "$.token", "Token"),
        "TokenObtainPairView": ("POST", False, "$.access", "Bearer"),
        "token_obtain_pair": ("POST", False, "$.access", "Bearer"),
    }

    def __init__(self, source: PythonSource) -> None:
        self._source = source

    def routes(self) -> Iterator[Route]:
        """The routes of every module of patterns that no other includes."""
        patterns = {name: _patterns(module) for name, module in self._source.modules.items()}
        patterns = {name: found for name, found in patterns.items() if found}
        included = {
            inner
            for found in patterns.values()
            for call in found
            if (inner := self._included(call)) is not None
        }
        for name in patterns:
            if not any(syntax.is_called(name, each) for each in included):
                yield from self._below(name, "/", patterns, 0)

    def _below(
        self, name: str, prefix: str, patterns: dict[str, list[ast.Call]], depth: int
    ) -> Iterator[Route]:
        module = self._source.modules[name]
        for call in patterns[name] if depth < DEPTH else ():
            path = prefix + _django_path(self._source.texts(call.args[0]))
            inner = self._included(call)
            if inner is None:
                yield from self._view(module, call, path)
                continue
            if inner == "django.contrib.auth.urls":
                yield self._known("LoginView", f"{path}login/", module, call)
            for each in patterns:
                if syntax.is_called(each, inner):
                    yield from self._below(each, path, patterns, depth + 1)

    def _included(self, call: ast.Call) -> str | None:
        view = call.args[1] if len(call.args) > 1 else None
        if isinstance(view, ast.Call) and syntax.last_name(view.func) == "include" and view.args:
            return syntax.text(view.args[0]) or syntax.dotted(view.args[0])
        return None

    def _view(self, module: Module, call: ast.Call, path: str) -> Iterator[Route]:
        view = call.args[1] if len(call.args) > 1 else None
        if isinstance(view, ast.Call) and isinstance(view.func, ast.Attribute):
            view = view.func.value if view.func.attr == "as_view" else view.func
        name = syntax.last_name(view)
        if name in self._VIEWS:
            yield self._known(name, path, module, call)
        found = self._source.functions.get(name) or self._source.classes.get(name)
        if found is None:
            return
        home, node = found
        text = self._source.segment(home, node)
        for method in _django_methods(node, text):
            yield self._source.handled(method, path, home, node, node.lineno)

    def _known(self, name: str, path: str, module: Module, call: ast.Call) -> Route:
        method, form, token, scheme = self._VIEWS[name]
        fields = (Field("username"), Field("password"))
        place = self._source.project.place(module.path, call.lineno)
        text = "login(request" if form else ""
        return Route(method, path, place, text, fields, form, token, scheme)


def _django_methods(node: ast.AST, text: str) -> list[str]:
    """The methods that a view takes: those of a class, those that a function asks for, else GET."""
    if isinstance(node, ast.ClassDef):
        defined = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
        return [method.upper() for method in METHODS if method in defined]
    asked = [each.upper() for each in METHODS if re.search(rf"[\"']{each.upper()}[\"']", text)]
    asked += ["POST"] if "require_POST" in text and "POST" not in asked else []
    reads = "request.body" in text or "request.POST" in text or "request.data" in text
    return asked or (["POST"] if reads else ["GET"])


def _patterns(module: Module) -> list[ast.Call]:
    found: list[ast.Call] = []
    for node in module.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        target = node.target if isinstance(node, ast.AugAssign | ast.AnnAssign) else target
        if isinstance(target, ast.Name) and target.id == "urlpatterns":
            found += [
                each
                for each in ast.walk(node)
                if isinstance(each, ast.Call)
                and syntax.last_name(each.func) in {"path", "re_path", "url"}
                and each.args
            ]
    return found


def _django_path(text: str) -> str:
    text = _REGEX_GROUP.sub(r"{\1}", text).lstrip("^").rstrip("$").removesuffix("/?")
    return _PATH_TYPES.sub(r"{\1}", text)
