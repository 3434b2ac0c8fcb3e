"""Docs cannot lie: what is generated is fresh, what is linked is there, what exists is said."""

from __future__ import annotations

import pkgutil
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from seamproof.cli import reference
from seamproof.cli.app import app
from seamproof.core import registry
from seamproof.core.errors import ExitCode
from seamproof.run.catalogue import classes_of

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PACKAGES = sorted(each.parent for each in (ROOT / "src").rglob("__init__.py"))
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAME = re.compile(r"`([a-z_]+(?:\.\w+){2,})")
"""What is named in the code, by its path; of two parts it may be a key of the configuration."""


@pytest.mark.parametrize(
    "name",
    [
        *("commands.md", "checks.md", "findings.md", "parts.md", "configuration.md", "testing.md"),
        "seamproof.schema.json",
    ],
)
def test_the_reference_is_fresh(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == reference.pages()[name], (
        "write it anew: uv run python -m seamproof.cli.reference docs/reference"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_described(command: str) -> None:
    found = COMMANDS[command]
    assert found.help
    for parameter in found.params:
        assert parameter.help, f"{command} {parameter.name} has no help"
        takes_value = parameter.param_type_name == "argument" or not parameter.is_flag
        assert not takes_value or parameter.metavar, f"{command} {parameter.name} has no metavar"


def test_every_exit_code_is_described() -> None:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"\n| {code.value} | " in page


def test_every_class_of_findings_says_why_and_what_cures_it() -> None:
    names = []
    for part in registry.discover(registry.CHECK).values():
        assert classes_of(part) or part.name == "noop", f"{part.name} can find nothing"
        for each in classes_of(part):
            assert each.why, each.name
            assert each.fix, each.name
            assert each.consequence, each.name
            names.append(each.name)
    assert len(names) == len(set(names)), "two classes have one name: explain could not choose"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_named_in_the_code_is_there(page: Path) -> None:
    ours = {each.name for each in PACKAGES}
    for name in NAME.findall(page.read_text(encoding="utf-8")):
        if name.partition(".")[0] in ours:
            pkgutil.resolve_name(f"seamproof.{name.removeprefix('seamproof.')}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), f"{page.relative_to(ROOT)} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
            assert anchor in anchors, f"{page.relative_to(ROOT)} links to {target}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = LINK.findall(page.read_text(encoding="utf-8"))
        waiting += [page.parent / each.partition("#")[0] for each in targets if "://" not in each]
    decisions = ROOT / "docs" / "decisions"
    missed = {page.resolve() for page in PAGES} - seen
    assert not [page for page in missed if page.parent != decisions]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_the_docs_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for command in re.findall(r"^ {4,}(?:\.uv/bin/uv run )?seamproof ([a-z]+)", text, re.MULTILINE):
        assert command in COMMANDS, f"{page.relative_to(ROOT)}: seamproof {command}"


def test_the_architecture_names_every_package() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    package = ROOT / "src" / "seamproof"
    for each in sorted(package.glob("*/__init__.py")):
        assert f"`{each.parent.name}`" in page or f" {each.parent.name}/" in page, each.parent.name


@pytest.mark.parametrize("package", PACKAGES, ids=lambda each: str(each.relative_to(ROOT)))
def test_the_map_of_a_package_is_whole(package: Path) -> None:
    text = (package / "__init__.py").read_text(encoding="utf-8")
    listed = set(re.findall(r"^- `(\w+)/?`", text, re.MULTILINE))
    if not listed or "\n- the rest " in text:
        return
    folders = {each.name for each in package.iterdir() if each.is_dir()}
    modules = {each.stem for each in package.glob("*.py")} - {"__init__"}
    packages = {each.parent.name for each in package.glob("*/__init__.py")}
    assert listed <= modules | folders, "it names what is not there"
    named = set(re.findall(r"`(\w+)[/.`]", text))
    assert modules | packages <= named, "say there what each module is for"


def test_ci_runs_the_tests_as_the_readme_says() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    (extract,) = re.findall(r"^tests=\$\((.+)\)$", script.read_text(encoding="utf-8"), re.MULTILINE)
    found = subprocess.run(
        ["bash", "-c", extract], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (line,) = found.stdout.splitlines()
    assert line.startswith("python3 -m venv ")
    assert f"\n    {line}\n" in (ROOT / "README.md").read_text(encoding="utf-8")
