"""A value for each format: JSON Schema's own (Validation, section 7.3), OpenAPI's registry, and
those that frameworks add. A field's name chooses among several days and texts.
"""

from __future__ import annotations

from collections.abc import Callable

from seamproof.plan.generation.vocabulary import UNIQUE, UUID, day, usual

_PASSWORD = "Sample-Passw0rd!"  # noqa: S105
"""Satisfies the usual rules: twelve characters or more, both cases, a digit, a sign."""

_FIXED: dict[str, tuple[str, ...]] = {
    "time": ("09:00:00Z", "09:00:00"),
    "duration": ("PT1H", "P1D"),
    "uuid": (UUID,),
    "uuid4": (UUID,),
    "guid": (UUID,),
    "email": (f"user-{UNIQUE}@example.com",),
    "hostname": (f"host-{UNIQUE}.example.com",),
    "ipv4": ("192.0.2.10",),
    "ip": ("192.0.2.10",),
    "ipv6": ("2001:db8::10",),
    "cidr": ("192.0.2.0/24",),
    "uri": ("https://example.com/page", "https://example.com/"),
    "uri-reference": ("https://example.com/page",),
    "uri-template": ("https://example.com/{id}",),
    "json-pointer": ("/sample",),
    "relative-json-pointer": ("0/sample",),
    "regex": ("^sample$",),
    "byte": ("c2FtcGxl",),
    "binary": ("sample",),
    "password": (_PASSWORD,),
    "phone": ("+14155550132",),
    "country": ("DE", "DEU"),
    "currency": ("EUR",),
    "language": ("en",),
    "locale": ("en-US",),
    "color": ("#336699", "red"),
    "decimal": ("10.00",),
    "int32": ("1",),
    "int64": ("1",),
    "float": ("1.5",),
    "double": ("1.5",),
    "semver": ("1.0.0",),
    "ulid": ("01J0000000000000000000000A",),
    "objectid": ("65a0f0f0f0f0f0f0f0f0f0f0",),
    "date-fullyear": ("2035",),
    "month": ("2035-01",),
    "json": ("{}",),
    "html": ("<p>Sample</p>",),
    "markdown": ("A short text",),
    "media-range": ("text/plain",),
    "char": ("a",),
    "http-date": ("Mon, 15 Jan 2035 09:00:00 GMT",),
}
_OTHER_NAMES = {
    "idn-email": "email",
    "name-email": "email",
    "mail": "email",
    "idn-hostname": "hostname",
    "host": "hostname",
    "domain": "hostname",
    "url": "uri",
    "http-url": "uri",
    "any-url": "uri",
    "iri": "uri",
    "link": "uri",
    "iri-reference": "uri-reference",
    "base64": "byte",
    "base64url": "byte",
    "file": "binary",
    "datetime": "date-time",
    "timestamp": "date-time",
    "iso8601": "date-time",
    "iso-date-time": "date-time",
    "rfc3339": "date-time",
    "full-date": "date",
    "partial-time": "time",
    "ipvanyaddress": "ip",
    "phone-number": "phone",
    "telephone": "phone",
    "tel": "phone",
    "e164": "phone",
    "country-code": "country",
    "iso-3166": "country",
    "currency-code": "currency",
    "iso-4217": "currency",
    "colour": "color",
    "hexcolor": "color",
    "hex-color": "color",
    "bigdecimal": "decimal",
    "money": "decimal",
    "object-id": "objectid",
    "bson-objectid": "objectid",
    "json-string": "json",
    "writeonly": "password",
}


def _moments(name: str) -> tuple[str, ...]:
    return (f"{day(name)}T09:00:00Z", f"{day(name)} 09:00:00", day(name))


def _days(name: str) -> tuple[str, ...]:
    return (day(name),)


_BY_NAME: dict[str, Callable[[str], tuple[str, ...]]] = {"date-time": _moments, "date": _days}


def examples(form: str, name: str) -> tuple[str, ...]:
    """Values of a format for a field of this name, the likeliest first; none for one not known.

    A format that nobody declared is often a word of the vocabulary, as `slug` or `iban`.
    """
    form = form.strip().lower().replace("_", "-")
    form = _OTHER_NAMES.get(form, form)
    if form in _BY_NAME:
        return _BY_NAME[form](name)
    if form in _FIXED:
        return _FIXED[form]
    known = usual(form)
    return (known.text,) if known and known.text else ()
