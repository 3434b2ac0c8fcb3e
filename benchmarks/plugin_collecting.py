"""What the pytest plugin adds to `pytest --collect-only` in a project that does not use it.

Two environments are compared: pytest alone, and pytest with seamproof beside it as its wheel
installs it, whose list of files pytest reads. Each sample is a child of one process that has
imported pytest and no plugin of others: it differs in nothing but what is installed, and does not
carry the time of starting Python, which varies by more than is to be measured.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path

import seamproof

NEEDED = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
SAMPLES = """
import gc, importlib, json, os, sys, time

beside, pairs = sys.argv[1], int(sys.argv[2])
import pytest
from _pytest.config import default_plugins
for name in default_plugins:
    importlib.import_module(f"_pytest.{name}")
sys.stdout.flush()


def sample(installed):
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        with open(reading) as file:
            text = file.read()
        os.waitpid(child, 0)
        return float(text)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    if installed:
        sys.path.append(beside)
    gc.collect()
    began = time.process_time()
    code = pytest.main(["--collect-only", "-q"])
    spent = time.process_time() - began
    assert code == 0, code
    assert ("seamproof.pytest_plugin" in sys.modules) is installed
    os.write(writing, repr(spent).encode())
    os._exit(0)


sample(True), sample(False)
found = []
for number in range(pairs):
    first = bool(number % 2)
    spent = {each: sample(each) for each in (first, not first)}
    found.append(1000 * (spent[True] - spent[False]))
print(json.dumps(found))
"""

IMPORTING = """
import sys, time
import pytest

best = 1.0
for _ in range(200):
    for name in [each for each in sys.modules if each.startswith("seamproof")]:
        del sys.modules[name]
    began = time.thread_time()
    import seamproof.pytest_plugin
    import seamproof.pytest_plugin.activation
    best = min(best, time.thread_time() - began)
print(best)
"""


def collecting(folder: Path, pairs: int) -> dict[str, object]:
    """Milliseconds of CPU that the plugin adds: the median of the differences of pairs of samples,
    and its standard error by their quartiles."""
    project = folder / "plain"
    project.mkdir()
    (project / "test_it.py").write_text("def test_it():\n    pass\n")
    (project / "pytest.ini").write_text("[pytest]\n")
    alone, beside = _alone(folder / "alone"), _wheel(folder / "beside")
    environment = {**os.environ, "PYTHONPATH": str(alone)}
    # Without -S the environment that the benchmark runs in would be there as well.
    command = [sys.executable, "-S", "-c", SAMPLES, str(beside), str(pairs)]
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    differences = json.loads(done.stdout.splitlines()[-1])
    low, added, high = statistics.quantiles(differences, n=4)
    # Of a median, with the deviation that a normal distribution has by its quartiles.
    spread = 1.253 * (high - low) / 1.349 / math.sqrt(pairs)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING], capture_output=True, text=True, check=True
    )
    importing = 1000 * float(done.stdout)
    print(f"collecting: {added:.2f} ms more, give or take {spread:.2f}; import {importing:.2f} ms")
    return {
        "collect_ms": round(added, 2),
        "collect_spread_ms": round(spread, 2),
        "import_ms": round(importing, 2),
    }


def _alone(folder: Path) -> Path:
    """Pytest and what it needs."""
    folder.mkdir()
    for name in NEEDED:
        found = importlib.metadata.distribution(name)
        tops = {each.parts[0] for each in found.files or () if ".." not in each.parts}
        for top in tops - {"__pycache__"}:
            (folder / top).symlink_to(found.locate_file(top))  # type: ignore[arg-type]
    return folder


def _wheel(folder: Path) -> Path:
    """Seamproof, with the records of an installed wheel."""
    package = Path(seamproof.__file__).parent
    own = importlib.metadata.distribution("seamproof")
    records = folder / f"seamproof-{own.version}.dist-info"
    records.mkdir(parents=True)
    (folder / "seamproof").symlink_to(package)
    for name in ("METADATA", "entry_points.txt"):
        (records / name).write_text(own.read_text(name) or "")
    files = [each.relative_to(package.parent) for each in package.rglob("*.*") if each.is_file()]
    kept = [each for each in files if "__pycache__" not in each.parts]
    lines = [f"{each},sha256={'0' * 43},{(package.parent / each).stat().st_size}" for each in kept]
    (records / "RECORD").write_text("\n".join([*lines, f"{records.name}/RECORD,,"]) + "\n")
    return folder
