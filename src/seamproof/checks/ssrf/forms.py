"""One address, written in several ways: what a list of allowed hosts may take for another."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from seamproof.analysis.addresses import is_host
from seamproof.analysis.inputs import Input

MARK: Final = "<mark>"
"""Where the part of the path goes by which a call is known again."""
_ADDRESS = "127.0.0.1:{sinkhole.port}"
ELSEWHERE: Final = "www.example.com"
"""A host that is nobody's (RFC 2606), and so as good as anybody's."""


def plain(place: Input) -> str:
    """What is sent in an input first."""
    return f"{_ADDRESS}/{MARK}" if is_host(place) else f"{{sinkhole}}/{MARK}"


def spelled(place: Input) -> tuple[str, ...]:
    """The same address, as something else than the parser of a list reads it."""
    port = "{sinkhole.port}"
    names = (
        *("localhost", "LOCALHOST", "localhost."),
        # As inet_aton takes it: one number, two, in octal digits; and any address of the machine.
        *("2130706433", "127.1", "0177.0.0.1", "0.0.0.0"),  # noqa: S104
        # RFC 4291, section 2.5.5.2.
        "[::ffff:127.0.0.1]",
    )
    if is_host(place):
        return tuple(f"{name}:{port}/{MARK}" for name in names)
    usual = host_of(place)
    return (
        # What stands before @ is a user's name (RFC 3986, section 3.2.1).
        f"http://{usual}@{_ADDRESS}/{MARK}",
        # Where a browser ends the host at a backslash (WHATWG URL), and a library does not.
        f"http://{_ADDRESS}\\@{usual}/{MARK}",
        f"{{sinkhole}}/{MARK}?{usual}",
        f"{{sinkhole}}/{MARK}#{usual}",
        f"//{_ADDRESS}/{MARK}",
        f"HTTP://{_ADDRESS}/{MARK}",
        *(f"http://{name}:{port}/{MARK}" for name in names),
    )


def elsewhere(place: Input) -> tuple[str, ...]:
    """Addresses of others that a service may call, and be sent on by: of anybody, and of the host
    that the scenario itself names."""
    hosts = dict.fromkeys((ELSEWHERE, host_of(place)))
    if is_host(place):
        return tuple(f"{each}/{MARK}" for each in hosts)
    return tuple(f"http://{each}/{MARK}" for each in hosts)


def host_of(place: Input) -> str:
    """The host that the scenario itself names."""
    if is_host(place) and isinstance(place.value, str) and "{" not in place.value:
        return place.value.partition("/")[0] or ELSEWHERE
    try:
        found = urlsplit(place.value).hostname if isinstance(place.value, str) else None
    except ValueError:
        found = None
    return found if found and "{" not in found else ELSEWHERE
