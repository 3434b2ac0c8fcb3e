"""The search on a service as its configuration has it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seamproof.config import load
from seamproof.core.document import Document
from seamproof.core.history import History
from seamproof.core.model import Scenario
from seamproof.discovery.openapi import read
from seamproof.plan.synthesis import Synthesised, synthesise
from seamproof.run.drive import drive
from seamproof.run.experiment import lane
from seamproof.run.premises import Premises, open_premises
from seamproof.run.redaction import Redactor


@dataclass(frozen=True)
class Searched:
    """What the search found, and what it cost."""

    document: Document
    result: Synthesised
    histories: list[History]


async def search(file: Path) -> Searched:
    config = load(file)
    premises = open_premises(
        config, logs="logs", seed=0, redactor=Redactor(), emit=lambda event: None
    )
    histories: list[History] = []
    async with premises as opened:
        opened.conductor.on_history = histories.append
        document = read(await document_of(opened, str(config.service.openapi)))
        exploration = synthesise(
            document,
            await opened.world.database.catalog(),
            opened.conductor.stored,
            config.principals,
        )
        return Searched(document, await drive(exploration, opened.conductor.conduct), histories)


async def document_of(premises: Premises, path: str) -> bytes:
    replica = premises.world.replicas[0]
    request = f"GET {path} HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n"
    answer = await lane.send(replica.host, replica.port, request.encode(), timeout=20.0)
    assert answer.response is not None
    return answer.response.body


def scenarios(searched: Searched) -> dict[str, Scenario]:
    return {each.operation.id: each for each in searched.result.scenarios}
