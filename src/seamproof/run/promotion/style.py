"""Where a project's tests are, and what they look like: functions, or methods of classes."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_INI: Final = (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))
_FOLDERS: Final = ("tests", "test", "src/tests")
_MOST: Final = 200
"""Test files that are read."""
_LARGEST: Final = 1 << 20
_SKIPPED: Final = frozenset({".venv", "venv", "node_modules", ".git", "build", "dist", ".tox"})


@dataclass(frozen=True, slots=True)
class Style:
    """How a project writes its tests."""

    folder: Path
    classes: bool
    """Whether most tests are methods of classes."""
    why: str
    """Where the folder comes from, for a person."""


def style(root: Path) -> Style:
    """The style of the tests below a folder; functions in `tests` where there are none."""
    folder, why = _folder(root)
    functions = methods = 0
    for path in _files(folder):
        found = _counted(path)
        functions, methods = functions + found[0], methods + found[1]
    return Style(folder, methods > functions, why)


def _folder(root: Path) -> tuple[Path, str]:
    for file, paths in _configured(root):
        for each in paths:
            if (root / each).is_dir():
                return _deepest(root / each), f"testpaths of {file}"
    for each in _FOLDERS:
        if (root / each).is_dir():
            return _deepest(root / each), "the project's tests are there"
    if any(root.glob("test_*.py")):
        return root, "the project's tests are there"
    return root / "tests", "the project has no tests yet"


def _deepest(folder: Path) -> Path:
    """A folder of integration tests in it, where there is one."""
    named = ("integration", "functional", "e2e", "api")
    return next((folder / each for each in named if (folder / each).is_dir()), folder)


def _configured(root: Path) -> Iterator[tuple[str, list[str]]]:
    """`testpaths` of pytest's configuration, in the order that pytest looks for it."""
    for name, section in _INI:
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string((root / name).read_text(encoding="utf-8"))
            yield name, parser.get(section, "testpaths", fallback="").split()
        except (OSError, UnicodeDecodeError, configparser.Error):
            continue
    try:
        data: Any = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        paths = data["tool"]["pytest"]["ini_options"]["testpaths"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    yield "pyproject.toml", paths.split() if isinstance(paths, str) else [str(e) for e in paths]


def _files(folder: Path) -> Iterator[Path]:
    found = (each for each in folder.rglob("*.py") if re.match(r"test_|.*_test\.py$", each.name))
    kept = (each for each in found if not _SKIPPED.intersection(each.parts))
    yield from (each for _, each in zip(range(_MOST), kept, strict=False))


def _counted(path: Path) -> tuple[int, int]:
    """How many tests are functions, and how many are methods."""
    try:
        if path.stat().st_size > _LARGEST:
            return 0, 0
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return 0, 0
    functions = sum(map(_is_test, tree.body))
    classes = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    return functions, sum(_is_test(each) for one in classes for each in one.body)


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
