"""node-postgres and Knex: one long-lived process of Node that makes their requests."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from boundary_harness import background
from driver_requests import Driver, Raised, Target

_FOLDER = Path(__file__).parent / "node"
_ids = count(1)


def install(cache: Path) -> Path:
    """Install the locked packages once, and return where. Skips the test where Node is absent."""
    for needed in ("node", "npm"):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed")
    lock = (_FOLDER / "package-lock.json").read_bytes()
    modules = cache / hashlib.sha256(lock).hexdigest()[:16]
    if not modules.exists():
        made = Path(tempfile.mkdtemp(dir=cache))
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(_FOLDER / name, made)
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts"], cwd=made, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            shutil.rmtree(made)
            pytest.skip(f"npm ci failed: {done.stderr.strip().splitlines()[-1:]}")
        try:
            made.rename(modules)
        except OSError:
            # Another worker was faster.
            shutil.rmtree(made)
    return modules


class NodeError(Exception):
    """An error of JavaScript."""

    def __init__(self, name: str, code: str | None, message: str) -> None:
        super().__init__(f"{name} {code}: {message}")
        self.name, self.code = name, code


class Node:
    """The process."""

    def __init__(self, modules: Path) -> None:
        self._process = subprocess.Popen(
            ["node", _FOLDER / "drivers.mjs", modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"]},
        )

    def ask(self, **question: Any) -> None:
        """Make a request and wait for it, at most 15 seconds. Raises NodeError."""
        answer = json.loads(background(self._ask, json.dumps(question)).result(15))
        if "message" in answer:
            raise NodeError(answer["name"], answer.get("code"), answer["message"])

    def _ask(self, line: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()


class NodeDriver(Driver):
    lost = ("Error",)
    refused = ("DatabaseError",)

    def __init__(self, target: Target, node: Node, name: str) -> None:
        super().__init__(target)
        address = target.address
        self._node = node
        self._question = {
            "id": next(_ids),
            "driver": name,
            "target": {
                "host": address.host,
                "port": address.port,
                "user": address.user,
                "password": address.password,
                "database": address.name,
                "authority": str(target.authority) if target.authority else None,
            },
        }

    def request(self, name: str, note: str) -> None:
        self._node.ask(**self._question, request=name, note=note)

    def close(self) -> None:
        self.request("close", "")

    @staticmethod
    def raised(error: Any) -> Raised:
        return Raised(error.name, error.code)

    @staticmethod
    def error(sqlstate: str) -> str:
        return "DatabaseError"


class NodePostgres(NodeDriver):
    """`pool.query` destroys the connection of every error."""

    requests = (*Driver.requests, "prepared")
    gives_up = ("autocommit-write", "prepared-write", "implicit-write", "implicit-last-write")


NODE: dict[str, type[NodeDriver]] = {"node-postgres": NodePostgres, "knex": NodeDriver}
