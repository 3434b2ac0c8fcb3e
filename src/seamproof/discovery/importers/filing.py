"""From the file that is imported to the file that is written, and what a person is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import yaml

from seamproof.core.counting import counted
from seamproof.core.errors import ConfigurationError
from seamproof.core.registry import IMPORTER, discover
from seamproof.discovery.importers.composing import compose
from seamproof.discovery.importers.sent import Options
from seamproof.discovery.importers.source import MAX_BYTES, Node, parse
from seamproof.discovery.importers.traffic import Imported, Importer, Surroundings
from seamproof.discovery.writing import comment, written

SCENARIOS = Path(".seamproof") / "scenarios"


def named(words: Sequence[str], format_name: str | None) -> tuple[Path, str | None]:
    """File and format of a command's words, `FILE` or `FORMAT FILE`. Raises ConfigurationError."""
    *formats, file = words
    if len(formats) > 1 or (formats and format_name not in {None, formats[0]}):
        raise ConfigurationError(
            f"one file is imported at a time, not {' '.join(words)}",
            hint="seamproof import [har|postman] FILE",
        )
    return Path(file), formats[0] if formats else format_name


def import_file(
    file: Path,
    *,
    format_name: str | None = None,
    base: str | None = None,
    environment: Path | None = None,
    output: Path | None = None,
    force: bool = False,
) -> Iterator[str]:
    """Import a file, and yield lines that say what came of it.

    Raises ConfigurationError for a file that cannot be read, holds nothing to import, or would be
    overwritten.
    """
    root = _read(file)
    beside = None if environment is None else _read(environment)
    target = output or SCENARIOS / f"{_name(file)}.yaml"
    traffic = _importer(root, format_name).read(root, Options(base, beside))
    imported = compose(traffic, Surroundings(frozenset(_taken(target))))
    if imported.scenarios:
        write(target, document(imported, f"Imported from {file.name}"), force=force)
        yield f"wrote {target}: {counted(len(imported.scenarios), 'scenario')}"
    yield from told(imported)
    if not imported.scenarios:
        raise ConfigurationError(
            f"{file}: no request to {imported.traffic.service} changes anything and succeeds, "
            "so there is nothing to import",
            hint="record requests that change something, or name the service by --base URL",
        )


def document(imported: Imported, origin: str) -> str:
    """The file's text. `origin` says in its first line where it is from."""
    lines = [
        f"# {comment(origin)}. Read it, change what is not so, and commit it.",
        "# Passwords and tokens are not here: a Made-Up-Secret stands for each.",
    ]
    lines += [
        f"# {each.name}: {comment(each.evidence)}; configure it as [identities.{each.name}]"
        for each in imported.traffic.principals
    ]
    return "\n".join([*lines, "scenarios:", *map(written, imported.scenarios)]) + "\n"


def told(imported: Imported) -> Iterator[str]:
    """What a person must know: what was left out, and what to configure."""
    traffic = imported.traffic
    yield f"service: {traffic.service}, {counted(len(traffic.sent), 'request')}"
    if traffic.left_out:
        parts = (f"{reason}: {count}" for reason, count in sorted(traffic.left_out.items()))
        yield f"left out, {'; '.join(parts)}"
    for note in traffic.notes:
        yield f"note: {note}"
    if traffic.untranslated:
        yield "not translated:"
        yield from (f"  {each}" for each in traffic.untranslated)
    if traffic.principals:
        yield "add to seamproof.toml, and set the variables that it names:"
        for each in traffic.principals:
            yield ""
            yield f"# {each.evidence}"
            yield from each.table.splitlines()


def _importer(root: Node, name: str | None) -> Importer:
    parts = discover(IMPORTER)
    if name is not None and name not in parts:
        raise ConfigurationError(
            f"no importer is called {name!r}", hint=f"known: {', '.join(parts)}"
        )
    chosen: list[Importer] = [
        part.implementation() for part in parts.values() if name in {None, part.name}
    ]
    for each in chosen:
        if each.recognises(root):
            return each
    raise ConfigurationError(
        f"{root.file}: this is no file of the format {name or ' or '.join(parts)}",
        hint=f"export it as one of: {', '.join(parts)}",
    )


def _read(path: Path) -> Node:
    """A file's JSON. Devices and folders are refused before they are read."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{path} is no file", hint="name the exported file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}", hint="name the exported file"
        ) from None
    return parse(data, str(path))


def write(path: Path, text: str, *, force: bool) -> None:
    """Write a file, and its folder. Raises ConfigurationError where it cannot, or is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError(
            f"{path} is there already, and nothing was written",
            hint="give another name by --output, or overwrite it by --force",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {path}: {error.strerror}", hint="give another name by --output"
        ) from None


def _taken(target: Path) -> Iterator[str]:
    """The names of the scenarios in the other files of a folder: a run refuses two of one name.

    A file that is none of scenarios has none. A run says what is wrong with it.
    """
    for path in sorted(target.parent.glob("*.yaml")):
        if path.resolve() == target.resolve() or path.stat().st_size > MAX_BYTES:
            continue
        with suppress(OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
            found = yaml.safe_load(path.read_text(encoding="utf-8"))
            items = found.get("scenarios") if isinstance(found, dict) else found
            for each in items if isinstance(items, list) else [found]:
                act = each.get("act") if isinstance(each, dict) else None
                if isinstance(act, dict):
                    yield str(each.get("name", act.get("operation")))


def _name(file: Path) -> str:
    """`Shop API.postman_collection.json` as `shop-api`."""
    stem = file.name.partition(".")[0] or file.stem
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "imported"
