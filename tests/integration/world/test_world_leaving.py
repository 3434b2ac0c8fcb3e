"""Whatever way a world is left, nothing of it stays."""

import asyncio
import subprocess
import sys
from contextlib import suppress

import psutil
import pytest
from tiny_worlds import TINY, ask, run

from seamproof.core.events import Notice
from seamproof.world import open_world


def test_a_cancellation_leaves_nothing(project):
    async def whole():
        reached = asyncio.Event()

        async def inside():
            async with open_world(project(), notify=lambda event: None):
                reached.set()
                await asyncio.sleep(600)

        task = asyncio.create_task(inside())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(whole())


def test_an_error_inside_leaves_nothing(project):
    async def body(world):
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        run(project(), body)


def test_two_runs_at_once_leave_each_other_alone(project):
    config = project()

    async def whole():
        notices = []
        async with open_world(config, notify=lambda event: None) as first:
            async with open_world(config, notify=notices.append) as second:
                assert first.database.address.name != second.database.address.name
                assert await ask(first.replicas[0], "/", "POST") == "counted"
                assert await ask(second.replicas[0]) == "0"
            assert await ask(first.replicas[0]) == "1"
            assert await first.ensure_alive() == ()
        assert not [each for each in notices if isinstance(each, Notice)]

    asyncio.run(whole())


KILLED = """
import asyncio, sys
from pathlib import Path
from seamproof.config import load
from seamproof.world import open_world
async def main():
    async with open_world(load(Path(sys.argv[1])), notify=lambda event: None) as world:
        pids = [each.process.pid for each in world.replicas]
        print(*pids, world.database.address.port, flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.mark.long
def test_what_a_killed_run_leaves_is_reaped_by_the_next(project):
    config = project()
    (config.root / "seamproof.toml").write_text(
        f"[service]\ncommand = '{{python}} {TINY} {{port}}'\n"
        "env = { TINY_URL = '{database.url}' }\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(config.root)], stdout=subprocess.PIPE, text=True
    )
    *pids, _ = (int(word) for word in child.stdout.readline().split())
    child.kill()
    child.wait()
    child.stdout.close()
    assert len(pids) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)

    async def body(world):
        return [pid for pid in pids if _alive(pid)]

    left, events = run(config, body)
    assert left == []
    told = [each.text for each in events if isinstance(each, Notice)]
    assert sum("ended" in text for text in told) >= 2, told
    assert any("removed" in text for text in told)


def _alive(pid):
    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
