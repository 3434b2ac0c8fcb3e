"""Routes and request bodies of Python services, by the syntax tree: nothing is imported.

FastAPI, Starlette and Flask name a route where its handler is, below prefixes that routers and
blueprints add; Django names it in `urlpatterns`, which include each other.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from seamproof.discovery.guessing.project import Project
from seamproof.discovery.guessing.route import Field, Route

METHODS = ("get", "post", "put", "patch", "delete")
_SUFFIX = ".py"
_READ = re.compile(
    r"(?:data|body|payload|json|form|POST|loads\([^)]*\)|get_json\([^)]*\))"
    r"""\s*(?:\[|\.get\()\s*["'](?P<name>\w+)["']"""
)
_FORM = re.compile(r"request\.(?:form|POST)\b|Form\(")
_DEPTH = 8
"""Routers in routers, includes in includes, base classes of base classes."""
_PATH_TYPES = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
_REGEX_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed file."""

    path: Path
    name: str
    """As other files import it, as `app.main`."""
    tree: ast.Module


@dataclass
class PythonSource:
    """Everything that is parsed of a project."""

    project: Project
    modules: dict[str, Module] = field(default_factory=dict)
    classes: dict[str, tuple[Module, ast.ClassDef]] = field(default_factory=dict)
    functions: dict[str, tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef]] = field(
        default_factory=dict
    )
    constants: dict[str, str] = field(default_factory=dict)
    """Texts that a name or an attribute is given anywhere."""

    @classmethod
    def of(cls, project: Project) -> PythonSource:
        """Parse a project. A file that is no Python is left out."""
        source = cls(project)
        for path in project.sources(_SUFFIX):
            try:
                tree = ast.parse(project.text(path))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            source._add(Module(path, _module_name(path, project.base), tree))
        return source

    def _add(self, module: Module) -> None:
        self.modules[module.name] = module
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, (module, node))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions.setdefault(node.name, (module, node))
            elif isinstance(node, ast.Assign | ast.AnnAssign) and (text := _text(node.value)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        self.constants.setdefault(target.id, text)

    def texts(self, node: ast.expr | None) -> str:
        """A text as it is written, or as the name that stands for it was given one."""
        if isinstance(node, ast.Attribute):
            return self.constants.get(node.attr, "")
        if isinstance(node, ast.Name):
            return self.constants.get(node.id, "")
        return _text(node) or ""

    def segment(self, module: Module, node: ast.AST) -> str:
        """The source of a node."""
        return ast.get_source_segment(self.project.text(module.path), node) or ""

    def fields(self, name: str, depth: int = 0) -> tuple[Field, ...]:
        """The required fields of a class with annotations, those of its bases first."""
        if name not in self.classes or depth > _DEPTH:
            return ()
        _, node = self.classes[name]
        found: dict[str, Field] = {}
        for base in node.bases:
            for each in self.fields(_last_name(base), depth + 1):
                found[each.name] = each
        for statement in node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(
                statement.target, ast.Name
            ):
                continue
            kind = ast.unparse(statement.annotation)
            if _is_required(statement.value) and not _is_optional(kind):
                found[statement.target.id] = Field(statement.target.id, kind)
            else:
                found.pop(statement.target.id, None)
        return tuple(found.values())

    def routes(self) -> Iterator[Route]:
        """Every route, by whatever framework."""
        prefixes = _Prefixes(self)
        for module in self.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from self._decorated(module, node, prefixes)
        yield from _Urls(self).routes()

    def _decorated(
        self,
        module: Module,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        prefixes: _Prefixes,
    ) -> Iterator[Route]:
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
                continue
            verb, router = decorator.func.attr, decorator.func.value
            if verb not in {*METHODS, "route", "api_route"} or not isinstance(router, ast.Name):
                continue
            keywords = {each.arg: each.value for each in decorator.keywords}
            first = decorator.args[0] if decorator.args else keywords.get("path")
            path = _joined(prefixes.of(module, router.id), self.texts(first))
            for method in [verb] if verb in METHODS else _listed(keywords.get("methods")):
                yield self.handled(method.upper(), path, module, node, decorator.lineno)

    def handled(
        self,
        method: str,
        path: str,
        module: Module,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        line: int,
    ) -> Route:
        """A route with what its handler takes and gives."""
        text = self.segment(module, node)
        fields: list[Field] = []
        form = bool(_FORM.search(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for argument in node.args.args + node.args.kwonlyargs:
                annotation = ast.unparse(argument.annotation) if argument.annotation else ""
                if "OAuth2PasswordRequestForm" in annotation:
                    fields += [Field("username"), Field("password")]
                    form = True
                elif "Form(" in annotation:
                    fields.append(Field(argument.arg))
                elif argument.annotation is not None:
                    fields += self.fields(_last_name(argument.annotation))
            answer = _last_name(node.returns) if node.returns else ""
            models = [answer, *re.findall(r"response_model\s*=\s*(\w+)", text)]
            text += "\n" + "\n".join(
                self.segment(*self.classes[name]) for name in models if name in self.classes
            )
        if not fields:
            fields = [Field(name) for name in dict.fromkeys(_READ.findall(text))]
        place = self.project.place(module.path, line)
        return Route(method, path, place, text, tuple(fields), form)


@dataclass
class _Prefixes:
    """What routers and blueprints put before their paths."""

    source: PythonSource

    def __post_init__(self) -> None:
        self._own: dict[tuple[str, str], str] = {}
        self._within: dict[tuple[str, str], tuple[tuple[str, str], str]] = {}
        for module in self.source.modules.values():
            imported = _imported(module)
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                    keywords = {each.arg: each.value for each in node.value.keywords}
                    prefix = keywords.get("prefix") or keywords.get("url_prefix")
                    for target in node.targets:
                        if isinstance(target, ast.Name) and prefix is not None:
                            self._own[module.name, target.id] = self.source.texts(prefix)
                elif isinstance(node, ast.Call):
                    self._include(module, node, imported)

    def _include(self, module: Module, node: ast.Call, imported: dict[str, str]) -> None:
        if not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name):
            return
        if node.func.attr not in {"include_router", "register_blueprint"} or not node.args:
            return
        keywords = {each.arg: each.value for each in node.keywords}
        prefix = keywords.get("prefix") or keywords.get("url_prefix")
        router = self._resolved(module, node.args[0], imported)
        if router is not None:
            outer = (module.name, node.func.value.id)
            self._within[router] = (outer, self.source.texts(prefix))

    def _resolved(
        self, module: Module, node: ast.expr, imported: dict[str, str]
    ) -> tuple[str, str] | None:
        """The module and the name of a router that is included."""
        if isinstance(node, ast.Name):
            whole = imported.get(node.id)
            if whole is None:
                return module.name, node.id
            home, _, name = whole.rpartition(".")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            home, name = imported.get(node.value.id, node.value.id), node.attr
        else:
            return None
        ends = [each for each in self.source.modules if _is_called(each, home)]
        return (ends[0], name) if ends else None

    def of(self, module: Module, router: str) -> str:
        """The whole prefix of a router."""
        key, prefix = (module.name, router), ""
        for _ in range(_DEPTH):
            prefix = _joined(self._own.get(key, ""), prefix) if key in self._own else prefix
            if key not in self._within:
                break
            key, added = self._within[key]
            prefix = _joined(added, prefix)
        return prefix


class _Urls:
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
            if not any(_is_called(name, each) for each in included):
                yield from self._below(name, "/", patterns, 0)

    def _below(
        self, name: str, prefix: str, patterns: dict[str, list[ast.Call]], depth: int
    ) -> Iterator[Route]:
        module = self._source.modules[name]
        for call in patterns[name] if depth < _DEPTH else ():
            path = prefix + _django_path(self._source.texts(call.args[0]))
            inner = self._included(call)
            if inner is None:
                yield from self._view(module, call, path)
                continue
            if inner == "django.contrib.auth.urls":
                yield self._known("LoginView", f"{path}login/", module, call)
            for each in patterns:
                if _is_called(each, inner):
                    yield from self._below(each, path, patterns, depth + 1)

    def _included(self, call: ast.Call) -> str | None:
        view = call.args[1] if len(call.args) > 1 else None
        if isinstance(view, ast.Call) and _last_name(view.func) == "include" and view.args:
            return _text(view.args[0]) or _dotted(view.args[0])
        return None

    def _view(self, module: Module, call: ast.Call, path: str) -> Iterator[Route]:
        view = call.args[1] if len(call.args) > 1 else None
        if isinstance(view, ast.Call) and isinstance(view.func, ast.Attribute):
            view = view.func.value if view.func.attr == "as_view" else view.func
        name = _last_name(view)
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
                and _last_name(each.func) in {"path", "re_path", "url"}
                and each.args
            ]
    return found


def _django_path(text: str) -> str:
    text = _REGEX_GROUP.sub(r"{\1}", text).lstrip("^").rstrip("$")
    return _PATH_TYPES.sub(r"{\1}", text)


def _joined(prefix: str, path: str) -> str:
    whole = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
    rest = path if path.startswith("/") or not path else f"/{path}"
    return _PATH_TYPES.sub(r"{\1}", whole + rest) or "/"


def _imported(module: Module) -> dict[str, str]:
    """What each imported name is called in full."""
    found: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {each.asname or each.name: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = module.name.split(".")
            home = ".".join(parts[: len(parts) - node.level]) if node.level else ""
            base = ".".join(part for part in (home, node.module or "") if part)
            found |= {each.asname or each.name: f"{base}.{each.name}" for each in node.names}
    return found


def _is_called(module: str, name: str) -> bool:
    """Whether a module may be meant by a dotted name: a source folder may be left out of it."""
    return module == name or module.endswith(f".{name}") or name.endswith(f".{module}")


def _module_name(path: Path, base: Path) -> str:
    parts = list(path.relative_to(base).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def _is_required(value: ast.expr | None) -> bool:
    if value is None:
        return True
    if not isinstance(value, ast.Call) or _last_name(value.func) != "Field":
        return False
    given = {each.arg for each in value.keywords}
    if given & {"default", "default_factory"}:
        return False
    first = value.args[0] if value.args else None
    return first is None or (isinstance(first, ast.Constant) and first.value is Ellipsis)


def _is_optional(kind: str) -> bool:
    return kind.startswith(("Optional", "ClassVar")) or "None" in kind


def _last_name(node: ast.expr | None) -> str:
    """The name that an expression ends in: `Token` of `schemas.Token` and `Annotated[Token, …]`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
        return _last_name(inner)
    return ""


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _listed(node: ast.expr | None) -> list[str]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [text.lower() for each in node.elts if (text := _text(each))]
    return ["get"]
