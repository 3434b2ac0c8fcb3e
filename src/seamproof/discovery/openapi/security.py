"""Security Scheme Objects of 2.0 and 3, and who must show what."""

from __future__ import annotations

from seamproof.core.document import Place, SchemeKind, SecurityScheme
from seamproof.discovery.openapi.source import Dialect, Piece, Source

_PLACES = {"query": Place.QUERY, "header": Place.HEADER, "cookie": Place.COOKIE}
_FLOWS = {"application": "clientCredentials", "accessCode": "authorizationCode"}
"""2.0's names of OAuth2's flows, and 3's."""


def schemes(source: Source, root: Piece, base: str) -> dict[str, SecurityScheme]:
    """The schemes by name."""
    v2 = source.dialect is Dialect.V2
    holder = root if v2 else root.get("components")
    found: dict[str, SecurityScheme] = {}
    listed = holder.get("securityDefinitions" if v2 else "securitySchemes")
    for name, each in source.entries(listed):
        piece = source.follow(each)
        scheme = _scheme(source, name, piece, base) if piece is not None else None
        if scheme is not None:
            found[name] = scheme
    return found


def requirements(
    source: Source, listed: Piece, known: dict[str, SecurityScheme]
) -> tuple[frozenset[str], ...]:
    """Alternatives, each the names of schemes that are asked for together."""
    alternatives: list[frozenset[str]] = []
    for each in source.items(listed):
        names = frozenset(name for name, _ in source.entries(each))
        if each.value is None:
            continue
        for name in sorted(names - known.keys()):
            source.problem_once(each.at, f"no security scheme is called {name[:100]}")
        alternatives.append(names)
    return tuple(dict.fromkeys(alternatives))


def _scheme(source: Source, name: str, piece: Piece, base: str) -> SecurityScheme | None:
    kind = source.text(piece.get("type")).lower()
    if kind == "basic":
        return SecurityScheme(name, SchemeKind.BASIC)
    if kind == "http":
        scheme = source.text(piece.get("scheme")).lower()
        found = {"basic": SchemeKind.BASIC, "bearer": SchemeKind.BEARER}
        return SecurityScheme(name, found.get(scheme, SchemeKind.HTTP))
    if kind == "apikey":
        return _api_key(source, name, piece)
    if kind == "oauth2":
        return SecurityScheme(name, SchemeKind.OAUTH2, flows=_flows(source, piece, base))
    if kind == "openidconnect":
        return SecurityScheme(name, SchemeKind.OPENID)
    if kind == "mutualtls":
        return SecurityScheme(name, SchemeKind.MUTUAL_TLS)
    source.problem(piece.get("type").at, f"{kind[:100] or 'nothing'} is no kind of security scheme")
    return None


def _api_key(source: Source, name: str, piece: Piece) -> SecurityScheme | None:
    place = _PLACES.get(source.text(piece.get("in")).lower())
    parameter = source.text(piece.get("name"))
    if place is None or not parameter:
        source.problem(piece.at, "an API key needs `in` and `name`")
        return None
    return SecurityScheme(name, SchemeKind.API_KEY, place, parameter)


def _flows(source: Source, piece: Piece, base: str) -> dict[str, str]:
    if source.dialect is Dialect.V2:
        flow = source.text(piece.get("flow"))
        listed = [(_FLOWS.get(flow, flow), piece)] if flow else []
    else:
        listed = source.entries(piece.get("flows"))
    found: dict[str, str] = {}
    for name, each in listed:
        if name.startswith("x-"):
            continue
        url = source.text(each.get("tokenUrl")) or source.text(each.get("authorizationUrl"))
        found[name] = _below(url, base)
    return found


def _below(url: str, base: str) -> str:
    """A URL, or a path on the service: relative ones start from the base path."""
    if not url or "://" in url or url.startswith("/"):
        return url
    return f"{base}/{url.removeprefix('./')}"
