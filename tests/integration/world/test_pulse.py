"""What the kernel says of real processes."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from seamproof.world.pulse import take

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux is asked")

WORKING = "while True: pass"
SLEEPING = "import time; print(flush=True); time.sleep(60)"
MANY = (
    "import threading; sleep = threading.Event().wait\n"
    "for _ in range(70): threading.Thread(target=sleep).start()\n"
    "print(flush=True)"
)
PARENT = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', sys.argv[1]]); "
    "child.wait()"
)


@pytest.fixture
def start():
    started = []

    def one(*arguments):
        child = subprocess.Popen([sys.executable, "-c", *arguments], stdout=subprocess.PIPE)
        started.append(child)
        return child

    yield one
    for child in started:
        if child.poll() is None:
            family = take([child.pid])
            for pid in family.ran if family is not None else (child.pid,):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()


def slept(pid):
    """Whether it comes to a sleep, in the time that a busy machine may take for that."""
    before, deadline = take([pid]), time.monotonic() + 5
    while time.monotonic() < deadline:
        time.sleep(0.05)
        now = take([pid])
        if now.slept_since(before):
            return True
        before = now
    return False


def test_one_that_sleeps(start):
    child = start(SLEEPING)
    child.stdout.readline()
    assert slept(child.pid)
    assert not take([child.pid]).served_since(take([child.pid]))


def test_one_that_works(start):
    child = start(WORKING)
    before = take([child.pid])
    while not (now := take([child.pid])).served_since(before):
        pass
    assert not now.asleep
    assert not now.slept_since(before)


def test_one_whose_child_works(start):
    child = start(PARENT, WORKING)
    while len((family := take([child.pid])).ran) < 2:
        pass
    while not (now := take([child.pid])).served_since(family):
        pass
    assert not now.slept_since(family)


def test_one_whose_child_sleeps(start):
    child = start(PARENT, SLEEPING)
    child.stdout.readline()
    assert len(take([child.pid]).ran) == 2
    assert slept(child.pid)


def test_one_of_very_many_threads_says_nothing(start):
    child = start(MANY)
    child.stdout.readline()
    assert take([child.pid]) is None


def test_one_that_is_gone_says_nothing(start):
    child = start("pass")
    child.wait()
    assert take([child.pid]) is None
