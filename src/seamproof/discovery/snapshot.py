"""What the service's document declared of the operations of scenarios, when these were stored.

    .seamproof/document.json    committed with the scenarios

With it, `seamproof heal` knows what was renamed; without it, it has to guess.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from seamproof.core import codec
from seamproof.core.document import Declaration, Document
from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.core.model import Json, Operation, Scenario

FILE = ".seamproof/document.json"
"""Where it is, below the project's folder."""
_MAX_BYTES = 64 << 20
_PARAMETER = re.compile(r"\{[^{}]*\}")
_DEPTH = 200


def read(path: Path) -> Document | None:
    """What was stored; None where nothing was. Raises ConfigurationError where it is damaged."""
    hint = f"restore {path}, or delete it: what was renamed is guessed then"
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigurationError(f"{path} is too large to be what was stored", hint=hint)
        return codec.load(Document, path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", hint=hint) from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{path} is not what was stored there", hint=hint) from None


def write(document: Document, scenarios: Iterable[Scenario], path: Path) -> None:
    """Add what a document declares of the operations of scenarios.

    What is there already stays, for it is what the scenarios were stored by: only `renew` replaces
    it. Raises MachineError where the file cannot be written.
    """
    known = read(path) or Document()
    store(_joined(known, _only(document, _operations(scenarios))), path)


def renew(
    document: Document, scenarios: Iterable[Scenario], path: Path, kept: Iterable[Scenario] = ()
) -> None:
    """Replace it by what a document declares now, but for operations of `kept`: scenarios that do
    not answer yet. Raises MachineError where the file cannot be written."""
    old = _only(read(path) or Document(), _operations(kept))
    store(_joined(old, _only(document, _operations(scenarios))), path)


def store(snapshot: Document, path: Path) -> None:
    """Write a document so that `read` reads it again. Raises MachineError where it cannot."""
    plain = codec.plain(snapshot)
    for each in plain["declarations"]:
        # Sets have no order, and a file that is committed needs one.
        each["security"] = [sorted(names) for names in each["security"]]
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise MachineError(
            f"{path} cannot be written: {error.strerror}", hint="make its folder writable"
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _operations(scenarios: Iterable[Scenario]) -> frozenset[str]:
    return frozenset(
        _template(step.operation) for each in scenarios for step in (*each.arrangement, each.act)
    )


def _only(document: Document, operations: Collection[str]) -> Document:
    """The part of a document that is about some operations, with all that this refers to."""
    chosen = tuple(
        each for each in document.declarations if _template(each.operation) in operations
    )
    waiting = [*_references(list(map(_schemas, chosen)))]
    definitions: dict[str, Json] = {}
    while waiting:
        name = waiting.pop()
        if name not in definitions and name in document.definitions:
            definitions[name] = document.definitions[name]
            waiting += _references(definitions[name])
    return Document(
        chosen,
        definitions={name: definitions[name] for name in sorted(definitions)},
        version=document.version,
        title=document.title,
    )


def _joined(first: Document, more: Document) -> Document:
    """Both; of an operation in both, what the first says. A definition that both have and that is
    not the same has another name in what is added."""
    known = {_template(each.operation) for each in first.declarations}
    added = tuple(each for each in more.declarations if _template(each.operation) not in known)
    needed = _only(more, {_template(each.operation) for each in added})
    names = {
        name: _free(name, first.definitions, needed.definitions)
        for name, value in needed.definitions.items()
        if first.definitions.get(name, value) != value
    }
    # What refers to something that has another name is not the same either.
    while more_names := _referring(needed.definitions, names, first.definitions):
        names |= more_names
    definitions = {
        names.get(name, name): _renamed(value, names) for name, value in needed.definitions.items()
    }
    declared = tuple(
        _mapped(each, lambda schema: _renamed(schema, names)) for each in needed.declarations
    )
    return replace(
        first,
        declarations=(*first.declarations, *declared),
        definitions=first.definitions | definitions,
        version=first.version or more.version,
        title=first.title or more.title,
    )


def _referring(
    definitions: dict[str, Json], names: dict[str, str], first: dict[str, Json]
) -> dict[str, str]:
    return {
        name: _free(name, first, definitions)
        for name, value in definitions.items()
        if name not in names and name in first and names.keys() & set(_references(value))
    }


def _free(name: str, *taken: Collection[str]) -> str:
    number = 2
    while any(f"{name}-{number}" in each for each in taken):
        number += 1
    return f"{name}-{number}"


def _template(operation: Operation) -> str:
    return f"{operation.method} {_PARAMETER.sub('{}', operation.path)}"


def _schemas(declaration: Declaration) -> list[Json]:
    return [
        *(each.schema for each in declaration.parameters),
        *(each.schema for each in declaration.bodies),
        *(schema for each in declaration.answers for schema in each.content.values()),
        *(schema for each in declaration.answers for schema in each.headers.values()),
    ]


def _mapped(declaration: Declaration, change: Callable[[Json], Json]) -> Declaration:
    """A declaration with other schemas."""
    return replace(
        declaration,
        parameters=tuple(replace(p, schema=change(p.schema)) for p in declaration.parameters),
        bodies=tuple(replace(body, schema=change(body.schema)) for body in declaration.bodies),
        answers=tuple(
            replace(
                each,
                content={name: change(schema) for name, schema in each.content.items()},
                headers={name: change(schema) for name, schema in each.headers.items()},
            )
            for each in declaration.answers
        ),
    )


def _references(value: Json, depth: int = 0) -> Iterator[str]:
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each, depth + 1)


def _renamed(value: Json, names: dict[str, str], depth: int = 0) -> Json:
    """A schema whose references have other names."""
    if not names or depth > _DEPTH:
        return value
    if isinstance(value, dict):
        renamed = {key: _renamed(each, names, depth + 1) for key, each in value.items()}
        if isinstance(value.get("$ref"), str):
            renamed["$ref"] = names.get(value["$ref"], value["$ref"])
        return renamed
    return (
        [_renamed(each, names, depth + 1) for each in value] if isinstance(value, list) else value
    )
