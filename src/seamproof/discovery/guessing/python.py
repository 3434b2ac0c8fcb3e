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

from seamproof.discovery.guessing import syntax
from seamproof.discovery.guessing.django import Urls
from seamproof.discovery.guessing.prefixes import Prefixes
from seamproof.discovery.guessing.project import Project
from seamproof.discovery.guessing.route import PASSWORD, TOKENS, WRAPS, Field, Route
from seamproof.discovery.guessing.syntax import DEPTH, METHODS, Module

_SUFFIX = ".py"
_READ = re.compile(
    r"(?:data|body|payload|json|form|POST|loads\([^)]*\)|get_json\([^)]*\))"
    r"""\s*(?:\[|\.get\()\s*["'](?P<name>\w+)["']"""
)
_FORM = re.compile(r"request\.(?:form|POST)\b|Form\(")
_SERIALIZER = re.compile(r"\bserializer_class\s*=\s*(?:\w+\.)*(\w+)")


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
            elif isinstance(node, ast.Assign | ast.AnnAssign) and (text := syntax.text(node.value)):
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
        return syntax.text(node) or ""

    def segment(self, module: Module, node: ast.AST) -> str:
        """The source of a node."""
        return ast.get_source_segment(self.project.text(module.path), node) or ""

    def fields(self, name: str, depth: int = 0) -> tuple[Field, ...]:
        """The required fields of a class with annotations, those of its bases first."""
        if name not in self.classes or depth > DEPTH:
            return ()
        _, node = self.classes[name]
        found: dict[str, Field] = {}
        for base in node.bases:
            for each in self.fields(syntax.last_name(base), depth + 1):
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
        prefixes = Prefixes(self)
        for module in self.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from self._decorated(module, node, prefixes)
        yield from Urls(self).routes()

    def _decorated(
        self,
        module: Module,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        prefixes: Prefixes,
    ) -> Iterator[Route]:
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
                continue
            verb, router = decorator.func.attr, decorator.func.value
            if verb not in {*METHODS, "route", "api_route"} or not isinstance(router, ast.Name):
                continue
            keywords = {each.arg: each.value for each in decorator.keywords}
            first = decorator.args[0] if decorator.args else keywords.get("path")
            path = syntax.joined(prefixes.of(module, router.id), self.texts(first))
            for method in [verb] if verb in METHODS else syntax.listed(keywords.get("methods")):
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
        parts = (*node.decorator_list, node)
        text = "\n".join(self.segment(module, each) for each in parts)
        fields: list[Field] = []
        form, wrap, token = bool(_FORM.search(text)), "", None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            defaults = _defaults(node.args)
            for argument in node.args.args + node.args.kwonlyargs:
                annotation = ast.unparse(argument.annotation) if argument.annotation else ""
                default = defaults.get(argument.arg, "")
                if "OAuth2PasswordRequestForm" in annotation:
                    fields += [Field("username"), Field("password")]
                    form = True
                elif "Form(" in annotation + default:
                    fields.append(Field(argument.arg))
                elif "Depends(" in annotation + default:
                    continue
                elif argument.annotation is not None:
                    fields += self.fields(syntax.last_name(argument.annotation))
                    if "embed=True" in annotation + default:
                        alias = re.search(r"""alias=["'](\w+)""", annotation + default)
                        wrap = alias[1] if alias else argument.arg
            answer = syntax.last_name(node.returns) if node.returns else ""
            for model in (answer, *re.findall(r"response_model\s*=\s*(\w+)", text)):
                token = token or self.token(model)
        if serializer := _SERIALIZER.search(text):
            fields, has_token = self._serialized(serializer[1])
            wrap = next(iter(_READ.findall(text)), "") if has_token or fields else ""
            token = f"$.{wrap}.token".replace("..", ".") if has_token else None
        if not fields:
            names = list(dict.fromkeys(_READ.findall(text)))
            if len(names) == 1 and not PASSWORD.search(names[0]) and names[0] in WRAPS:
                wrap = names.pop()
            fields = [Field(name) for name in names]
        place = self.project.place(module.path, line)
        return Route(method, path, place, text, tuple(fields), form, token, wrap=wrap)

    def token(self, name: str, depth: int = 0) -> str | None:
        """Where an answer of a class has its token, also within a class of a field."""
        if name not in self.classes or depth > 3:
            return None
        _, node = self.classes[name]
        for base in node.bases:
            if (found := self.token(syntax.last_name(base), depth + 1)) is not None:
                return found
        kinds = {
            each.target.id: syntax.last_name(each.annotation)
            for each in node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }
        own = next((each for each in TOKENS if each in kinds), None)
        if own is not None:
            return f"$.{own}"
        for key, kind in kinds.items():
            if (found := self.token(kind, depth + 1)) is not None:
                return f"$.{key}{found.removeprefix('$')}"
        return None

    def _serialized(self, name: str) -> tuple[list[Field], bool]:
        """The fields that a serializer of Django's REST framework takes, and whether it gives a
        token."""
        if name not in self.classes:
            return [], False
        module, node = self.classes[name]
        text = self.segment(module, node)
        listed = re.search(r"fields\s*=\s*[\[(](?P<names>[^\])]*)", text)
        names = re.findall(r"\w+", listed["names"]) if listed else []
        given: set[str] = set()
        for each in node.body:
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
                field, said = each.targets[0].id, ast.unparse(each.value)
                if "Field(" not in said:
                    continue
                names.append(field)
                if "read_only=True" in said or "required=False" in said:
                    given.add(field)
        token = "token" in names
        taken = [each for each in dict.fromkeys(names) if each not in {*given, "id", "token"}]
        return [Field(each) for each in taken], token


def _module_name(path: Path, base: Path) -> str:
    parts = list(path.relative_to(base).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def _defaults(arguments: ast.arguments) -> dict[str, str]:
    """The source of each default, by the parameter's name."""
    plain = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = [*zip(plain, arguments.defaults, strict=True)]
    keyword = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    pairs += [(each, value) for each, value in keyword if value is not None]
    return {each.arg: ast.unparse(value) for each, value in pairs}


def _is_required(value: ast.expr | None) -> bool:
    if value is None:
        return True
    if not isinstance(value, ast.Call) or syntax.last_name(value.func) != "Field":
        return False
    given = {each.arg for each in value.keywords}
    if given & {"default", "default_factory"}:
        return False
    first = value.args[0] if value.args else None
    return first is None or (isinstance(first, ast.Constant) and first.value is Ellipsis)


def _is_optional(kind: str) -> bool:
    return kind.startswith(("Optional", "ClassVar")) or "None" in kind
