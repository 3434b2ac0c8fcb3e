"""Writes the pages of docs/reference that follow from the commands and the registry.

python -m seamproof.cli.reference docs/reference
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from textwrap import indent
from typing import Any

import typer

from seamproof.cli.app import app
from seamproof.config.explaining import schema
from seamproof.config.reference import markdown
from seamproof.core import registry
from seamproof.core.errors import ExitCode
from seamproof.core.verdict import FindingClass
from seamproof.pytest_plugin.reference import markdown as testing
from seamproof.run.catalogue import classes_of

_GENERATED = "<!-- Generated: python -m seamproof.cli.reference docs/reference -->\n"
_CODES = {
    ExitCode.NOTHING_PROVEN: "nothing is proven",
    ExitCode.PROVEN: "there are proven findings that are not accepted",
    ExitCode.INTERRUPTED: "it was interrupted; reports are written all the same",
    ExitCode.OUR_BUG: "a bug of seamproof; the message names a file with the details",
    ExitCode.USAGE: "usage, configuration, a service or database that does not start, "
    "or a refusal for safety",
    ExitCode.NOTHING_EXERCISED: "no operation could be exercised, so nothing can be said",
    ExitCode.INCONCLUSIVE: "nothing is proven, something is inconclusive, and `--strict` was given",
}


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    return {
        "commands.md": commands(),
        "checks.md": checks(),
        "findings.md": findings(),
        "parts.md": parts(),
        "configuration.md": markdown(),
        "testing.md": _GENERATED + testing(),
        "seamproof.schema.json": schema() + "\n",
    }


def commands() -> str:
    """Return the page of all commands, their options and the exit codes."""
    lines = [_GENERATED, "# Commands", ""]
    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        usage = " ".join([f"seamproof {name}", "[OPTIONS]", *(_name(each) for each in arguments)])
        lines += [f"## seamproof {name}", "", f"    {usage}", "", *_help(command.help)]
        lines += ["| | |", "|---|---|"]
        lines += [f"| `{_name(each)}` | {_described(each)} |" for each in command.params]
        lines.append("")
    lines += ["## Exit codes", "", "| | |", "|---|---|"]
    lines += [f"| {code.value} | {_CODES[code]} |" for code in ExitCode]
    return "\n".join(lines) + "\n"


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar)
    metavar = "" if parameter.is_flag else parameter.metavar or "VALUE"
    return f"{', '.join(parameter.opts)} {metavar}".strip()


def _described(parameter: Any) -> str:
    default = parameter.default
    shown = f" Default: `{default}`." if default not in (None, False, ()) else ""
    return f"{parameter.help}{shown}".replace("|", "\\|")


def _help(text: str | None) -> list[str]:
    return [" ".join(paragraph.split()) + "\n" for paragraph in (text or "").split("\n\n")]


def checks() -> str:
    """Return the page of all checks."""
    lines = [_GENERATED, "# Checks", ""]
    for part in registry.discover(registry.CHECK).values():
        lines += [f"## {part.name}", "", f"{part.title}. Needs sight of `{part.boundary}`.", ""]
        lines += [part.description, "", "Finds:", ""]
        lines += [
            f"- [`{each.name}`](findings.md#{each.name}): {each.title}" for each in classes_of(part)
        ]
        lines.append("")
    return "\n".join(lines)


def findings() -> str:
    """Return the page of all classes of findings."""
    lines = [
        _GENERATED,
        "# Findings",
        "",
        "Words in braces are filled with what was seen. `seamproof explain CLASS` prints the same.",
        "",
    ]
    for part in registry.discover(registry.CHECK).values():
        for each in classes_of(part):
            lines += _finding(part.name, each)
    return "\n".join(lines)


def _finding(check: str, found: FindingClass) -> Iterator[str]:
    yield f"## {found.name}\n"
    yield f"`{found.name}`: {found.title}.\n"
    yield f"Found by [`{check}`](checks.md#{check}). Broken boundary: {found.broken}.\n"
    yield from _said("What it does", found.consequence)
    yield from _said("How it comes about", found.why)
    if found.example:
        yield "**For example.**\n"
        yield indent(cleandoc(found.example), "    ") + "\n"
    yield from _said("What cures it", found.fix)
    names = [f"CWE-{number}" for number in found.cwe] + list(found.owasp)
    if names:
        yield f"Known as {', '.join(names)}.\n"
    if found.references:
        yield "\n".join(f"- <{each}>" for each in found.references) + "\n"


def _said(heading: str, text: str) -> Iterator[str]:
    if text:
        yield f"**{heading}.** {' '.join(text.split())}\n"


def parts() -> str:
    """Return the page of everything else that the registry knows."""
    lines = [
        _GENERATED,
        "# Parts",
        "",
        "Each kind is found in its folder and by entry points in the named group.",
        "",
    ]
    for kind in registry.KINDS.values():
        if kind is registry.CHECK:
            continue
        lines += [f"## {kind.name}", "", f"In `{kind.package}`, group `{kind.group}`.", ""]
        lines += ["| | |", "|---|---|"]
        found = registry.discover(kind).values()
        lines += [f"| `{each.name}` | {each.title} |" for each in found]
        lines.append("")
    return "\n".join(lines)


def main(folder: Path) -> None:
    """Write every page into a folder."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
