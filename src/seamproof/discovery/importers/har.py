"""HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as browsers and proxies save it."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl

from seamproof.core.errors import ConfigurationError
from seamproof.core.model import Json
from seamproof.core.registry import importer
from seamproof.discovery.importers import bodies
from seamproof.discovery.importers.addresses import address, authority, based, below
from seamproof.discovery.importers.bodies import Body
from seamproof.discovery.importers.recorded import Recorded, beside, cookies_set
from seamproof.discovery.importers.replaying import replayed
from seamproof.discovery.importers.sent import Options
from seamproof.discovery.importers.source import Node, value_of
from seamproof.discovery.importers.traffic import Traffic

MAX_ENTRIES = 20_000
_WEBSOCKETS = frozenset({"ws", "wss"})


class _Entry(NamedTuple):
    node: Node
    place: str
    method: str
    url: SplitResult
    status: int
    media: str

    @property
    def origin(self) -> tuple[str, str]:
        """Scheme and authority."""
        return self.url.scheme.lower(), authority(self.url)


@importer("har", title="HAR 1.2, as browsers and proxies save what they saw")
class Har:
    """Reads recorded requests, and finds in their responses the values that later ones use."""

    def recognises(self, root: Node) -> bool:
        """Whether the file has a `log` with `entries`."""
        log = root.value.get("log") if isinstance(root.value, dict) else None
        return isinstance(log, dict) and isinstance(log.get("entries"), list)

    def read(self, root: Node, options: Options) -> Traffic:
        """The requests of the service. Raises ConfigurationError for a malformed file."""
        left: Counter[str] = Counter()
        found = [each for each in map(_entry, _entries(root)) if _is_request(each, left)]
        base = _base(found, options.base)
        calls: list[Recorded] = []
        for entry in found:
            segments = below(entry.url, base)
            if segments is None:
                left["other origins"] += 1
            elif entry.status < HTTPStatus.OK:
                left["without an answer"] += 1
            else:
                calls.append(_recorded(entry, len(calls), segments))
        return replayed(calls, base.geturl(), left)


def _entries(root: Node) -> list[Node]:
    """The entries in the order in which they were sent, where all say when."""
    entries = list(root.get("log").get("entries").items())
    if len(entries) > MAX_ENTRIES:
        root.get("log").get("entries").refuse(
            f"more than {MAX_ENTRIES} entries", "record less at once"
        )
    times = [_started(each) for each in entries]
    if all(times):
        order = sorted(range(len(entries)), key=lambda at: (times[at] or datetime.min, at))
        return [entries[at] for at in order]
    return entries


def _started(entry: Node) -> datetime | None:
    try:
        time = datetime.fromisoformat(entry.text("startedDateTime"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _entry(node: Node) -> _Entry:
    request, response = node.get("request"), node.get("response")
    text = request.text("url")
    url = address(text)
    if url is None:
        request.get("url").refuse("no URL")
    place = f"entry {node.path.rpartition('[')[2].rstrip(']')}"
    media = bodies.media_type(response.get("content").text("mimeType"))
    method = request.text("method").upper()
    if not method:
        request.refuse("no method")
    status = response.text("status")
    return _Entry(node, place, method, url, int(status) if status.isdigit() else 0, media)


def _is_request(entry: _Entry, left: Counter[str]) -> bool:
    """Whether an entry is a request of an application; what is not is counted."""
    if entry.url.scheme.lower() in _WEBSOCKETS or entry.status == HTTPStatus.SWITCHING_PROTOCOLS:
        left["WebSockets"] += 1
    elif entry.url.scheme.lower() not in {"http", "https"}:
        left["no HTTP"] += 1
    elif reason := beside(entry.method, entry.url.path, entry.media):
        left[reason] += 1
    else:
        return True
    return False


def _base(entries: list[_Entry], wanted: str | None) -> SplitResult:
    """The service's address: the one that is given, or the most frequent origin."""
    if wanted is not None:
        return based(wanted)
    if not entries:
        raise ConfigurationError(
            "the file holds no request of an application", hint="record some, and export again"
        )
    (scheme, host), _ = Counter(each.origin for each in entries).most_common(1)[0]
    return SplitResult(scheme, host, "", "", "")


def _recorded(entry: _Entry, index: int, segments: tuple[str, ...]) -> Recorded:
    request, response = entry.node.get("request"), entry.node.get("response")
    answered = tuple(_pairs(response.get("headers")))
    listed = {name: value for name, value in _pairs(response.get("cookies")) if value}
    return Recorded(
        index,
        entry.place,
        entry.method,
        segments,
        tuple(parse_qsl(entry.url.query, keep_blank_values=True)),
        tuple(_pairs(request.get("headers"))),
        _body(request.get("postData")),
        entry.status,
        answered,
        cookies_set(answered) | listed,
        _result(response.get("content"), entry.media),
    )


def _pairs(node: Node) -> Iterator[tuple[str, str]]:
    for each in node.items():
        yield each.text("name"), each.text("value")


def _body(data: Node) -> Body:
    content_type, text = data.text("mimeType"), data.text("text")
    media = bodies.media_type(content_type)
    params = list(data.get("params").items())
    if any(each.text("fileName") for each in params):
        return Body(problem="a form with a file")
    if data.text("encoding") == "base64":
        return Body(problem="a body that is no text")
    pairs = [(each.text("name"), each.text("value")) for each in params]
    if pairs and media == "multipart/form-data":
        return bodies.of_fields(pairs)
    if pairs and not text:
        return bodies.of_pairs(pairs)
    return bodies.of_text(text, content_type)


def _result(content: Node, media: str) -> Json:
    """The response's body where it is JSON."""
    text = content.text("text")
    if not text or not bodies.is_json(media):
        return None
    try:
        if content.text("encoding") == "base64":
            text = b64decode(text).decode()
        return value_of(text)
    except ValueError:
        return None
