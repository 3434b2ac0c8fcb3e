"""The published JSON Schema takes what the loader takes, so that an editor marks nothing wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs/reference/seamproof.schema.json").read_text(encoding="utf-8"))
WRITTEN = sorted(
    [*ROOT.glob("examples/*/seamproof.toml"), *ROOT.glob("tests/apps/*/seamproof.toml")]
)


def mistakes(data: Any) -> list[str]:
    return [each.message for each in jsonschema.Draft202012Validator(SCHEMA).iter_errors(data)]


@pytest.mark.parametrize("file", WRITTEN, ids=lambda each: each.parent.name)
def test_configurations_that_are_in_use(file: Path) -> None:
    assert not mistakes(tomllib.loads(file.read_text(encoding="utf-8")))


def test_a_list_may_be_one_text_and_a_port_a_number() -> None:
    service = {"command": "serve {port}"}
    port = {"command": "redis-server", "ready_port": 6379}
    assert not mistakes({"service": service, "scenarios": "*.yaml", "processes": {"redis": port}})


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"service": {"command": "serve {port}", "comand": "x"}},
        {"service": {"command": "serve {port}", "replicas": "two"}},
        {
            "service": {"command": "serve {port}"},
            "identities": {"ann": {"api_key": {"name": "k", "value": "v", "in": "body"}}},
        },
    ],
)
def test_what_the_loader_refuses(data: Any) -> None:
    assert mistakes(data)
