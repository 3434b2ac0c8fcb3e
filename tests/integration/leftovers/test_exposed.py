"""What others on the machine can see of a run: nothing but on loopback, and no file."""

from __future__ import annotations

import ipaddress
import signal
from pathlib import Path

import psutil
from surroundings import READY, Surroundings, await_text

from seamproof.world.intents import journals


def test_a_running_world_is_seen_by_its_owner_alone(around: Surroundings, tmp_path: Path) -> None:
    output = tmp_path / "printed.txt"
    with around.unchanged():
        process = around.start(output=output)
        await_text(process, output, READY)
        root = psutil.Process(process.pid)
        everybody = [root, *root.children(recursive=True)]
        listening = [
            each.laddr.ip
            for one in everybody
            for each in one.net_connections("inet")
            if each.status == psutil.CONN_LISTEN
        ]
        cache = around.project.root / ".seamproof" / "cache"
        (folder,) = cache.glob("run-*")
        files = [folder, *folder.rglob("*"), cache / "intents", *(cache / "intents").iterdir()]
        modes = {path: path.stat().st_mode & 0o777 for path in files}
        (journal,) = journals(cache / "intents")
        servers = list((around.cache / "seamproof" / "postgres" / "runs").glob("*"))
        named = around.ask(_MINE) if around.url else []
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 2
    assert len(listening) >= 2
    assert all(ipaddress.ip_address(each).is_loopback for each in listening), listening
    assert not {path: oct(mode) for path, mode in modes.items() if mode & 0o077}
    intended = {value for each in journal.intents for value in each.details.values()}
    assert {str(folder), *map(str, servers), *named} <= intended


_MINE = (
    "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') IS NOT NULL"
    " AND datname ~ '^seamproof_[0-9a-f]{12}_1$' UNION"
    " SELECT rolname FROM pg_roles WHERE starts_with(shobj_description(oid, 'pg_authid'),"
    " 'seamproof: run')"
)
