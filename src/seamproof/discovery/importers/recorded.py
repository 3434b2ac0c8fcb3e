"""A request and its response as they were recorded, in no format's own terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from seamproof.core.model import SAFE_METHODS, Json
from seamproof.discovery.importers.bodies import Body

_STATIC = re.compile(
    r"\.(js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|otf|eot|mp4|webm|wasm)$", re.I
)
_STATIC_TYPE = re.compile(r"^(image|font|video|audio)/|^text/css$|javascript|ecmascript|wasm")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One exchange with the service."""

    index: int
    place: str
    method: str
    segments: tuple[str, ...]
    """Of the path, percent-decoded."""
    query: Pairs
    headers: Pairs
    body: Body
    status: int
    answered: Pairs
    """Headers of the response."""
    sets: dict[str, str] = field(default_factory=dict)
    """Cookies that the response sets."""
    result: Json = None
    """The response's body where it is JSON."""
    changed: bool | None = None
    """Whether it had an effect, in the database or on another service; None where nobody knows."""

    def header(self, name: str) -> str:
        """A request header's value; empty where it has none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def path(self) -> str:
        """The path as it is sent."""
        return "/" + "/".join(map(encoded, self.segments))

    @property
    def mutates(self) -> bool:
        """Whether it changes something: a GraphQL query does not, though it is a POST."""
        if self.method in SAFE_METHODS:
            return False
        query = self.body.fields().get("query")
        return not (
            isinstance(query, str)
            and self.segments[-1:] == ("graphql",)
            and not query.lstrip().startswith("mutation")
        )

    @property
    def acts(self) -> bool:
        """Whether it is worth an act: it changes something. Where that was watched, a read is one
        also, for what is played is what was meant to be."""
        if self.changed is None:
            return self.mutates
        return self.changed or not self.mutates

    @property
    def succeeded(self) -> bool:
        """Whether the service did what was asked."""
        return 200 <= self.status < 400

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that were sent."""
        found = {}
        for pair in self.header("cookie").split(";"):
            name, separator, value = pair.strip().partition("=")
            if separator:
                found[name] = value
        return found


def beside(method: str, path: str, media: str) -> str:
    """Why a request is none of an application's operations; empty where it may be one. `media` is
    the type of what was answered.
    """
    if method == "OPTIONS":
        return "preflights"
    if not method.isascii() or not method.isalpha() or method == "CONNECT":
        return "methods that no operation has"
    if method == "GET" and (_STATIC.search(path) or _STATIC_TYPE.search(media)):
        return "static assets"
    return ""


def encoded(segment: str) -> str:
    """A segment of a path for the wire (RFC 3986, section 3.3); braces are never of a template."""
    return quote(segment, safe="!$&'()*+,;=:@")


def leaves(value: Json, most: int) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """The first `most` texts and numbers of a value with their paths, in the order of the text."""
    waiting: list[tuple[tuple[str | int, ...], Json]] = [((), value)]
    while waiting and most > 0:
        path, each = waiting.pop()
        if isinstance(each, dict):
            waiting += [((*path, name), inner) for name, inner in reversed(each.items())]
        elif isinstance(each, list):
            count = min(len(each), most)
            waiting += [((*path, at), each[at]) for at in range(count - 1, -1, -1)]
        elif isinstance(each, str | int | float) and not isinstance(each, bool):
            most -= 1
            yield path, each


def cookies_set(answered: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The cookies that headers of a response set, without those that they take away."""
    found: dict[str, str] = {}
    for name, value in answered:
        if name.lower() == "set-cookie":
            for line in value.split("\n"):  # Firefox joins them
                key, separator, rest = line.partition("=")
                if separator:
                    found.setdefault(key.strip(), rest.partition(";")[0])
    return {name: value for name, value in found.items() if value}
