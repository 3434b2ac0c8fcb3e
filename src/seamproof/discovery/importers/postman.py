"""Postman collections, format 2.1 (https://schema.postman.com/collection/json/v2.1.0/)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote

from seamproof.core.errors import ConfigurationError
from seamproof.core.model import SAFE_METHODS, Json, Operation, Step
from seamproof.core.registry import importer
from seamproof.core.secrecy import sensitive
from seamproof.discovery.importers import scripts
from seamproof.discovery.importers.addresses import address, authority, based, below
from seamproof.discovery.importers.authorization import Authorizations
from seamproof.discovery.importers.bodies import Body, attached, gathered
from seamproof.discovery.importers.links import thing
from seamproof.discovery.importers.postman_bodies import body
from seamproof.discovery.importers.recorded import encoded
from seamproof.discovery.importers.scripts import Script
from seamproof.discovery.importers.secrecy import Secrets
from seamproof.discovery.importers.sent import Changes, Given, Options, Sent, last_named
from seamproof.discovery.importers.source import Node
from seamproof.discovery.importers.traffic import Traffic
from seamproof.discovery.importers.variables import (
    Missing,
    TooMuch,
    Variables,
    reference,
    settled,
)

MAX_REQUESTS = 5_000
_LEADING = re.compile(r"\s*(\{\{[^{}]+\}\})")
_SENDS_ITSELF = frozenset({"content-type", "content-length", "host", "accept", "user-agent"})


class _Request(NamedTuple):
    """A request where it stands in the collection."""

    node: Node
    """The item."""
    place: str
    """Its name with those of its folders."""
    auth: Node
    """Its own authorization, or that of the nearest folder that has one."""

    @property
    def sent(self) -> Node:
        """What is sent."""
        return self.node.get("request")


class _Unusable(Exception):
    """The request cannot be a step; the text says why."""


@importer("postman", title="Postman collections 2.1, with an environment beside them")
class Postman:
    """Reads requests in their order; what test scripts take from responses becomes references."""

    def recognises(self, root: Node) -> bool:
        """Whether the file has a list of items and says what schema it is of."""
        value = root.value
        return isinstance(value, dict) and isinstance(value.get("info"), dict) and "item" in value

    def read(self, root: Node, options: Options) -> Traffic:
        """The requests of the service. Raises ConfigurationError for a malformed file."""
        schema = root.get("info").text("schema")
        if schema and "/v2.1" not in schema:
            root.get("info").get("schema").refuse(
                f"{schema} is not the format 2.1", "export the collection as v2.1"
            )
        try:
            return _Collection(root, options).traffic()
        except TooMuch as error:
            raise ConfigurationError(
                f"{root.file}: {error}", hint="correct the variables"
            ) from None


class _Collection:
    def __init__(self, root: Node, options: Options) -> None:
        self._root = root
        self._secrets = Secrets()
        self._variables = Variables(options.environment, self._secrets)
        self._left: Counter[str] = Counter()
        self._notes: dict[str, None] = {}
        self._untranslated: list[str] = []
        self._given: dict[str, Given] = {}
        self._changes = Changes()
        self._auth = Authorizations(self._variables, self._secrets, self._note)
        self._base = based(options.base) if options.base is not None else self._most_frequent()

    def traffic(self) -> Traffic:
        """All of it."""
        walk = enumerate(self._walk(self._root, "", Node(None, ""), self._open))
        sent = [found for index, request in walk if (found := self._one(index, request))]
        if self._secrets.replaced:
            self._note(f"{self._secrets.replaced} secrets in requests have made-up values")
        return Traffic(
            self._base.geturl() or "an address that no variable gives",
            tuple(sent),
            self._given,
            self._auth.principals,
            dict(self._left),
            tuple(self._notes),
            tuple(self._untranslated),
        )

    def _note(self, text: str) -> None:
        self._notes[self._secrets.text(text)] = None

    def _walk(
        self, folder: Node, place: str, auth: Node, opened: Callable[[Node, str], None]
    ) -> Iterator[_Request]:
        """The requests in their order, each while the variables are those of its folder."""
        self._variables.enter(folder.get("variable"))
        opened(folder, place or "the collection")
        auth = auth if folder.get("auth").value is None else folder.get("auth")
        for item in folder.get("item").items():
            name = item.text("name") or "unnamed"
            inner = f"{place} / {name}" if place else name
            if item.get("item").value is not None:
                yield from self._walk(item, inner, auth, opened)
                continue
            if isinstance(item.get("request").value, str):
                request = {"url": item.value["request"]}
                item = Node({**item.value, "request": request}, item.file, item.path)
            own = item.get("request").get("auth")
            yield _Request(item, inner, auth if own.value is None else own)
        self._variables.leave()

    def _most_frequent(self) -> SplitResult:
        """The origin of most requests; that of variables with no value counts as one."""
        origins: Counter[tuple[str, str]] = Counter()
        for request in self._walk(self._root, "", Node(None, ""), lambda *_: None):
            if origins.total() == MAX_REQUESTS:
                self._root.refuse(f"more than {MAX_REQUESTS} requests", "export a folder of it")
            try:
                url = self._url(request)
            except (_Unusable, Missing):
                continue
            origins[(url.scheme.lower(), authority(url))] += 1
        scheme, host = origins.most_common(1)[0][0] if origins else ("", "")
        return SplitResult(scheme, host, "", "", "")

    def _open(self, folder: Node, place: str) -> None:
        """Scripts of a folder run at each of its requests: only constants are taken of them."""
        for script in self._scripts(folder, place):
            self._assign(script)
            for name, source in script.extracts.items():
                self._untranslated.append(
                    f"{place}, test script: {name} from {source}, of every request below"
                )
            if script.expect:
                self._untranslated.append(
                    f"{place}, test script: status {script.expect}, of every request below"
                )

    def _scripts(self, node: Node, place: str) -> list[Script]:
        """The scripts of a request or folder; lines with no counterpart are kept for the report."""
        found = []
        for event in node.get("event").items():
            of_response = event.text("listen") == "test"
            lines = event.get("script").get("exec")
            if isinstance(lines.value, list):
                source = "\n".join(str(each.value) for each in lines.items())
            else:
                source = event.get("script").text("exec")
            script = scripts.translated(source, of_response=of_response)
            kind = "test" if of_response else "pre-request"
            self._untranslated += [
                f"{place}, {kind} script, line {number}: {self._secrets.shown(line)}"
                for number, line in script.untranslated
            ]
            found.append(script)
        return found

    def _assign(self, script: Script) -> None:
        """Set what a script sets to constants."""
        for name, value in script.values.items():
            if sensitive(name) and "{{" not in value:
                self._secrets.learn(value)
            self._variables.assign(name, value)

    def _one(self, index: int, request: _Request) -> Sent | None:
        found = self._scripts(request.node, request.place)
        for script in found:
            if not script.of_response:
                self._assign(script)
        extracts = {name: source for each in found for name, source in each.extracts.items()}
        expect = tuple(status for each in found for status in each.expect)
        try:
            sent = self._sent(index, request, extracts, expect)
            for script in found:
                if script.of_response:
                    self._assign(script)
        except (_Unusable, Missing) as error:
            self._left["requests that cannot be expressed"] += 1
            self._note(f"{request.place} is left out: {error}")
            for name in extracts:
                self._variables.lose(name, f"{request.place}, which is left out")
            return None
        if sent is None:
            for name in extracts:
                self._variables.lose(name, f"{request.place}, which is no step")
        return sent

    def _sent(
        self, index: int, request: _Request, extracts: dict[str, str], expect: tuple[int, ...]
    ) -> Sent | None:
        if request.sent.value is None:
            raise _Unusable("it has no request")
        method = (request.sent.text("method") or "GET").upper()
        if not (method.isascii() and method.isalpha()):
            raise _Unusable(f"{method!r} is no method")
        if expect and not any(200 <= status < 400 for status in expect):
            self._left["requests that are to be refused"] += 1
            return None
        segments = below(self._url(request), self._base)
        if segments is None:
            self._left["other origins"] += 1
            return None
        content = body(request.sent, self._variables)
        if content.problem:
            raise _Unusable(content.problem)
        template, parameters = self._path(request, segments)
        operation = Operation(method, template)
        if self._auth.signs_in(request.place, operation, content, extracts):
            self._left["logins, which are configured"] += 1
            return None
        step = self._step(request, operation, parameters, content, expect)
        self._give(index, extracts)
        thing = last_named(parameters)
        things = [thing] if thing else []
        acts = method not in SAFE_METHODS and not _is_query(content, segments)
        after = self._changes.before(operation, things) if acts else frozenset()
        if acts:
            self._changes.note(index, operation, things)
        return Sent(index, request.place, step, acts, after, request.place)

    def _give(self, index: int, extracts: dict[str, str]) -> None:
        for name, source in extracts.items():
            key = f"g{len(self._given)}"
            readable = re.sub(r"[^\w-]+", "_", name)
            readable = readable if re.match(r"[A-Za-z_]", readable) else f"value_{readable}"
            self._given[key] = Given(index, source, readable)
            self._variables.assign(name, reference(key))

    def _step(
        self,
        request: _Request,
        operation: Operation,
        parameters: dict[str, Json],
        content: Body,
        expect: tuple[int, ...],
    ) -> Step:
        identity, headers = self._auth.of(request.auth, self._headers(request), request.place)
        if content.content_type and "content-type" in headers:
            content = replace(content, content_type=headers["content-type"])
        kept = {
            name: self._secrets.text(value)
            for name, value in headers.items()
            if name.lower() not in _SENDS_ITSELF and not sensitive(name)
        }
        query = {name: value for name, value in self._query(request).items() if not sensitive(name)}
        step = Step(
            operation,
            identity,
            path_parameters=self._secrets.cleaned(parameters),
            query=self._secrets.cleaned(query),
            headers=kept,
            expect=tuple(status for status in expect if 200 <= status < 400),
        )
        return attached(step, content, self._secrets)

    def _headers(self, request: _Request) -> dict[str, str]:
        """Headers as they are written; a missing variable is an error only where it is sent."""
        return {
            each.text("key"): each.text("value")
            for each in request.sent.get("header").items()
            if each.members().get("disabled") is not True and each.text("key")
        }

    def _url(self, request: _Request) -> SplitResult:
        """The address, of which a leading variable with no value is the service's."""
        url = request.sent.get("url")
        raw = url.value if isinstance(url.value, str) else url.text("raw")
        if not raw and isinstance(url.value, dict):
            raw = _joined(url)
        path = raw.partition("?")[0].partition("#")[0].strip()
        leading = _LEADING.match(path)
        if leading is not None:
            try:
                self._variables.filled(leading[1])
            except Missing:
                rest = self._variables.filled(path[leading.end() :])
                return SplitResult("", "", rest if rest.startswith("/") else f"/{rest}", "", "")
        text = self._variables.filled(path)
        found = address(text if "://" in text else f"http://{text}")
        if found is None or not found.netloc:
            raise _Unusable(f"{path!r} is no address")
        return found

    def _path(self, request: _Request, segments: tuple[str, ...]) -> tuple[str, dict[str, Json]]:
        """The template of a path, and its parameters: `:id`, and what a script gave."""
        url = request.sent.get("url")
        own = {
            each.text("key"): each.text("value")
            for each in (url.get("variable").items() if isinstance(url.value, dict) else ())
        }
        parts: list[str] = []
        parameters: dict[str, Json] = {}
        for at, segment in enumerate(segments):
            name, value = "", segment
            if segment.startswith(":") and len(segment) > 1:
                name = segment[1:]
                if not own.get(name):
                    raise _Unusable(f"the path variable :{name} has no value")
                value = self._variables.filled(own[name])
            value = settled(value)
            if not name and value == segment and not segment.isdigit():
                parts.append(encoded(segment))
                continue
            free = _parameter(name, segments, at, parameters)
            parts.append(f"{{{free}}}")
            parameters[free] = value
        return "/" + "/".join(parts), parameters

    def _query(self, request: _Request) -> dict[str, Json]:
        url = request.sent.get("url")
        if isinstance(url.value, str):
            pairs = parse_qsl(url.value.partition("?")[2], keep_blank_values=True)
        else:
            pairs = [
                (each.text("key"), unquote(each.text("value")))
                for each in url.get("query").items()
                if each.members().get("disabled") is not True
            ]
        return gathered(
            (settled(self._variables.filled(name)), settled(self._variables.filled(value)))
            for name, value in pairs
            if not sensitive(name)
        )


