"""Whose a change is that the journal shows."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seamproof.core.errors import DatabaseError
from seamproof.core.experiment import BoundaryKind
from seamproof.core.history import Changes, Request, Response, RowChange
from seamproof.run import recorder as module
from seamproof.run.recorder import Recorder
from seamproof.run.redaction import Redactor

POST = Request("POST", "/orders?token=hidden", (), b'{"password": "wonderland-7"}')
OK = Response(200)


class Journal:
    """A world whose rows change when a test says so."""

    kind = BoundaryKind.HTTP_OUT

    def __init__(self) -> None:
        self.database = self
        self.boundaries = (self,)
        self.rows: list[RowChange] = []
        self.calls = 0
        self.failure: Exception | None = None

    def write(self, table: str) -> None:
        self.rows.append(RowChange(table, None, {}))

    async def take_changes(self) -> Changes:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        rows, self.rows = self.rows, []
        return Changes(tuple(rows))

    def explained(self, error: Exception) -> Exception | None:
        return DatabaseError("gone") if isinstance(error, OSError) else None

    def crossings(self) -> tuple[Any, ...]:
        return (SimpleNamespace(),) * self.calls

    def begin(self, epoch: float) -> None:
        self.calls = 0

    async def wait_quiet(self, silence: float, limit: float) -> bool:
        return True


def recorded(journal: Journal) -> tuple[Recorder, list[str]]:
    said: list[str] = []
    recorder = Recorder(said.append)
    recorder.watch(cast("Any", journal))
    return recorder, said


def test_what_is_written_until_the_answer_is_of_the_request() -> None:
    async def main() -> None:
        journal = Journal()
        recorder, said = recorded(journal)
        first = await recorder.on_request(POST)
        journal.write("orders")
        await recorder.on_answer(first, OK)
        await recorder.on_answer(await recorder.on_request(POST), OK)
        assert [each.changed for each in recorder.passed] == [True, False]
        assert said == ["  200  POST /orders  1 row of orders", "  200  POST /orders"]

    asyncio.run(main())


def test_what_is_written_behind_an_answer_is_of_the_latest_request() -> None:
    async def main() -> None:
        journal = Journal()
        recorder, _ = recorded(journal)
        await recorder.on_answer(await recorder.on_request(POST), OK)
        journal.write("orders")
        await recorder.on_answer(await recorder.on_request(POST), OK)
        journal.write("orders")
        await recorder.finish()
        assert [each.changed for each in recorder.passed] == [True, True]

    asyncio.run(main())


def test_what_is_written_while_several_are_under_way_may_be_of_each() -> None:
    async def main() -> None:
        journal = Journal()
        recorder, _ = recorded(journal)
        first, second = await recorder.on_request(POST), await recorder.on_request(POST)
        journal.write("orders")
        await recorder.on_answer(second, OK)
        await recorder.on_answer(first, None)
        assert [(each.changed, each.response) for each in recorder.passed] == [
            (True, None),
            (True, OK),
        ]

    asyncio.run(main())


def test_a_call_to_another_service_is_an_effect_once() -> None:
    async def main() -> None:
        journal = Journal()
        recorder, _ = recorded(journal)
        first, second = await recorder.on_request(POST), await recorder.on_request(POST)
        journal.calls = 1
        await recorder.on_answer(first, OK)
        third = await recorder.on_request(POST)
        await recorder.on_answer(second, OK)
        await recorder.on_answer(third, OK)
        assert [each.changed for each in recorder.passed] == [True, True, False]

    asyncio.run(main())


def test_what_different_reads_write_is_no_effect() -> None:
    async def main() -> None:
        journal = Journal()
        recorder, _ = recorded(journal)
        asked = ["/orders/1", "/orders/2", "/me"]
        requests = [*(Request("GET", each) for each in asked), POST, POST]
        for number, request in enumerate(requests):
            place = await recorder.on_request(request)
            journal.write("presence")
            if number == 3:
                journal.write("orders")
            await recorder.on_answer(place, OK)
        assert [each.changed for each in recorder.passed] == [False, False, False, True, False]

    asyncio.run(main())


def test_what_is_written_beside_reads_is_no_book_of_theirs() -> None:
    async def main() -> None:
        journal = Journal()
        recorder, _ = recorded(journal)
        first = await recorder.on_request(POST)
        for path in ("/orders", "/me"):
            place = await recorder.on_request(Request("GET", path))
            journal.write("orders")
            await recorder.on_answer(place, OK)
        await recorder.on_answer(first, OK)
        assert recorder.passed[0].changed

    asyncio.run(main())


def test_one_kind_of_reads_that_writes_has_an_effect() -> None:
    async def main() -> None:
        journal = Journal()
        recorder, _ = recorded(journal)
        for path in ("/products/1", "/products/2", "/me"):
            place = await recorder.on_request(Request("GET", path))
            if path != "/me":
                journal.write("views")
            await recorder.on_answer(place, OK)
        assert [each.changed for each in recorder.passed] == [True, True, False]

    asyncio.run(main())


def test_a_database_that_goes_away_is_told_where_the_recording_is_driven() -> None:
    async def main() -> None:
        journal = Journal()
        recorder, _ = recorded(journal)
        journal.failure = OSError()
        await recorder.on_answer(await recorder.on_request(POST), OK)
        assert isinstance(recorder.failure, DatabaseError)

    asyncio.run(main())


def test_a_recording_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REQUESTS", 2)

    async def main() -> None:
        recorder, said = recorded(Journal())
        for _ in range(4):
            await recorder.on_answer(await recorder.on_request(POST), OK)
        assert [each.response for each in recorder.passed] == [OK, OK]
        assert sum("passed on only" in each for each in said) == 1

    asyncio.run(main())


def test_what_signs_in_is_no_part_of_logs() -> None:
    async def main() -> None:
        recorder, _ = recorded(Journal())
        await recorder.on_request(POST)
        await recorder.on_request(
            Request(
                "GET", "/", (("Authorization", "Bearer s3cr3t-t0k3n"), ("Cookie", "sid=abcdefg"))
            )
        )
        redactor = Redactor()
        recorder.tell_secrets(redactor)
        text = redactor.text("wonderland-7 s3cr3t-t0k3n abcdefg")
        assert not {"wonderland-7", "s3cr3t-t0k3n", "abcdefg"} & set(text.split())

    asyncio.run(main())
