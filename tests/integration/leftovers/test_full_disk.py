"""A disk that is full says so, by an exit code and a line, and is never a finding."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from surroundings import READY, Surroundings, await_text

from seamproof.world.intents import prepare_folder

Mount = Callable[[Path, str], None]
_FULL = Path("/dev/full")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a small file system of its own on a folder, where that may be done."""
    mounted: list[Path] = []

    def mount(folder: Path, size: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
        if (
            sys.platform != "linux"
            or os.geteuid()
            or subprocess.run(command, check=False).returncode
        ):
            pytest.skip("only root may mount a small file system")
        mounted.append(folder)

    yield mount
    for each in mounted:
        subprocess.run(["umount", "--lazy", str(each)], check=True)


def fill(folder: Path) -> Path:
    """Write until nothing more fits. Returns the file."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(b"\0" * 4096)
            except OSError:
                return ballast


@pytest.fixture
def apart(around: Surroundings, tmp_path: Path) -> Surroundings:
    """The same surroundings with another project."""
    shutil.copytree(around.project.root, tmp_path / "project", ignore=shutil.ignore_patterns(".*"))
    apart = Surroundings(
        type(around.project).__new__(type(around.project)),
        around.temporary,
        around.cache,
        around.url,
    )
    apart.project.root = tmp_path / "project"
    return apart


def _seamproof_folder(project: Path) -> Path:
    """A project's folder of ours, with what stays in it."""
    folder = project / ".seamproof"
    folder.mkdir()
    return folder


@pytest.mark.long
def test_full_from_the_start(apart: Surroundings, small: Mount, tmp_path: Path) -> None:
    folder = _seamproof_folder(apart.project.root)
    small(folder, "64k")
    fill(folder)
    code, printed, report = _run(apart, tmp_path)
    assert code == 4, printed
    assert "error (machine): " in printed
    assert "No space left on device" in printed
    assert report["findings"] == []
    assert sorted(each.name for each in folder.rglob("*") if each.is_file()) == [
        ".gitignore",
        "ballast",
    ]


@pytest.mark.long
def test_full_in_the_middle(apart: Surroundings, small: Mount, tmp_path: Path) -> None:
    folder = _seamproof_folder(apart.project.root)
    small(folder, "4m")
    prepare_folder(apart.project.root)
    (folder / "cache" / "intents").mkdir(mode=0o700)
    with apart.unchanged():
        code, printed, report = _run(apart, tmp_path, fills=folder)
    assert code == 4, printed
    assert "error (machine): the disk of" in printed
    assert report["summary"]["proven"] == 0
    assert list((folder / "cache").glob("run-*")) == []
    assert list((folder / "cache").glob("intents/*")) == []


@pytest.mark.long
@pytest.mark.parametrize("size", ["1m", "20m"])
def test_no_place_for_the_database(
    apart: Surroundings, small: Mount, tmp_path: Path, size: str
) -> None:
    if apart.url:
        pytest.skip("a given server has its own disk")
    place = apart.cache.parent / f"small-{size}"
    place.mkdir(mode=0o755)
    small(place, size)
    apart.cache = place
    code, printed, report = _run(apart, tmp_path)
    assert code == 4, printed
    assert "error (machine): " in printed
    assert report["findings"] == []
    assert not list(place.glob("seamproof/postgres/runs/*"))
    assert not list(place.glob("seamproof/postgres/builds/*/making"))


@pytest.mark.long
def test_the_database_fills_its_disk(apart: Surroundings, small: Mount, tmp_path: Path) -> None:
    if apart.url:
        pytest.skip("a given server has its own disk")
    place = apart.cache.parent / "filled"
    place.mkdir(mode=0o755)
    small(place, "400m")
    apart.cache = place
    code, printed, report = _run(apart, tmp_path, fills=place)
    # What it needs may be there already: then the run ends well.
    assert code in (0, 4), printed
    assert report["summary"]["proven"] == report["summary"]["suspected"] == 0
    assert not list(place.glob("seamproof/postgres/runs/*"))


@pytest.mark.skipif(not _FULL.exists(), reason="needs /dev/full")
def test_no_place_for_the_report(around: Surroundings, tmp_path: Path) -> None:
    output = tmp_path / "printed.txt"
    with around.unchanged():
        process = around.start("run", "--report", f"json={_FULL}", output=output)
        assert process.wait(60) == 4, output.read_text()
    assert "error (machine): the report /dev/full could not be written" in output.read_text()
    assert _FULL.is_char_device()


@pytest.mark.long
@pytest.mark.skipif(not _FULL.exists(), reason="needs /dev/full")
def test_no_place_for_what_is_printed(around: Surroundings, tmp_path: Path) -> None:
    with around.unchanged(), _FULL.open("w") as full, (tmp_path / "errors").open("w") as errors:
        process = subprocess.run(
            [sys.executable, "-m", "seamproof", "run"],
            cwd=around.project.root,
            env={**os.environ, **around.variables()},
            stdout=full,
            stderr=errors,
            timeout=60,
            check=False,
        )
    printed = (tmp_path / "errors").read_text()
    assert process.returncode == 4, printed
    assert "Traceback" not in printed
    assert "error (machine): " in printed


def _run(
    around: Surroundings, tmp_path: Path, fills: Path | None = None
) -> tuple[int, str, dict[str, object]]:
    output, report = tmp_path / "printed.txt", tmp_path / "report.json"
    process = around.start("run", "--report", f"json={report}", output=output)
    ballast = None
    if fills is not None:
        await_text(process, output, READY)
        ballast = fill(fills)
    code = process.wait(60)
    if ballast is not None:
        ballast.unlink()
    printed = output.read_text()
    assert "Traceback" not in printed
    return code, printed, json.loads(report.read_text())
