"""What a Python file says, by its syntax tree: names, texts, imports, paths."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

METHODS = ("get", "post", "put", "patch", "delete")
DEPTH = 8
"""Routers in routers, includes in includes, base classes of base classes."""
_PATH_TYPES = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed file."""

    path: Path
    name: str
    """As other files import it, as `app.main`."""
    tree: ast.Module


def joined(prefix: str, path: str) -> str:
    """A path below a prefix, its parameters as OpenAPI has them."""
    whole = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
    rest = path if path.startswith("/") or not path else f"/{path}"
    return _PATH_TYPES.sub(r"{\1}", whole + rest) or "/"


def imported(module: Module) -> dict[str, str]:
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


def is_called(module: str, name: str) -> bool:
    """Whether a module may be meant by a dotted name: a source folder may be left out of it."""
    return module == name or module.endswith(f".{name}") or name.endswith(f".{module}")


def last_name(node: ast.expr | None) -> str:
    """The name that an expression ends in: `Token` of `schemas.Token` and `Annotated[Token, …]`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
        return last_name(inner)
    return ""


def dotted(node: ast.expr) -> str:
    """A dotted name as it is written; empty for anything else."""
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def text(node: ast.expr | None) -> str | None:
    """The text of a constant; None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def listed(node: ast.expr | None) -> list[str]:
    """The texts of a list of methods, in lower case; GET where there is none."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [found.lower() for each in node.elts if (found := text(each))]
    return ["get"]
