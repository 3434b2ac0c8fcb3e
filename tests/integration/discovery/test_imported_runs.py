"""What an import writes is what a run exercises: from a recording of the shop to verdicts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seamproof.demo import CONFIGURATION, FIXED_SWITCH

LOGIN = {"username": "alice", "password": "alice-secret"}
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
ORDER = {"items": [{"product": 1, "quantity": 2}], "address": "for {name}, 1 Main St"}
ADDRESS = {"address": "2 Main St"}
OPERATIONS = ["POST /orders", "PUT /orders/{order}/address", "POST /orders/{order}/cancel"]


def entry(
    method: str, path: str, sends: Any = None, status: int = 200, answers: Any = None
) -> dict[str, Any]:
    headers = [] if path == "/login" else [{"name": "Authorization", "value": f"Bearer {TOKEN}"}]
    request: dict[str, Any] = {
        "method": method,
        "url": f"https://shop.test{path}",
        "headers": headers,
    }
    if sends is not None:
        request["postData"] = {"mimeType": "application/json", "text": json.dumps(sends)}
    content = {"mimeType": "application/json", "text": json.dumps(answers)}
    return {"request": request, "response": {"status": status, "content": content}}


HAR = {
    "log": {
        "entries": [
            entry("POST", "/login", LOGIN, answers={"access_token": TOKEN}),
            entry("POST", "/orders", ORDER, 201, {"id": 4711}),
            entry("GET", "/orders/4711", answers={"id": 4711}),
            entry("PUT", "/orders/4711/address", ADDRESS, answers={"id": 4711}),
            entry("POST", "/orders/4711/cancel", answers={"id": 4711}),
        ]
    }
}


def item(method: str, path: str, sends: Any = None, *script: str) -> dict[str, Any]:
    request: dict[str, Any] = {"method": method, "url": f"{{{{base}}}}{path}"}
    if path == "/login":
        request["auth"] = {"type": "noauth"}
    if sends is not None:
        options = {"raw": {"language": "json"}}
        request["body"] = {"mode": "raw", "raw": json.dumps(sends), "options": options}
    event = {"listen": "test", "script": {"exec": list(script)}}
    return {"name": f"{method} {path}", "request": request, "event": [event] if script else []}


POSTMAN = {
    "info": {
        "name": "Shop",
        "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    },
    "variable": [{"key": "base", "value": "https://shop.test"}],
    "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}"}]},
    "item": [
        item(
            *("POST", "/login", LOGIN),
            'pm.collectionVariables.set("token", pm.response.json().access_token);',
        ),
        item(
            *("POST", "/orders", ORDER),
            "pm.response.to.have.status(201);",
            'pm.environment.set("order", pm.response.json().id);',
        ),
        item("PUT", "/orders/{{order}}/address", ADDRESS),
        item("POST", "/orders/{{order}}/cancel"),
    ],
}


def seamproof(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {FIXED_SWITCH: "1", "USER1_PASSWORD": LOGIN["password"]}
    return subprocess.run(
        [sys.executable, "-m", "seamproof", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def shop(folder: Path) -> None:
    """The bundled service without its scenarios and identities."""
    source = CONFIGURATION.parent
    folder.mkdir()
    for name in ("alembic.ini", "migrations"):
        whole = source / name
        copy = shutil.copytree if whole.is_dir() else shutil.copyfile
        copy(whole, folder / name)
    text = CONFIGURATION.read_text().partition("[identities")[0]
    text = text.replace("scenarios/orders.yaml", ".seamproof/scenarios/*.yaml")
    (folder / "seamproof.toml").write_text(text)


@pytest.mark.long
@pytest.mark.parametrize(("name", "recording"), [("shop.har", HAR), ("shop.json", POSTMAN)])
def test_what_is_imported_runs(tmp_path: Path, name: str, recording: dict[str, Any]) -> None:
    folder = tmp_path / "shop"
    shop(folder)
    (folder / name).write_text(json.dumps(recording))
    imported = seamproof(folder, "import", name)
    assert imported.returncode == 0, imported.stderr
    said, _, tables = imported.stdout.partition("add to seamproof.toml")
    assert "[identities.user1]" in tables
    with (folder / "seamproof.toml").open("a") as file:
        file.write(tables.partition("\n")[2])
    ran = seamproof(folder, "run", "--check", "trace", "--report", "json=report.json")
    assert ran.returncode == 0, said + ran.stdout + ran.stderr
    report = json.loads((folder / "report.json").read_text())
    found = {each["id"]: each for each in report["operations"]}
    assert sorted(found) == sorted(OPERATIONS)
    for each in found.values():
        assert each["baseline"], each
        assert each["checks"]["trace"] == "held", each
