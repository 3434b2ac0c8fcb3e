from __future__ import annotations

import os
from pathlib import Path

import pytest

from seamproof import demo
from seamproof.config import load
from seamproof.core.errors import ConfigurationError, MachineError
from seamproof.run import showcase


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(demo.FIXED_SWITCH, "0")
    monkeypatch.chdir(tmp_path)


def kept(folder: Path, name: str) -> None:
    place = folder / ".seamproof" / "runs" / "1" / "findings"
    place.mkdir(parents=True)
    (place / f"{name}.json").write_text("{}")


def test_a_twin_is_copied_to_a_folder_of_the_user_and_selected() -> None:
    path = showcase.prepare(fixed=True)
    assert path.parent == showcase.workspace(fixed=True)
    assert os.environ[demo.FIXED_SWITCH] == "1"
    config = load(path)
    assert [each for glob in config.scenarios for each in config.root.glob(glob)]
    assert (path.parent / "alembic.ini").exists()
    assert not (path.parent / "service").exists()
    assert showcase.prepare(fixed=False).parent != path.parent
    assert demo.FIXED_SWITCH not in os.environ


def test_files_of_an_earlier_version_do_not_stay_and_findings_do() -> None:
    folder = showcase.prepare(fixed=False).parent
    (folder / "scenarios" / "old.yaml").write_text("scenarios: []")
    kept(folder, "F-0a1b2c")
    showcase.prepare(fixed=False)
    assert not (folder / "scenarios" / "old.yaml").exists()
    assert (folder / ".seamproof" / "runs").exists()


def test_a_finding_is_looked_for_in_the_project_then_in_the_demo(tmp_path: Path) -> None:
    kept(showcase.workspace(fixed=True), "F-0a1b2c")
    assert showcase.home_of("F-0a1", None) == showcase.workspace(fixed=True) / "seamproof.toml"
    assert os.environ[demo.FIXED_SWITCH] == "1"
    assert showcase.home_of("0a1b2c", None) is not None
    assert showcase.home_of("F-ffffff", None) is None
    given = tmp_path / "other.toml"
    assert showcase.home_of("F-0a1b2c", given) == given
    kept(tmp_path, "F-0a1b2c")
    assert showcase.home_of("F-0a1b2c", None) is None


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showcase, "_NEEDS", ("fastapi", "no_such_module"))
    with pytest.raises(ConfigurationError, match="needs no_such_module") as refused:
        showcase.prepare(fixed=False)
    assert "seamproof[demo]" in refused.value.hint


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(MachineError, match="cannot be written"):
        showcase.prepare(fixed=False)
