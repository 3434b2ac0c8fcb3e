"""Whether a project asks for the plugin: looked at in every session of pytest, so it is cheap."""

from __future__ import annotations

from pathlib import Path

NAME = "seamproof.toml"


def configured(root: Path, given: str = "") -> Path | None:
    """The configuration of the tests: what is given, else the root's own where it has `[testing]`.

    None where there is none; what is wrong with it is told when it is read.
    """
    if given:
        return root / given
    own = root / NAME
    if _mentions(own, b"[testing"):
        return own
    project = root / "pyproject.toml"
    return project if _mentions(project, b"[tool.seamproof.testing") else None


def _mentions(file: Path, section: bytes) -> bool:
    try:
        content = file.read_bytes()
    except OSError:
        return False
    return any(line.lstrip().startswith(section) for line in content.splitlines())
