import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from seamproof.core.errors import MachineError
from seamproof.world.intents import VARIABLE, Intents, journals, prepare_folder
from seamproof.world.reaper import reap


def reaped(folder):
    return asyncio.run(reap(folder))


def left_behind(folder, *intents, token="t0ken", pid=None, started=1.0):
    """The journal of a run that was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    gone = subprocess.Popen(["true"])
    gone.wait()
    lines = [{"kind": "run", "token": token, "pid": str(pid or gone.pid), "started": str(started)}]
    text = "".join(json.dumps(each) + "\n" for each in [*lines, *intents])
    file = folder / f"{token}.jsonl"
    file.write_text(text)
    return file


@pytest.fixture
def sleeper():
    started = []

    def start(**environment):
        child = subprocess.Popen(
            ["sleep", "600"], env={**os.environ, **environment}, start_new_session=True
        )
        started.append(child)
        return child

    yield start
    for each in started:
        each.kill()
        each.wait()


def born(child):
    return psutil.Process(child.pid).create_time()


@pytest.fixture
def cache(tmp_path):
    return prepare_folder(tmp_path)


def test_the_folder_ignores_itself(tmp_path):
    assert prepare_folder(tmp_path) == tmp_path / ".seamproof" / "cache"
    assert (tmp_path / ".seamproof" / ".gitignore").read_text() == "runs/\ncache/\n"
    (tmp_path / ".seamproof" / ".gitignore").write_text("mine")
    prepare_folder(tmp_path)
    assert (tmp_path / ".seamproof" / ".gitignore").read_text() == "mine"


def test_an_intent_is_on_disk_and_goes_with_a_clean_end(cache):
    intents = Intents(cache / "intents")
    intents("directory", {"path": "/x"})
    (journal,) = journals(cache / "intents")
    assert journal.alive
    assert journal.pid == os.getpid()
    assert [each.details for each in journal.intents] == [{"path": "/x"}]
    assert journal.file.stat().st_mode & 0o777 == 0o600
    assert intents.child() != intents.child()
    intents.close(clean=True)
    assert journals(cache / "intents") == ()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_journal_that_cannot_be_written_lets_nothing_be_created(cache, monkeypatch):
    intents = Intents(cache / "intents")
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(intents, "_descriptor", full)
    with pytest.raises(MachineError, match="No space left"):
        intents("directory", {"path": "/x"})
    intents.close(clean=True)


def test_a_run_that_holds_its_lock_lives_whatever_its_pid_says(cache):
    import fcntl

    (cache / "run").mkdir()
    file = left_behind(cache / "intents", {"kind": "directory", "path": str(cache / "run")})
    with file.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert reaped(cache / "intents") == ()
    assert reaped(cache / "intents")
    assert not (cache / "run").exists()


def test_drafts_of_dead_runs_go_and_those_of_live_ones_stay(cache):
    gone = subprocess.Popen(["true"])
    gone.wait()
    folder = cache / "intents"
    folder.mkdir()
    mine = psutil.Process().create_time()
    live, dead, foreign = (
        folder / name
        for name in (f"a-{os.getpid()}-{mine!r}.new", f"b-{gone.pid}-1.0.new", "notes.new")
    )
    for each in (live, dead, foreign):
        each.touch()
    reaped(folder)
    assert [live.exists(), dead.exists(), foreign.exists()] == [True, False, True]


def test_a_file_is_replaced_at_once_and_its_draft_is_reaped(cache, tmp_path):
    intents = Intents(cache / "intents")
    intents.replace(tmp_path / "profile.toml", "new")
    assert (tmp_path / "profile.toml").read_text() == "new"
    (journal,) = journals(cache / "intents")
    draft = Path(journal.intents[0].details["path"])
    assert not draft.exists()
    token = "0123456789abcdef"
    own, foreign = tmp_path / ".x.0123456789ab.new", tmp_path / ".x.ba9876543210.new"
    for each in (own, foreign):
        each.touch()
    files = [{"kind": "file", "path": str(each)} for each in (own, foreign, tmp_path / "x")]
    left_behind(cache / "intents", *files, token=token)
    reaped(cache / "intents")
    assert not own.exists()
    assert foreign.exists()
    intents.close(clean=True)


def test_a_link_to_a_file_that_is_replaced_stays_one(cache, tmp_path):
    (tmp_path / "shared.toml").write_text("old")
    (tmp_path / "profile.toml").symlink_to("shared.toml")
    Intents(cache / "intents").replace(tmp_path / "profile.toml", "new")
    assert (tmp_path / "profile.toml").is_symlink()
    assert (tmp_path / "shared.toml").read_text() == "new"


def test_a_directory_below_a_link_is_not_followed(cache, tmp_path):
    foreign = tmp_path / "seamproof" / "foreign" / "deep"
    foreign.mkdir(parents=True)
    (cache / "link").symlink_to(foreign.parent)
    left_behind(
        cache / "intents",
        {"kind": "directory", "path": str(cache / "link" / "deep")},
        {"kind": "directory", "path": str(foreign)},
        {"kind": "server", "path": str(foreign)},
    )
    reaped(cache / "intents")
    assert foreign.is_dir()


def test_what_could_not_be_cleaned_stays_for_the_next_run(cache):
    intents = Intents(cache / "intents")
    intents.close(clean=False)
    assert len(journals(cache / "intents")) == 1


def test_a_running_run_is_left_alone(cache, sleeper):
    child = sleeper(**{VARIABLE: "t0ken.1"})
    (cache / "mine").mkdir()
    left_behind(
        cache / "intents",
        {"kind": "process", "pid": child.pid, "started": born(child)},
        {"kind": "directory", "path": str(cache / "mine")},
        pid=os.getpid(),
        started=psutil.Process().create_time(),
    )
    assert reaped(cache / "intents") == ()
    assert child.poll() is None
    assert (cache / "mine").is_dir()


def test_a_dead_run_is_reaped_by_start_time_and_by_token(cache, sleeper):
    named, marked = sleeper(), sleeper(**{VARIABLE: "t0ken.7"})
    (cache / "run" / "deep").mkdir(parents=True)
    file = left_behind(
        cache / "intents",
        {"kind": "process", "pid": named.pid, "started": born(named)},
        {"kind": "directory", "path": str(cache / "run")},
    )
    with file.open("a") as journal:
        journal.write('{"kind": "proc')  # torn by the kill
    done = reaped(cache / "intents")
    assert named.wait(5) is not None
    assert marked.wait(5) is not None
    assert not (cache / "run").exists()
    assert not file.exists()
    assert len(done) == 3


def test_nothing_else_is_reaped(cache, sleeper, tmp_path):
    reused, other, foreign = sleeper(), sleeper(**{VARIABLE: "t0ken2.1"}), tmp_path / "foreign"
    foreign.mkdir()
    (cache / "link").symlink_to(foreign)
    left_behind(
        cache / "intents",
        {"kind": "process", "pid": reused.pid, "started": born(reused) - 60},
        {"kind": "process", "pid": "1", "started": "nonsense"},
        {"kind": "directory", "path": str(foreign)},
        {"kind": "directory", "path": str(cache / "link")},
        {"kind": "directory", "path": str(cache / ".." / ".." / "foreign")},
        {"kind": "directory", "path": "."},
    )
    reaped(cache / "intents")
    assert reused.poll() is None
    assert other.poll() is None
    assert foreign.is_dir()


KILLED = """
import os, subprocess, sys, time
from pathlib import Path
from seamproof.core.errors import MachineError
from seamproof.world.intents import Intents
from seamproof.world.processes import Launch, Process
cache = Path(sys.argv[1])
intents = Intents(cache / "intents")
intents("directory", {"path": str(cache / "run")})
(cache / "run").mkdir()
child = [sys.executable, "-c", "import subprocess, time; "
         "p = subprocess.Popen(['sleep', '600'], start_new_session=True); "
         "print('grandchild', p.pid, flush=True); time.sleep(600)"]
