"""The base path of the service: `basePath` of 2.0, `servers` of 3.

Of several servers the one that is this service counts: one without a host, or on loopback, or where
the document was found. Else the first does, for its host is a name that the service has elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from seamproof.discovery.openapi.source import Dialect, Piece, Source

_VARIABLE = re.compile(r"\{([^{}]{1,100})\}")
_BARE_HOST = re.compile(r"(localhost|\d+(\.\d+){3}|[\w-]+(\.[\w-]+)*\.[a-z]{2,})(:\d+)?(/|$)", re.I)
"""A URL whose scheme was forgotten."""


def base_paths(source: Source, root: Piece, location: str) -> tuple[str, ...]:
    """The paths below which the document's paths may be, without a slash at their end.

    The first is meant, unless the service says otherwise. `location` is where the document was
    found, which relative URLs start from.
    """
    if source.dialect is Dialect.V2:
        text = source.text(root.get("basePath")).strip()
        found = [_path(_split(text if text.startswith("/") else f"/{text}"))]
    else:
        servers = _servers(source, root.get("servers"), location)
        first = of_servers(source, root.get("servers"), location)
        found = [first or "", *map(_path, servers)]
    return tuple(dict.fromkeys((*found, "")))


def of_servers(source: Source, servers: Piece, location: str) -> str | None:
    """The base path that a list of Server Objects gives; None where it gives none."""
    found = _servers(source, servers, location)
    if not found:
        return None
    here = _split(location)
    chosen = next((each for each in found if _is_here(each, here)), found[0])
    return _path(chosen)


def _servers(source: Source, servers: Piece, location: str) -> list[SplitResult]:
    found: list[SplitResult] = []
    for each in source.items(servers):
        url = _filled(source, each)
        split = _split(url, location or "/") if url else None
        if split is None:
            if url != "":
                source.problem(each.at, "no URL")
            continue
        found.append(split)
    return found


def _filled(source: Source, server: Piece) -> str | None:
    """A server's URL, its variables with their defaults; None where it is none."""
    url = server.get("url").value
    if not isinstance(url, str):
        return None
    variables = server.get("variables")

    def default(match: re.Match[str]) -> str:
        value = variables.get(match[1]).get("default").value
        if isinstance(value, str | int):
            return str(value)
        source.problem(server.at, f"the variable {match[1]} has no default")
        return ""

    filled = _VARIABLE.sub(default, url).strip()
    return f"//{filled}" if _BARE_HOST.match(filled) else filled


def _split(url: str, start: str = "") -> SplitResult | None:
    try:
        split = urlsplit(urljoin(start, url))
        _ = split.port
    except ValueError:
        return None
    return split


def _is_here(server: SplitResult, here: SplitResult | None) -> bool:
    if not server.hostname or (here is not None and server.netloc == here.netloc):
        return True
    try:
        return ipaddress.ip_address(server.hostname).is_loopback
    except ValueError:
        return server.hostname == "localhost"


def _path(split: SplitResult | None) -> str:
    """The path, slashes once; nothing where it is none."""
    if split is None:
        return ""
    path = quote(re.sub(r"/{2,}", "/", split.path).rstrip("/"), safe="/{}:@!$&'()*+,;=-._~%")
    return path if path.startswith("/") else ""
