"""Who makes an account, and with which credentials."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seamproof.config import IdentityConfig
from seamproof.core.history import Response
from seamproof.run.experiment import lane
from seamproof.run.experiment.lane import Door
from seamproof.run.openapi import OpenApi
from seamproof.run.redaction import Redactor
from seamproof.run.signin import sign_in

ADMIN = IdentityConfig.model_validate({"bearer": "admin-token"})


def requests(monkeypatch: pytest.MonkeyPatch, **identities: IdentityConfig) -> list[str]:
    """Sign all of them in, and return what was sent."""
    sent: list[str] = []

    async def send(host: str, port: int, request: bytes, **how: object) -> lane.Answer:
        sent.append(request.decode())
        return lane.Answer(0.0, 1.0, Response(201, (("Set-Cookie", "sid=1"),)))

    monkeypatch.setattr(lane, "send", send)
    door = Door("127.0.0.1", 1, "127.0.0.1:1")
    asyncio.run(
        sign_in(identities, door, Redactor(), OpenApi(None, Path(), door, lambda event: None))
    )
    return sent


def test_an_administrator_makes_the_account_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    erin = IdentityConfig.model_validate(
        {
            "login": {"operation": "POST /login", "body": {"password": "x"}},
            "register": {"as": "admin", "operation": "POST /users", "body": {"name": "erin"}},
        }
    )
    made, login = requests(monkeypatch, admin=ADMIN, erin=erin)
    assert made.startswith("POST /users")
    assert "Authorization: Bearer admin-token" in made
    assert login.startswith("POST /login")
    assert "admin-token" not in login


def test_who_registers_alone_is_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    erin = IdentityConfig.model_validate(
        {"bearer": "erin-token", "register": {"operation": "POST /users"}}
    )
    (made,) = requests(monkeypatch, admin=ADMIN, erin=erin)
    assert "Authorization" not in made
