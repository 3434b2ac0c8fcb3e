"""Worlds of the service in `tiny`: opened, refused, asked."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from seamproof.world import open_world
from seamproof.world.probe import Answered, get

TINY = Path(__file__).parent / "tiny" / "service.py"
CREATE = "CREATE TABLE counted (n int);\n"


def run(config, body, **options):
    """Open a world and run `body(world)` in it. Returns its result and what was notified."""
    events = []

    async def whole():
        async with open_world(config, notify=events.append, **options) as world:
            return await body(world)

    return asyncio.run(whole()), events


def refused(config, error, **options):
    async def body(world):
        raise AssertionError("the world came up")

    with pytest.raises(error) as caught:
        run(config, body, **options)
    return caught.value


async def ask(replica, path="/", method="GET"):
    if method == "GET":
        answer = await get("127.0.0.1", replica.port, path, limit=10)
        assert isinstance(answer, Answered), answer
        return answer.body
    reader, writer = await asyncio.open_connection("127.0.0.1", replica.port)
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.decode().rpartition("\r\n")[2]


def runs_tiny(process):
    """Whether a process is a tiny service of ours."""
    with suppress(psutil.Error):
        ours = str(TINY) in process.cmdline() and process.ppid() == os.getpid()
        return ours and process.status() != psutil.STATUS_ZOMBIE
    return False