def _joined(url: Node) -> str:
    """The address from its parts, where the whole is not there."""
    host, path = url.get("host").value, url.get("path").value
    name = ".".join(map(str, host)) if isinstance(host, list) else url.text("host")
    rest = "/".join(map(str, path)) if isinstance(path, list) else url.text("path")
    scheme = f"{url.text('protocol')}://" if url.text("protocol") else ""
    port = f":{url.text('port')}" if url.text("port") else ""
    return f"{scheme}{name}{port}/{rest.removeprefix('/')}"


def _parameter(name: str, segments: tuple[str, ...], at: int, taken: dict[str, Json]) -> str:
    """What a parameter is called: as the collection calls it, or by what it is a key in."""
    wanted = re.sub(r"\W+", "_", name) or (thing(segments[at - 1]) if at else "")
    if not re.match(r"[A-Za-z_]\w*$", wanted):
        wanted = "id"
    number, free = 1, wanted
    while free in taken:
        number += 1
        free = f"{wanted}_{number}"
    return free


def _is_query(content: Body, segments: tuple[str, ...]) -> bool:
    """Whether a request is a query of GraphQL, which changes nothing."""
    query = content.fields().get("query")
    return (
        isinstance(query, str)
        and segments[-1:] == ("graphql",)
        and not query.lstrip().startswith("mutation")
    )
