"""Documents that mean harm: bombs, nests, circles, sheer size, and thousands of mistakes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from mutations import mutants
from openapi_documents import document

from seamproof.core.document import Document
from seamproof.core.model import Json
from seamproof.discovery.openapi import Unreadable, parsing, read, reader, source

LIMIT = 10.0
"""Seconds of the processor that no document may take."""


def nested(levels: int, key: str) -> Any:
    made: Any = {}
    for _ in range(levels):
        made = {key: made}
    return made


def laughs(levels: int) -> bytes:
    """Each line holds the one before ten times."""
    lines = ["openapi: 3.1.0", "a0: &a0 [x]"]
    for level in range(1, levels):
        held = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} [{held}]")
    return "\n".join([*lines, "paths: {}"]).encode()


def merged_laughs(levels: int) -> bytes:
    lines = ["a0: &a0 {k0: 1}"]
    lines += [f"a{n}: &a{n} {{x: *a{n - 1}, y: *a{n - 1}, k{n}: 1}}" for n in range(1, levels)]
    return "\n".join([*lines, "paths: {}"]).encode()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds a tenth or less of what they are: they hold as well, and are reached sooner."""
    for name, bound in {
        "MAX_BYTES": 2 << 20,
        "MAX_YAML_BYTES": 1 << 20,
        "MAX_NODES": 100_000,
        "MAX_YAML_NODES": 50_000,
    }.items():
        monkeypatch.setattr(parsing, name, bound)
    monkeypatch.setattr(source, "MAX_WORK", 50_000)


TOO_MUCH = [
    (lambda: b" " * (parsing.MAX_BYTES + 1), "MiB"),
    (lambda: b"a: b\n" * (parsing.MAX_YAML_BYTES // 5 + 1), "MiB of YAML"),
    (lambda: b"[" + b"0," * parsing.MAX_NODES + b"0]", "nodes"),
    (lambda: b"- 0\n" * parsing.MAX_YAML_NODES, "nodes"),
    (lambda: b"[" * 200_000, "deeper"),
    (lambda: b'{"a":' * 300 + b"1" + b"}" * 300, "deeper"),
    (lambda: b"- " * 5_000, "deeper"),
    (lambda: b"a: " + b"[" * 5_000, "deeper"),
    (lambda: b"a: " + b"{a: " * 5_000, "deeper"),
    (lambda: laughs(12), "aliases written out"),
    (lambda: merged_laughs(40), "aliases written out"),
    (lambda: alias_chain(300), "deeper"),
]


def alias_chain(length: int) -> bytes:
    """Each item holds the one before."""
    return b"- &a0 []\n" + b"\n".join(b"- &a%d [*a%d]" % (i + 1, i) for i in range(length))


def refused_in_time(data: bytes, reason: str) -> None:
    began = time.process_time()
    with pytest.raises(Unreadable, match=reason):
        read(data)
    assert time.process_time() - began < LIMIT


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("made", "reason"), TOO_MUCH)
def test_what_is_too_much_is_refused(made: Callable[[], bytes], reason: str) -> None:
    refused_in_time(made(), reason)


@pytest.mark.long
@pytest.mark.parametrize(("made", "reason"), TOO_MUCH)
def test_what_is_too_much_is_refused_in_time(made: Callable[[], bytes], reason: str) -> None:
    refused_in_time(made(), reason)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a: &a [*a]\npaths: {}", "line 1: an alias of nothing, or of what holds it"),
        (b"a: &a\n  b: *a\npaths: {}", "line 2: an alias"),
        (b"a: *b", "line 1: an alias of nothing"),
        (b"? [a, b]\n: c", "line 1: a key that is no text"),
        (b"a: 'b", "line 1, column 6: no JSON and no YAML"),
        (b"\x00", "no YAML"),
    ],
)
def test_what_is_no_tree_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(data)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: NO, b: yes, c: on}", {"a": "NO", "b": "yes", "c": "on"}),
        ("{200: a, true: b, null: c}", {"200": "a", "true": "b", "null": "c"}),
        ("{a: 2026-01-31, b: 12:30:45}", {"a": "2026-01-31", "b": "12:30:45"}),
        ("[1, -2, 0o17, 0x1F, 1.5, 1e3, .5, 007]", [1, -2, 15, 31, 1.5, 1000.0, 0.5, 7]),
        ("[~, null, true, False, '1', \"~\"]", [None, None, True, False, "1", "~"]),
        ("[.inf, 1e999, !!str 5]", [".inf", None, "5"]),
        ("- |\n  a\n  b\n- >-\n  c\n  d", ["a\nb\n", "c d"]),
        ("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}",
         {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}),
        ("- &p {a: 1, b: 1}\n- &q {b: 2}\n- {<<: [*p, *q], a: 3}",
         [{"a": 1, "b": 1}, {"b": 2}, {"a": 3, "b": 1}]),
        ("a: 1\n---\nb: 2", {"a": 1}),
        ("%YAML 1.2\n---\na: 1", {"a": 1}),
        ("\ufeffa: é", {"a": "é"}),
        ('{"a": "\\ud83d\\ude00 \\ud83d \\\\ud800", "b": NaN, "c": -1e999}',
         {"a": "\U0001f600 \ufffd \\ud800", "b": None, "c": None}),
        ("", None),
    ],
)  # fmt: skip
def test_values_are_those_of_yaml_1_2_or_json(text: str, value: Json) -> None:
    assert parsing.parse(text.encode()) == value


