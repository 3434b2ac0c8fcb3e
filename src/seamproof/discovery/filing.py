"""Scenarios that were found go to files that a person reviews and commits.

One file for each group of operations (an OpenAPI tag, or else the first word of the path). A file
that is there already is added to, never rewritten: what a person changed in it stays.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from itertools import chain, count
from pathlib import Path

import yaml

from seamproof.core.document import Document
from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.core.model import Operation, Scenario
from seamproof.discovery.writing import comment, written

_HEAD = (
    "# {group}: requests that the service answered with a success, found from its own document.\n"
    "# Read them, change what is not so, and commit them.\n"
    "scenarios:\n"
)
_OUR_LAYOUT = re.compile(r"^scenarios:\s*$", re.MULTILINE)
_VERSION = re.compile(r"v?\d+(\.\d+)*|api|rest", re.IGNORECASE)


def groups(document: Document) -> dict[str, str]:
    """The group of each operation, by the operation's id."""
    return {
        each.operation.id: _slug(each.tags[0]) if each.tags else _by_path(each.operation)
        for each in document.declarations
    }


def store(
    scenarios: Iterable[Scenario], folder: Path, group_of: Mapping[str, str]
) -> dict[Path, int]:
    """Add scenarios to the files of their groups. Returns how many went to each file.

    Raises MachineError where a file cannot be written.
    """
    by_group: dict[str, list[Scenario]] = {}
    for each in scenarios:
        group = group_of.get(each.operation.id, _by_path(each.operation))
        by_group.setdefault(group, []).append(each)
    counts: dict[Path, int] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for group, found in by_group.items():
            path, text = _place(folder, group)
            replace(path, text + "\n".join(map(written, found)) + "\n")
            counts[path] = len(found)
    except OSError as error:
        raise MachineError(
            f"the scenarios that were found cannot be written to {folder}: {error.strerror}",
            hint="make the folder writable, or set `scenarios` to another",
        ) from error
    return counts


def _place(folder: Path, group: str) -> tuple[Path, str]:
    """The first file of a group that can be added to, and what is in it."""
    for name in chain([group], (f"{group}-{number}" for number in count(2))):
        path = folder / f"{name}.yaml"
        if not path.exists():
            return path, _HEAD.format(group=comment(group))
        text = path.read_text(encoding="utf-8").rstrip("\n") + "\n"
        if _can_be_added_to(text):
            return path, text
    raise AssertionError("unreachable")


def _can_be_added_to(text: str) -> bool:
    """Whether an item of ours below the text would be one more of its scenarios."""
    if _OUR_LAYOUT.search(text) is None:
        return False
    mark = "never-a-scenario"
    try:
        found = yaml.safe_load(f"{text}  - name: {mark}\n")
    except (yaml.YAMLError, RecursionError):
        return False
    items = found.get("scenarios") if isinstance(found, dict) else None
    return isinstance(items, list) and items[-1] == {"name": mark}


def replace(path: Path, text: str) -> None:
    """Write a file at once: who reads it meanwhile finds the one or the other. Raises OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def folder_of(globs: Collection[str], root: Path) -> Path:
    """Where new files are found again: the folder of the first glob for all YAML files of one.

    Raises ConfigurationError where the configuration names single files only.
    """
    for glob in globs:
        folder, _, name = glob.rpartition("/")
        if name in {"*.yaml", "*"} and "*" not in folder:
            return root / folder
    raise ConfigurationError(
        f"`scenarios` names files ({', '.join(globs)}), and no folder for those that are found",
        hint='add a glob for a folder, as ".seamproof/scenarios/*.yaml"',
    )


def _by_path(operation: Operation) -> str:
    words = [each for each in operation.path.split("/") if each and "{" not in each]
    telling = [each for each in words if not _VERSION.fullmatch(each)]
    return _slug((telling or words or ["root"])[0])


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "operations"
