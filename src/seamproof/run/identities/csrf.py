"""The token against forged requests that goes with a session.

Services with sessions in cookies want a second value that a foreign site cannot know (OWASP,
Cross-Site Request Forgery Prevention). Frameworks give it in a cookie, a hidden field or a meta
element of a page, and take it back in a header or a field. The usual names are known:

| Framework | Gives | Takes |
|---|---|---|
| Django | cookie `csrftoken`, field `csrfmiddlewaretoken` | `X-CSRFToken` |
| Angular, Laravel, Spring | cookie `XSRF-TOKEN` | `X-XSRF-TOKEN` |
| Flask-JWT-Extended | cookie `csrf_access_token` | `X-CSRF-TOKEN` |
| Flask-WTF | field `csrf_token` | `X-CSRFToken` |
| Rails | meta `csrf-token`, field `authenticity_token` | `X-CSRF-Token` |
| Laravel, csurf, Spring | fields `_token`, `_csrf` | `X-CSRF-TOKEN` |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

from seamproof.core.history import Response
from seamproof.run.experiment.extraction import NotThere, extract

if TYPE_CHECKING:
    from seamproof.config.identities import CsrfConfig

_COOKIES = {
    "csrftoken": "X-CSRFToken",
    "XSRF-TOKEN": "X-XSRF-TOKEN",
    "csrf_access_token": "X-CSRF-TOKEN",
    "csrf_token": "X-CSRF-Token",
    "csrf-token": "X-CSRF-Token",
}
_FIELDS = {
    "csrfmiddlewaretoken": "X-CSRFToken",
    "csrf_token": "X-CSRFToken",
    "authenticity_token": "X-CSRF-Token",
    "_token": "X-CSRF-TOKEN",
    "_csrf": "X-CSRF-TOKEN",
    "_csrf_token": "X-CSRF-Token",
}
_METAS = ("csrf-token", "_csrf", "csrf_token")
_HEADER = "X-CSRF-Token"
_WORDS = (b"csrf", b"xsrf", b"forgery", b"authenticity")
_FORBIDDEN = frozenset({400, 403, 419, 422})
"""Statuses that a missing token is refused with; 419 is Laravel's."""
_LONGEST_PAGE = 1 << 20


@dataclass(frozen=True, slots=True)
class Csrf:
    """A token, and how it goes with a request."""

    value: str
    header: str
    field: str = ""
    """The form field that carries it as well; empty where none does."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header that carries it."""
        return ((self.header, self.value),)

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The form field that carries it, where there is one."""
        return ((self.field, self.value),) if self.field else ()


def is_cookie(name: str) -> bool:
    """Whether a cookie carries such a token, and so no session."""
    return name in _COOKIES


def demanded(response: Response) -> bool:
    """Whether a refusal asks for such a token."""
    if response.status == 419:
        return True
    body = response.body.lower()
    return response.status in _FORBIDDEN and any(word in body for word in _WORDS)


def of_cookies(cookies: Mapping[str, str]) -> Csrf | None:
    """The token that a cookie carries, by the cookie's name."""
    for name, header in _COOKIES.items():
        if value := cookies.get(name):
            # Laravel's is encoded, and its clients decode it.
            return Csrf(unquote(value) if name == "XSRF-TOKEN" else value, header)
    return None


def told(configured: CsrfConfig, response: Response, cookies: Mapping[str, str]) -> Csrf:
    """The token as the configuration finds it in an answer. Raises NotThere."""
    if configured.from_ is None:
        found = detected(response, cookies)
        if found is None:
            raise NotThere("it has none of the cookies and fields that frameworks use")
    elif configured.from_.startswith("field:"):
        name = configured.from_.removeprefix("field:")
        value = _Page.of(response).fields.get(name)
        if value is None:
            raise NotThere(f"the page has no field {name!r}")
        found = Csrf(value, _FIELDS.get(name, _HEADER), name)
    else:
        kind, _, name = configured.from_.partition(":")
        header = _COOKIES.get(name, _HEADER) if kind == "cookie" else _HEADER
        found = Csrf(str(extract(response, configured.from_)), header)
    return Csrf(found.value, configured.header or found.header, configured.field or found.field)


def detected(response: Response, cookies: Mapping[str, str]) -> Csrf | None:
    """The token of a page, by the names that frameworks use; None where there is none."""
    page = _Page.of(response)
    hidden = next((each for each in _FIELDS if page.fields.get(each)), "")
    by_cookie = of_cookies(cookies)
    if hidden:
        return Csrf(page.fields[hidden], by_cookie.header if by_cookie else _FIELDS[hidden], hidden)
    if by_cookie is not None:
        return by_cookie
    meta = next((page.metas[each] for each in _METAS if page.metas.get(each)), None)
    return Csrf(meta, _HEADER) if meta else None


def asks_for_password(response: Response) -> bool:
    """Whether an answer is a page that wants a password: a sign-in that did not succeed."""
    return _Page.of(response).password


class _Page(HTMLParser):
    """The fields and meta elements of a page. It is hostile, so only its beginning is read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, str] = {}
        self.metas: dict[str, str] = {}
        self.password = False

    @classmethod
    def of(cls, response: Response) -> _Page:
        """The page that an answer holds; an empty one where it holds something else."""
        page = cls()
        kinds = (value for name, value in response.headers if name.lower() == "content-type")
        if "html" in next(kinds, "").lower():
            page.feed(response.body[:_LONGEST_PAGE].decode("utf-8", "replace"))
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that may hold a token."""
        found = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self.metas.setdefault(found.get("name", ""), found.get("content", ""))
        elif tag == "input":
            self.password = self.password or found.get("type", "").lower() == "password"
            self.fields.setdefault(found.get("name", ""), found.get("value", ""))