def test_utf_16_is_read() -> None:
    assert parsing.parse('{"a": "é"}'.encode("utf-16")) == {"a": "é"}


def of_many_operations(number: int) -> Document:
    return document({f"/a{index}": {"get": {}} for index in range(number)})


def test_operations_are_bounded() -> None:
    found = of_many_operations(reader.MAX_OPERATIONS + 10)
    assert len(found.declarations) == reader.MAX_OPERATIONS
    assert found.problems == (f"#/paths: only {reader.MAX_OPERATIONS} operations are read",)


def test_problems_are_bounded() -> None:
    found = document({f"/{index}": 5 for index in range(5_000)} | {"/a": {"get": {}}})
    assert len(found.problems) == source.MAX_PROBLEMS
    assert len(found.declarations) == 1


def test_a_problem_is_short_however_long_what_it_is_about() -> None:
    name = "x" * 100_000
    schema = {"$ref": f"#/{name}", "type": name, "properties": {name: {"type": name}}}
    parameter = {"name": name, "in": name, "schema": schema}
    value = {"operationId": name, "parameters": [parameter], "security": [{name: []}]}
    found = document({f"/{name}": {}, "/a": {"get": value}, "/b": {"get": value}}, openapi=name)
    assert max(map(len, found.problems)) < 500
    assert len(found.version) < 500


def deep(levels: int) -> Document:
    content = {"application/json": {"schema": nested(levels, "not")}}
    return document({"/a": {"post": {"requestBody": {"content": content}}}})


def test_schemas_within_schemas_are_bounded() -> None:
    assert deep(60).problems == ()
    assert "64 schemas within one another" in deep(70).problems[0]


