"""Each case is a command, its output and its exit code, with wildcards.

    cases/NAME.cmd    the arguments of `seamproof`, one line
    cases/NAME.out    what it prints: standard output, then standard error
    cases/NAME.code   how it ends
    cases/NAME/       files of the working folder, where the case needs any

In NAME.out `*` stands for any text within a line, and a line `...` for any number of lines.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).with_name("cases")
NAMES = sorted(path.stem for path in CASES.glob("*.cmd"))


def environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "COLUMNS": "80"}


def pattern(expected: str) -> re.Pattern[str]:
    lines = []
    for line in expected.splitlines(keepends=True):
        if line.strip() == "...":
            lines.append("(?:.*\n)*?")
        else:
            lines.append("[^\n]*".join(re.escape(part) for part in line.split("*")))
    return re.compile("".join(lines))


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    if (CASES / name).is_dir():
        shutil.copytree(CASES / name, folder)
    folder.mkdir(exist_ok=True)
    command = shlex.split((CASES / f"{name}.cmd").read_text(encoding="utf-8"))
    done = subprocess.run(
        [sys.executable, "-m", "seamproof", *command],
        cwd=folder,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    printed = done.stdout + done.stderr
    expected = (CASES / f"{name}.out").read_text(encoding="utf-8")
    assert pattern(expected).fullmatch(printed), f"expected:\n{expected}\nprinted:\n{printed}"
    assert done.returncode == int((CASES / f"{name}.code").read_text())
    assert "Traceback" not in printed


@pytest.mark.parametrize("suffix", ["out", "code"])
def test_every_case_is_whole(suffix: str) -> None:
    assert NAMES
    assert sorted(path.stem for path in CASES.glob(f"*.{suffix}")) == NAMES
