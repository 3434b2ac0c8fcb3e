"""What every importer must do with files that are not its own. Run over the registry."""

from __future__ import annotations

import pytest

from seamproof.core.errors import Blame, ConfigurationError
from seamproof.core.model import Json
from seamproof.core.registry import IMPORTER, Part, discover
from seamproof.discovery.importers.sent import Options
from seamproof.discovery.importers.source import Node
from seamproof.discovery.importers.traffic import Importer

IMPORTERS = pytest.mark.parametrize("part", discover(IMPORTER).values(), ids=lambda part: part.name)
STRANGERS: list[Json] = [None, True, 7, "log", [], {}, {"log": []}, {"info": 1, "item": 2}]


@IMPORTERS
@pytest.mark.parametrize("value", STRANGERS, ids=repr)
def test_a_stranger_is_not_recognised(part: Part, value: Json) -> None:
    importer: Importer = part.implementation()
    assert importer.recognises(Node(value, "x.json")) is False


MALFORMED: dict[str, list[Json]] = {
    "har": [
        {"log": {"entries": [1]}},
        {"log": {"entries": [{"request": {"url": []}}]}},
        {"log": {"entries": [{"request": {"url": "http://[", "method": "GET"}}]}},
    ],
    "postman": [
        {"info": {}, "item": 7},
        {"info": {}, "item": [{"item": 1}]},
        {"info": {}, "item": [{"request": []}]},
        {"info": {"schema": "https://schema.getpostman.com/collection/v2.0.0/"}, "item": []},
    ],
}
"""Files of each format, by its name, with a mistake each: a new importer brings its own."""


def test_every_importer_has_malformed_files() -> None:
    assert set(MALFORMED) == set(discover(IMPORTER))


@pytest.mark.parametrize(
    ("name", "value"), [(name, each) for name, values in MALFORMED.items() for each in values]
)
def test_what_is_malformed_is_refused_with_its_place(name: str, value: Json) -> None:
    importer: Importer = discover(IMPORTER)[name].implementation()
    root = Node(value, "x.json")
    assert importer.recognises(root)
    with pytest.raises(ConfigurationError, match=r"^x\.json: \w+") as refused:
        importer.read(root, Options())
    assert refused.value.blame is Blame.CONFIGURATION
    assert refused.value.hint
