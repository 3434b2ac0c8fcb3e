"""What routers and blueprints put before the paths of their routes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seamproof.discovery.guessing import syntax
from seamproof.discovery.guessing.syntax import DEPTH, Module

if TYPE_CHECKING:
    from seamproof.discovery.guessing.python import PythonSource


@dataclass
class Prefixes:
    """What routers and blueprints put before their paths."""

    source: PythonSource

    def __post_init__(self) -> None:
        self._own: dict[tuple[str, str], str] = {}
        self._within: dict[tuple[str, str], tuple[tuple[str, str], str]] = {}
        for module in self.source.modules.values():
            imported = syntax.imported(module)
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
        ends = [each for each in self.source.modules if syntax.is_called(each, home)]
        return (ends[0], name) if ends else None

    def of(self, module: Module, router: str) -> str:
        """The whole prefix of a router."""
        key, prefix = (module.name, router), ""
        for _ in range(DEPTH):
            prefix = syntax.joined(self._own.get(key, ""), prefix) if key in self._own else prefix
            if key not in self._within:
                break
            key, added = self._within[key]
            prefix = syntax.joined(added, prefix)
        return prefix
