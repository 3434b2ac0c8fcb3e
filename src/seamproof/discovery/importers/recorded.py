"""A request and its response as they were recorded, in no format's own terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from seamproof.core.model import SAFE_METHODS, Json
from seamproof.discovery.importers.bodies import Body

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