path = {"PATH": os.environ["PATH"]}
launch = Launch("x", "k", tuple(child), cache, path, cache / "run" / "log")
process = Process.start(launch, intents)
while not process.log_tail():
    time.sleep(0.01)
print(process.pid, process.log_tail()[0].split()[1], flush=True)
time.sleep(600)
"""


def test_a_killed_run_is_reaped_by_the_next(cache):
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(cache)], stdout=subprocess.PIPE, text=True
    )
    pids = [int(word) for word in run.stdout.readline().split()]
    assert len(pids) == 2
    assert reaped(cache / "intents") == ()
    run.kill()
    run.wait()
    run.stdout.close()
    assert all(running(pid) for pid in pids)
    done = reaped(cache / "intents")
    assert len(done) == 3, done
    assert not any(running(pid) for pid in pids)
    assert not (cache / "run").exists()
    assert list(Path(cache / "intents").glob("*.jsonl")) == []


def running(pid):
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_only_one_reaps_at_a_time(cache, sleeper):
    import fcntl

    left_behind(cache / "intents", {"kind": "directory", "path": str(cache / "run")})
    (cache / "run").mkdir()
    lock = os.open(cache / "intents", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert reaped(cache / "intents") == ()
    assert (cache / "run").is_dir()
    os.close(lock)
    started = time.monotonic()
    assert reaped(cache / "intents")
    assert time.monotonic() - started < 5
