"""What the registered checks can find, as text: for `checks`, `explain` and the reference."""

from __future__ import annotations

from difflib import get_close_matches
from inspect import cleandoc
from pathlib import Path
from textwrap import fill

from seamproof.core import registry
from seamproof.core.errors import ConfigurationError
from seamproof.core.registry import Part
from seamproof.core.verdict import FindingClass


def classes_of(part: Part) -> tuple[FindingClass, ...]:
    """Return the classes of findings that a check declares."""
    declared: tuple[FindingClass, ...] = part.implementation.classes  # type: ignore[attr-defined]
    return declared


def listing() -> list[str]:
    """Return the checks, each with its boundary and its classes."""
    lines: list[str] = []
    for part in registry.discover(registry.CHECK).values():
        lines.append(f"{part.name}: {part.title} (needs {part.boundary})")
        lines += [f"    {each.name:<28} {plain(each.title)}" for each in classes_of(part)]
    return lines


def class_of(finding: str, config: Path | None) -> str:
    """Return the class of a stored finding. Raises ConfigurationError where there is none."""
    from seamproof.config import load
    from seamproof.run.findings import Shelf

    return Shelf(load(config).path(".seamproof/runs")).get(finding).finding_class


def explained(name: str) -> list[str]:
    """Return what is known of a class. Raises ConfigurationError for an unknown one."""
    known = {
        each.name: (part, each)
        for part in registry.discover(registry.CHECK).values()
        for each in classes_of(part)
    }
    if name not in known:
        nearest = get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {nearest[0]}?" if nearest else f"known: {', '.join(sorted(known))}"
        raise ConfigurationError(f"no class of findings is called {name!r}", hint=hint)
    part, found = known[name]
    lines = [
        f"{found.name}: {plain(found.title)}",
        f"found by {part.name} · boundary broken: {found.broken}",
        "",
        *_paragraph("What it does", plain(found.consequence)),
        *_paragraph("How it comes about", found.why),
        *_drawn("For example", found.example),
        *_paragraph("What cures it", plain(found.fix)),
    ]
    names = [f"CWE-{number}" for number in found.cwe] + list(found.owasp)
    if names:
        lines.append(f"Known as: {', '.join(names)}")
    lines += [f"Read:     {each}" for each in found.references]
    return lines


def plain(template: str) -> str:
    """Return a class's template for reading without a finding: `{rows}` becomes `<rows>`."""
    return template.replace("{", "<").replace("}", ">")


def _paragraph(heading: str, text: str) -> list[str]:
    if not text:
        return []
    folded = " ".join(text.split())
    return [heading, *fill(folded, 92, initial_indent="  ", subsequent_indent="  ").split("\n"), ""]


def _drawn(heading: str, text: str) -> list[str]:
    """Lines as they are: columns stay columns."""
    if not text:
        return []
    return [heading, *(f"  {line}".rstrip() for line in cleandoc(text).split("\n")), ""]
