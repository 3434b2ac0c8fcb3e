"""What a person has read is read before a run, by those checks that go by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seamproof.config.loading import parse
from seamproof.config.models import Config
from seamproof.core.access import Admission
from seamproof.core.errors import ConfigurationError
from seamproof.core.registry import Need
from seamproof.run.reviewed import Reviewed


def project(root: Path, name: str, text: str) -> Config:
    (root / ".seamproof").mkdir()
    (root / ".seamproof" / name).write_text(text)
    return parse({"service": {"command": "serve {port}"}}, root)


def test_nothing_is_there_yet(tmp_path: Path) -> None:
    config = parse({"service": {"command": "serve {port}"}}, tmp_path)
    assert Reviewed.read(config, list(Need)) == Reviewed()


@pytest.mark.parametrize(
    ("name", "text", "need"),
    [
        ("contract.json", "{", Need.FORMER),
        ("access.toml", 'reviewed = "maybe"', Need.ACCESS),
        ("access.toml", '["GET /orders"]\nmember = "let in"', Need.ACCESS),
    ],
)
def test_a_damaged_file_is_told_where_a_check_goes_by_it(
    tmp_path: Path, name: str, text: str, need: Need
) -> None:
    config = project(tmp_path, name, text)
    with pytest.raises(ConfigurationError, match=name):
        Reviewed.read(config, {need})
    assert Reviewed.read(config, set()) == Reviewed()


def test_what_is_read_is_what_the_file_says(tmp_path: Path) -> None:
    config = project(tmp_path, "access.toml", 'reviewed = false\n["GET /"]\nnobody = "refused"')
    access = Reviewed.read(config, {Need.ACCESS}).access
    assert (access.matrix, access.reviewed) == ({"GET /": {"nobody": Admission("refused")}}, False)
