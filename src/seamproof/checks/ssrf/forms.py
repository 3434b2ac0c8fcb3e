"""One address, written in several ways: what a list of allowed hosts may take for another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from seamproof.analysis.addresses import is_host
from seamproof.analysis.inputs import Input

MARK: Final = "<mark>"
"""Where the part of the path goes by which a call is known again."""
_ADDRESS = "127.0.0.1:{sinkhole.port}"
_ELSEWHERE = "www.example.com"


def forms(place: Input, *, deep: bool = False) -> Iterator[str]:
    """What is sent in an input."""
    if is_host(place):
        yield f"{_ADDRESS}/{MARK}"
        return
    yield f"{{sinkhole}}/{MARK}"
    if deep:
        usual = _host(place)
        # What stands before @ is a user's name (RFC 3986, section 3.2.1).
        yield f"http://{usual}@{_ADDRESS}/{MARK}"
        yield f"{{sinkhole}}/{MARK}?{usual}"
        yield f"{{sinkhole}}/{MARK}#{usual}"
        yield f"//{_ADDRESS}/{MARK}"
        yield f"HTTP://localhost:{{sinkhole.port}}/{MARK}"
        # The same address as one number, and in IPv6 (RFC 4291, section 2.5.5.2).
        yield f"http://2130706433:{{sinkhole.port}}/{MARK}"
        yield f"http://[::ffff:127.0.0.1]:{{sinkhole.port}}/{MARK}"


def _host(place: Input) -> str:
    """The host that the scenario itself names."""
    try:
        found = urlsplit(place.value).hostname if isinstance(place.value, str) else None
    except ValueError:
        found = None
    return found if found and "{" not in found else _ELSEWHERE
