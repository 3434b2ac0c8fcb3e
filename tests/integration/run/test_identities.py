"""Every way to sign in, at a real service; credentials that end in the middle; peers."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from seamproof.config.loading import parse
from seamproof.core.errors import ServiceError
from seamproof.core.events import Event
from seamproof.core.experiment import Act, Experiment, Phase, Settings
from seamproof.core.history import History
from seamproof.core.model import Operation, Step
from seamproof.run.identities.recruiting import recruit
from seamproof.run.premises import Premises, open_premises
from seamproof.run.redaction import Redactor

GATE = Path(__file__).parent / "gate"
ANN = {"email": "ann@gate.example", "password": "open sesame"}
BEARER = {"login": {"operation": "POST /login", "body": ANN, "token": "$.token"}}
TOLD = {"login": {"operation": "POST /login/told", "body": ANN, "token": "$.token"}}
WAYS: dict[str, dict[str, Any]] = {
    "login": BEARER,
    "session": {"login": {"operation": "POST /accounts/login/", "form": ANN}},
    "client": {
        "oauth2": {
            "token": "POST /oauth/token",
            "client_id": "app",
            "client_secret": "of the client",
        }
    },
    "header": {"api_key": {"name": "X-Key", "value": "key-of-ann"}},
    "query": {"api_key": {"name": "key", "value": "key-of-ann", "in": "query"}},
    "cookie": {"api_key": {"name": "key", "value": "key-of-ann", "in": "cookie"}},
    "command": {"command": "{python} print_token.py"},
}


@asynccontextmanager
async def premises(
    folder: Path, identities: dict[str, Any], seconds: float = 600
) -> AsyncIterator[Premises]:
    shutil.copytree(GATE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    env = {"DATABASE_URL": "{database.url}", "GATE_SECONDS": str(seconds)}
    service = {
        "command": "{python} service.py {port}",
        "ready": "/health",
        "replicas": 1,
        "env": env,
    }
    config = parse({"service": service, "identities": identities}, folder)

    def ignore(event: Event) -> None:
        pass

    async with open_premises(
        config, logs="logs", seed=0, redactor=Redactor(), emit=ignore
    ) as found:
        yield found


def asked(step: Step, wait: float = 0.0) -> Experiment:
    return Experiment((Phase((Act(step),)),), settings=Settings(wait=wait))


def note(name: str) -> Step:
    return Step(Operation("POST", "/notes"), name, json={"text": "hello"})


def status(history: History) -> int | None:
    return history.section.exchange.status


def test_each_way_is_let_in(tmp_path: Path) -> None:
    async def everybody() -> dict[str, int | None]:
        async with premises(tmp_path / "gate", WAYS) as found:
            conduct = found.conductor.conduct
            answers = {name: status(await conduct(asked(note(name)))) for name in WAYS}
            await found.conductor.prove_reset()
            return answers

    assert asyncio.run(everybody()) == dict.fromkeys(WAYS, 201)


def test_what_a_command_prints_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    def holding(token: str) -> list[Path]:
        files = [each for each in tmp_path.rglob("*") if each.is_file()]
        return [each for each in files if token.encode() in each.read_bytes()]

    async def printed() -> tuple[str, list[Path]]:
        only = {"command": WAYS["command"]}
        async with premises(tmp_path / "gate", only) as found:
            ((_, value),) = found.identities["command"].headers
            token = value.removeprefix("Bearer ")
            return token, await asyncio.to_thread(holding, token)

    token, files = asyncio.run(printed())
    assert len(token) == 24
    assert not files


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("{python} -c 'raise SystemExit(3)'", "failed with exit code 3"),
        ("{python} -c 'print(1, 2)'", "no token"),
        ("no-such-program", "there is no program 'no-such-program'"),
    ],
)
def test_a_command_that_prints_no_token(tmp_path: Path, command: str, problem: str) -> None:
    async def run() -> None:
        async with premises(tmp_path / "gate", {"ann": {"command": command}}):
            pass

    with pytest.raises(ServiceError, match=problem):
        asyncio.run(run())


@pytest.mark.long
@pytest.mark.parametrize("way", [TOLD, BEARER], ids=["told", "not told"])
def test_credentials_that_live_for_two_seconds_last_for_a_long_run(
    tmp_path: Path, way: dict[str, Any]
) -> None:
    async def run() -> tuple[list[int | None], int]:
        async with premises(tmp_path / "gate", {"ann": way}, seconds=2) as found:
            conduct = found.conductor.conduct
            read = Step(Operation("GET", "/notes"), "ann")
            arranged = Experiment(asked(read).phases, (note("ann"),))
            answers = [
                status(await conduct(each))
                for _ in range(5)
                for each in (asked(note("ann")), arranged, asked(read, wait=1.2))
            ]
            sessions = len(found.conductor.stored["sessions"])
            await found.conductor.prove_reset()
            return answers, sessions

    answers, sessions = asyncio.run(run())
    assert answers == [201, 200, 200] * 5
    assert sessions > 2


def test_a_peer_is_registered_and_let_in_beside_an_identity_that_is_alone(tmp_path: Path) -> None:
    body = {"email": "{unique}@gate.example", "nick": "n", "password": "l0ng enough"}
    register = Step(Operation("POST", "/users"), json=body)

    async def run() -> tuple[str, list[Any]]:
        async with premises(tmp_path / "gate", {"ann": BEARER}) as found:
            conductor = found.conductor
            baselines = [await conductor.conduct(asked(each)) for each in (note("ann"), register)]
            catalog = await found.world.database.catalog()
            reason = await recruit(found.identities, conductor, baselines, catalog)
            made = [await conductor.conduct(asked(note(name))) for name in found.identities]
            again = await conductor.conduct(asked(register))
            await conductor.prove_reset()
            changes = [row.new for each in (*made, again) for row in each.section.changes.rows]
            return reason, changes

    reason, (of_ann, of_peer, of_another) = asyncio.run(run())
    assert reason == ""
    assert of_ann["author"] == "ann@gate.example"
    assert of_peer["author"].endswith("@gate.example")
    assert len({of_ann["author"], of_peer["author"], of_another["email"]}) == 3
