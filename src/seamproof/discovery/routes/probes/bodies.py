"""What a handler of Python takes out of its request's body, as its source says.

    data = json.loads(request.body)
    Note(title=data["title"], stars=int(data.get("stars", 0)))    title, and maybe stars: an integer

A field that is indexed is required, one that is asked for with `get` is not. What is only passed on
is not seen: the schema is a hint, and refusals say the rest.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
KINDS = {
    **dict.fromkeys(("json", "get_json", "body", "data"), JSON),
    **dict.fromkeys(("form", "POST"), FORM),
}
"""Attributes of a request, and what is in them."""
REQUESTS = ("request", "req")
TYPES = {"int": "integer", "float": "number", "Decimal": "number", "bool": "boolean"}
LONGEST = 100_000
"""Characters of a handler that are looked at."""


def request_body(handler: Any) -> Any:
    """A Request Body Object, None where its source says nothing."""
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(handler)))
        tree = ast.parse(source[:LONGEST])
    except (OSError, TypeError, ValueError, SyntaxError, RecursionError):
        return None
    names = assigned(tree)
    fields: dict[str, tuple[str, bool, str]] = {}
    for node, caller in called(tree):
        found = field(node, names)
        if found is not None:
            name, kind, required = found
            known = fields.get(name, (kind, False, ""))
            fields[name] = (kind, required or known[1], TYPES.get(caller, "") or known[2])
    if not fields:
        return None
    properties = {name: {"type": each[2]} if each[2] else {} for name, each in fields.items()}
    schema = {
        "type": "object",
        "properties": properties,
        "required": [name for name, each in fields.items() if each[1]],
    }
    kinds = {each[0] for each in fields.values()}
    return {"content": {kind: {"schema": schema} for kind in sorted(kinds)}}


def assigned(tree: ast.AST) -> dict[str, str]:
    """Names that hold a body or a part of the handler's request, and what is in it."""
    names: dict[str, str] = {}
    for _ in range(2):  # a name may be given to another
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                targets: list[Any] = node.targets
            elif isinstance(node, (ast.NamedExpr, ast.AnnAssign)):
                targets = [node.target]
            else:
                continue
            kind = kind_of(node.value, names) if node.value is not None else None
            for target in targets:
                if kind and isinstance(target, ast.Name):
                    names[target.id] = kind
    return names


def kind_of(node: ast.AST, names: dict[str, str]) -> Any:
    """The media type of what an expression holds, None where it is no body."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        of = node.value
        name = (
            of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""
        )
        return KINDS.get(node.attr) if name in REQUESTS else None
    inner: list[Any] = []
    if isinstance(node, ast.Call):
        # `request.get_json()`, `json.loads(…)`, `request.body.decode()`
        inner = [node.func, *node.args[:1]]
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"decode", "copy", "dict"}:
            inner.append(node.func.value)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            return None
    elif isinstance(node, ast.BoolOp):
        inner = list(node.values)
    elif isinstance(node, ast.Await):
        inner = [node.value]
    return next(filter(None, (kind_of(each, names) for each in inner)), None)


def field(node: ast.AST, names: dict[str, str]) -> Any:
    """The name of a field that an expression takes, of what, and whether it must be there."""
    if isinstance(node, ast.Subscript):
        key, of, required = node.slice, node.value, True
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"get", "pop"}
        and node.args
    ):
        key, of, required = node.args[0], node.func.value, False
    else:
        return None
    kind = kind_of(of, names)
    if kind is None or not isinstance(key, ast.Constant) or not isinstance(key.value, str):
        return None
    return key.value, kind, required


def called(tree: ast.AST) -> Any:
    """Each node, and the function that it is the first argument of."""
    callers: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            callers[id(node.args[0])] = node.func.id
    for node in ast.walk(tree):
        yield node, callers.get(id(node), "")
