"""Which inputs of a request are addresses that a service may call."""

from __future__ import annotations

import re

from seamproof.analysis.inputs import Input, Where
from seamproof.analysis.words import words_of

_FORMATS = frozenset({"uri", "url", "uri-reference", "iri", "iri-reference", "hostname"})
_SCHEME = re.compile(r"(?:https?:)?//\S", re.IGNORECASE)
_OURS = "{sinkhole"
_WORDS = frozenset(
    "url urls uri uris link href callback webhook hook hooks endpoint avatar image img icon logo"  # noqa: SIM905
    " picture photo thumbnail banner host hostname domain origin site website homepage redirect"
    " feed rss proxy fetch download remote upstream server wsdl".split()
)
_ABOUT = frozenset(
    "id ids name names count type size width height format alt title status secret token at index"  # noqa: SIM905
    " enabled".split()
)
"""Words that say that something of the address is meant, and not the address."""
_HOSTS = frozenset({"host", "hostname", "domain", "server", "upstream"})
_LOGGED = frozenset({"referer", "origin", "x-forwarded-host", "forwarded"})
"""Headers that say where a request comes from: nobody is to call there."""


def is_address(place: Input) -> bool:
    """Whether an input is a URL or a host, by its format, by its name, or by what is sent."""
    if place.where in (Where.NAME, Where.FILE) or place.name.lower() in _LOGGED:
        return False
    if isinstance(place.value, str) and (_SCHEME.match(place.value) or _OURS in place.value):
        return True
    declared = place.schema if isinstance(place.schema, dict) else {}
    if declared.get("format") in _FORMATS:
        return True
    if place.value is not None and not isinstance(place.value, str):
        return False
    if place.value is None and declared.get("type") != "string":
        return False
    words = words_of(place.name)
    return bool(words & _WORDS) and not words & _ABOUT


def is_host(place: Input) -> bool:
    """Whether it is a host alone, without a scheme and a path."""
    if isinstance(place.value, str) and place.value:
        return not _SCHEME.match(place.value) and _OURS not in place.value
    return bool(words_of(place.name) & _HOSTS)