def shared_parameters(part: int) -> bytes:
    """Each of many operations takes all of many parameters."""
    parameters = {
        str(i): {"in": "query", "name": f"q{i}", "schema": {}} for i in range(2_000 // part)
    }
    every = [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
    item = {"parameters": every, "get": {}, "put": {}, "post": {}, "delete": {}}
    paths = {"/p0": item, **{f"/p{i}": {"$ref": "#/paths/~1p0"} for i in range(1, 1_000 // part)}}
    return written({"paths": paths, "components": {"parameters": parameters}})


def shared_schema_by_many_names(part: int) -> bytes:
    """Pointers that lead to the same large schema, each spelled in its own way."""
    large = {"properties": {f"p{i}": {"type": "string"} for i in range(5_000 // part)}}
    spelled = [f"{i:012b}".replace("0", "L").replace("1", "%4C") for i in range(2_000 // part)]
    every = [{"$ref": f"#/components/schemas/{each}"} for each in spelled]
    schemas = {"L" * 12: large, "All": {"anyOf": every}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/All"}}}
    paths = {"/a": {"post": {"requestBody": {"content": content}}}}
    return written({"paths": paths, "components": {"schemas": schemas}})


def long_chains(part: int) -> bytes:
    chain = {str(i): {"$ref": f"#/components/parameters/{i + 1}"} for i in range(30)}
    chain["30"] = {"in": "query", "name": "q"}
    paths = {f"/{i}": {"get": {"parameters": [{"$ref": "#/components/parameters/0"}] * 200}}
             for i in range(1_000 // part)}  # fmt: skip
    return written({"paths": paths, "components": {"parameters": chain}})


def whole_document_as_a_schema(part: int) -> bytes:
    content = {"application/json": {"schema": {"$ref": "#"}}}
    paths = {f"/{i}": {"post": {"requestBody": {"content": content}}} for i in range(2_000 // part)}
    return written({"paths": paths, "properties": {"a": {"$ref": "#/paths"}}})


def aliased_operations(part: int) -> bytes:
    """Operations that are one, many times: what an alias stands for is not copied."""
    fields = ", ".join(f"f{i}: {{type: string}}" for i in range(400))
    one = f"&o {{requestBody: {{content: {{a/b: {{schema: {{properties: {{{fields}}}}}}}}}}}}}"
    lines = [f"  /{i}: {{get: *o, put: *o, post: *o}}" for i in range(100 // part)]
    return "\n".join(["openapi: 3.0.0", f"x-one: {one}", "paths:", *lines]).encode()


def huge_link_names(part: int) -> bytes:
    links = {f"l{i}": {"operationRef": "#/paths/" + "~1a" * 20_000} for i in range(200 // part)}
    return written({"paths": {"/a": {"get": {"responses": {"200": {"links": links}}}}}})


def many_path_parameters(part: int) -> bytes:
    path = "".join(f"/{{{i}}}" for i in range(300))
    return written({"paths": {f"{path}/{i}": {"get": {}} for i in range(2_000 // part)}})


def written(tree: Any) -> bytes:
    return json.dumps({"openapi": "3.1.0", **tree}).encode()


EXPENSIVE = [
    shared_parameters,
    shared_schema_by_many_names,
    long_chains,
    whole_document_as_a_schema,
    aliased_operations,
    huge_link_names,
    many_path_parameters,
]


def read_in_time(data: bytes) -> None:
    began = time.process_time()
    found = read(data)
    assert time.process_time() - began < LIMIT
    assert found.declarations


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("made", EXPENSIVE)
def test_work_is_bounded(made: Callable[[int], bytes]) -> None:
    read_in_time(made(20))


@pytest.mark.long
@pytest.mark.parametrize("made", EXPENSIVE)
def test_work_is_over_in_time(made: Callable[[int], bytes]) -> None:
    read_in_time(made(1))


def test_what_was_read_before_the_work_ran_out_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_WORK", 2_000)
    parameters = [{"in": "query", "name": "q", "schema": {"$ref": "#/x-schemas/0"}}] * 20
    paths = {f"/{i}": {"get": {"parameters": parameters}} for i in range(100)}
    schemas = [{"items": {"$ref": f"#/x-schemas/{i + 1}"}} for i in range(2_000)]
    found = document(paths, **{"x-schemas": schemas})
    read_only = len(found.declarations)
    assert 5 < read_only < 95
    assert found.problems == (
        f"#/paths: it is too much to read: only {read_only} operations are",
        "#: the schemas are too many: some say nothing",
    )
    assert found.definitions["#/x-schemas/0"] == {"items": {"$ref": "#/x-schemas/1"}}


def outcome(data: bytes) -> tuple[Document | None, float]:
    began = time.process_time()
    found: Document | None
    try:
        found = read(data, location="http://127.0.0.1:8000/openapi.json")
    except Unreadable:
        found = None
    return found, time.process_time() - began


def require_sound(found: Document) -> None:
    """What every reader of a document relies on."""
    json.dumps(found.definitions, allow_nan=False).encode()
    for each in found.declarations:
        each.operation.id.encode("ascii")
        assert each.operation.path.startswith("/")
        for schema in (*(p.schema for p in each.parameters), *(b.schema for b in each.bodies)):
            assert isinstance(schema, dict)
            assert isinstance(found.resolve(schema), dict)
        for answer in each.answers:
            assert all(isinstance(schema, dict) for schema in answer.content.values())
    assert all(isinstance(each, dict) for each in found.definitions.values())
    assert "\n" not in "".join(f"{each.operation.id}" for each in found.declarations)


def survives(number: int, seed: int) -> int:
    """How many of so many mutated documents are read; each is, or is refused, in time."""
    readable = 0
    for data in mutants(number, seed):
        found, seconds = outcome(data)
        assert seconds < LIMIT, data[:500]
        if found is not None:
            require_sound(found)
            readable += 1
    return readable


def test_mutated_documents_are_read_or_refused() -> None:
    assert survives(200, seed=1) > 100


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2, 7))
def test_thousands_of_mutated_documents_are_read_or_refused(seed: int) -> None:
    assert survives(1_000, seed) > 500
