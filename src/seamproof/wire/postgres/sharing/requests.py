"""What is sent of a client's message, and which answers are awaited for it.

Rules:
- Prepared statements are the session's, so each is known to the server by a name that tells whose
  it is. What a client leaves unnamed has a name there too, and is closed before it is anew.
- A prepared statement that controls transactions is parsed, bound and described as it is, which has
  no effect. In the place of its Execute comes a Query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from seamproof.wire.postgres.messages import message, query
from seamproof.wire.postgres.scripts import split
from seamproof.wire.postgres.sharing.client import Client
from seamproof.wire.postgres.sharing.control import Instead, State, controls, instead_of
from seamproof.wire.postgres.sharing.replies import Awaited, Kind


class Request(NamedTuple):
    """What is sent, and what is awaited for it."""

    sent: bytes
    awaited: tuple[Awaited, ...] = ()


def translated(client: Client, code: int, data: bytes, state: State) -> Request:
    """A message of a client whose turn it is."""
    match chr(code):
        case "Q":
            return _query(client, data, state)
        case "P":
            return _parse(client, data, state)
        case "B":
            return _bind(client, data)
        case "D":
            return Request(_renamed(client, data), (Awaited(Kind.DESCRIBE, batched=True),))
        case "C":
            if data[5:6] == b"S":
                client.prepared.pop(data[6:-1], None)
            return Request(_renamed(client, data), (Awaited(Kind.CLOSE, batched=True),))
        case "E":
            return _execute(client, data, state)
        case "S":
            return Request(data, (Awaited(Kind.READY, synced=True),))
        case "F":
            return Request(data, (Awaited(Kind.READY),))
        case _:
            return Request(data)


def _query(client: Client, data: bytes, state: State) -> Request:
    sql = data[5:-1]
    parts = [sql[each.start : each.end] for each in split(sql)]
    if len(parts) > 1:
        # Several at once are one transaction without BEGIN: savepoints may be in it.
        state = replace(state, open=True)
    sent = [(each, instead_of(each, state, client.renamed, client.prepared)) for each in parts]
    awaited = (*_answers(client, sent), Awaited(Kind.READY))
    if all(instead is None for _, instead in sent):
        return Request(data, awaited)
    texts = [part if instead is None else instead.sql for part, instead in sent]
    return Request(query(b"; ".join(texts)), awaited)


def _answers(client: Client, sent: Iterable[tuple[bytes, Instead | None]]) -> Iterator[Awaited]:
    for sql, instead in sent:
        if instead is None:
            yield Awaited(Kind.STATEMENT, sql=sql)
            continue
        for name in instead.forgets:
            client.prepared.pop(name, None)
        for tag in instead.tags:
            yield Awaited(
                Kind.STATEMENT,
                hidden=tag is None,
                tag=tag or "",
                effect=instead.effect,
                chains=instead.chains,
            )


def _parse(client: Client, data: bytes, state: State) -> Request:
    name, rest = _named(data, 5)
    sql, types = _named(rest, 0)
    renamed = client.renamed(name)
    awaited = [Awaited(Kind.PARSE, batched=True)]
    first = b""
    if not name:
        awaited.insert(0, Awaited(Kind.CLOSE, hidden=True, batched=True))
        first = message(b"C", b"S" + renamed + b"\0")
    client.prepared[name] = sql
    if not controls(sql):
        instead = instead_of(sql, state, client.renamed, client.prepared)
        sql = sql if instead is None else instead.sql
    sent = message(b"P", renamed + b"\0" + sql + b"\0" + types)
    return Request(first + sent, tuple(awaited))


def _bind(client: Client, data: bytes) -> Request:
    portal, rest = _named(data, 5)
    name, rest = _named(rest, 0)
    client.portals[portal] = (client.prepared.get(name, b""), data)
    sent = message(b"B", portal + b"\0" + client.renamed(name) + b"\0" + rest)
    return Request(sent, (Awaited(Kind.BIND, batched=True),))


def _execute(client: Client, data: bytes, state: State) -> Request:
    portal, _ = _named(data, 5)
    sql, bound = client.portals.get(portal, (b"", b""))
    instead = None
    if controls(sql):
        instead = instead_of(sql, state, client.renamed, client.prepared)
    if instead is None:
        return Request(data, (Awaited(Kind.STATEMENT, sql=sql, bound=bound, batched=True),))
    awaited = (*_answers(client, [(sql, instead)]), Awaited(Kind.READY, hidden=True))
    return Request(query(instead.sql), awaited)


def _renamed(client: Client, data: bytes) -> bytes:
    if data[5:6] != b"S":
        return data
    return message(data[:1], b"S" + client.renamed(data[6:-1]) + b"\0")


def _named(data: bytes, start: int) -> tuple[bytes, bytes]:
    """A name, and what comes behind it. What does not end is the server's to refuse."""
    name, _, rest = data[start:].partition(b"\0")
    return name, rest
