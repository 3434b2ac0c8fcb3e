"""What a document promised: kept, followed while it promises more, left where it breaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seamproof.core.document import Answer, Declaration, Document
from seamproof.core.errors import MachineError
from seamproof.core.events import Event, Notice
from seamproof.core.model import Operation
from seamproof.discovery import snapshot
from seamproof.run.contract import FILE, promised

LIST = Declaration(
    Operation.parse("GET /orders"),
    answers=(Answer("200", {"application/json": {"type": "array"}}),),
)
PLACE = Declaration(Operation.parse("POST /orders"), security=(frozenset({"b", "a"}),))
DOCUMENT = Document((LIST,), version="3.1.0")


def kept(document: Document, path: Path) -> Document | None:
    told: list[Event] = []
    found = promised(document, snapshot.read(path), path, told.append)
    assert told == []
    return found


def test_the_first_run_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / FILE
    assert kept(DOCUMENT, path) is None
    assert kept(DOCUMENT, path) == DOCUMENT


def test_what_is_new_is_promised_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / FILE
    kept(DOCUMENT, path)
    more = replace(DOCUMENT, declarations=(LIST, PLACE))
    assert kept(more, path) == DOCUMENT
    assert snapshot.read(path) == more


def test_what_is_broken_stays_as_it_was_until_a_person_deletes_it(tmp_path: Path) -> None:
    path = tmp_path / FILE
    kept(DOCUMENT, path)
    other = replace(DOCUMENT, declarations=(PLACE,))
    assert kept(other, path) == DOCUMENT
    assert snapshot.read(path) == DOCUMENT
    path.unlink()
    assert kept(other, path) is None
    assert snapshot.read(path) == other


def test_a_file_that_cannot_be_written_is_a_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(document: Document, path: Path) -> None:
        raise MachineError("no space left", hint="make some")

    monkeypatch.setattr(snapshot, "store", full)
    told: list[Event] = []
    assert promised(DOCUMENT, None, tmp_path / FILE, told.append) is None
    assert [type(each) for each in told] == [Notice]
