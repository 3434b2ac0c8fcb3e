"""The plugin does nothing where nobody asks for it, and says what is wrong where somebody does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from suites import run_tests, shop

LOADED = """
import sys
def test_nothing_is_loaded():
    ours = {name for name in sys.modules if name.startswith("seamproof")}
    assert ours == {"seamproof", "seamproof.pytest_plugin", "seamproof.pytest_plugin.activation"}
"""


def test_without_a_section_nothing_is_loaded(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_it=LOADED + "\ndef test_seam(seam):\n    pass\n")
    text = (folder / "seamproof.toml").read_text()
    (folder / "seamproof.toml").write_text(text.partition("[testing]")[0])
    done = run_tests(folder, "-p", "no:randomly")
    assert done.of("test_nothing_is_loaded") == "PASSED", done.text
    assert done.of("test_seam") == "ERROR"
    assert "there is no seamproof.toml with a section [testing]" in done.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("fixtures", "fixtues"), "did you mean testing.fixtures?"),
        pytest.param(('"/health"', '"health"'), "starts with /", marks=pytest.mark.long),
        pytest.param(
            ("service.py {port}", "missing.py {port}"), "missing.py", marks=pytest.mark.long
        ),
    ],
)
def test_a_mistake_is_told_without_a_traceback(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    folder = shop(tmp_path / "shop", test_it="def test_it(api):\n    pass\n")
    text = (folder / "seamproof.toml").read_text()
    (folder / "seamproof.toml").write_text(text.replace(*change))
    done = run_tests(folder)
    assert done.code != 0
    assert said in done.text
    assert "Traceback" not in done.text.replace("| Traceback", "")


TWENTY = """
import pytest

@pytest.mark.parametrize("n", range(20))
def test_it(api, n):
    pass
"""


def test_a_service_that_does_not_start_is_tried_once(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_it=TWENTY)
    text = (folder / "seamproof.toml").read_text()
    (folder / "seamproof.toml").write_text(text.replace("service.py {port}", "missing.py {port}"))
    done = run_tests(folder, "-p", "no:randomly")
    assert done.text.count("ERROR test_it.py") == 20, done.text
    # The log of a start is shown by the first alone.
    assert done.text.count("can't open file") == 1, done.text
    assert done.text.count("see test_it.py::test_it[0], the first test that needed it") == 19


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_it="def test_it(api):\n    pass\n")
    (folder / "httpx2.py").write_text("raise ModuleNotFoundError(name='httpx2')\n")
    done = run_tests(folder, PYTHONPATH=str(folder))
    assert done.code == 4, done.text
    assert "pip install 'seamproof[testing]'" in done.text


def test_beside_pytest_django_there_is_one_db(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_it="def test_it(db):\n    pass\n")
    (folder / "starting.py").write_text(
        "def pytest_addoption(pluginmanager):\n    pluginmanager.register(object(), 'django')\n"
    )
    done = run_tests(folder, "-p", "starting", PYTHONPATH=str(folder))
    assert done.code == 4, done.text
    assert "use seam.db" in done.text


@pytest.mark.long
def test_the_file_may_be_named_in_the_ini(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop", test_it="def test_it(api):\n    api.get('/health').expect()\n")
    (folder / "seamproof.toml").rename(folder / "other.toml")
    (folder / "pytest.ini").write_text("[pytest]\nseamproof = other.toml\n")
    assert run_tests(folder).code == 0


@pytest.mark.parametrize(
    "place", [pytest.param("while the world is opened", marks=pytest.mark.long), "in a test"]
)
def test_an_interrupt_leaves_nothing_running(tmp_path: Path, place: str) -> None:
    waits = "import time\ndef test_it(api):\n    print('BEGUN', flush=True)\n    time.sleep(60)\n"
    folder = shop(tmp_path / "shop", test_it=waits)
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Whoever runs these tests in the background may have it ignored, which is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        assert run.stdout is not None
        sign = "BEGUN" if place == "in a test" else "collected"
        for line in run.stdout:
            if sign in line:
                break
        run.send_signal(signal.SIGINT)
        text = run.communicate(timeout=60)[0]
    finally:
        run.kill()
    assert run.returncode == 2, text
    assert not list(folder.glob(".seamproof/cache/run-*"))
    assert not list(folder.glob(".seamproof/cache/intents/*.jsonl"))
    left = [each for each in psutil.process_iter(["cwd"]) if each.info["cwd"] == str(folder)]
    assert not left
