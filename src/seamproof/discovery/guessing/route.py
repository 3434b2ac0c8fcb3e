"""An operation as the source shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seamproof.discovery.guessing.project import Place

PASSWORD = re.compile(r"passw|pwd|passphrase", re.IGNORECASE)
TOKENS = (
    *("access_token", "accessToken", "access", "token", "jwt", "auth_token", "authToken"),
    *("id_token", "idToken", "key"),
)
WRAPS = frozenset({"user", "account", "credentials", "data", "session", "auth"})
"""Keys that a body may be below."""
_KEY = r"""(?:["'](?P<quoted>{name})["']\s*:|\b(?P<bare>{name})\s*(?::|=(?!=)|,|\}}))"""
_SESSION = re.compile(
    r"set_cookie\(|\.cookie\(|setCookie\(|req\.session\b|request\.session\b|session\[|login_user\(|"
    r"\blogin\(request"
)
_GUARD = re.compile(
    r"current_?(?:user|member|account)|login_required|permission|require_?auth|requires_|"
    r"authenticat|UseGuards|jwt_required|authorizer",
    re.IGNORECASE,
)
_DATABASE = re.compile(
    r"\b(?:select|query|execute|objects|session|db|pool|prisma|knex|repository|scalars?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a request's body."""

    name: str
    kind: str = "str"
    """The type as the source writes it."""


@dataclass(frozen=True, slots=True)
class Route:
    """A method on a path, and what its handler says."""

    method: str
    path: str
    place: Place
    text: str = ""
    """The handler's source."""
    fields: tuple[Field, ...] = ()
    """What it requires in its body, where that is to be seen."""
    form: bool = False
    """Whether the body is a form."""
    token: str | None = None
    """Where its answer has a token, where that is known without a look at the text."""
    scheme: str = "Bearer"
    """The word before that token."""
    wrap: str = ""
    """The key of the body that all of it is below; empty where there is none."""

    @property
    def id(self) -> str:
        """The operation as people write it."""
        return f"{self.method} {self.path}"

    @property
    def token_place(self) -> str | None:
        """Where the answer of a sign-in has its token; None where none is seen."""
        if self.token is not None:
            return self.token
        for name in TOKENS:
            if re.search(_KEY.format(name=name), self.text):
                return f"$.{self.wrap}.{name}" if self.wrap else f"$.{name}"
        return None

    @property
    def keeps_session(self) -> bool:
        """Whether the handler sets a cookie or a session."""
        return _SESSION.search(self.text) is not None

    @property
    def uses_database(self) -> bool:
        """Whether the handler looks as if it asked the database."""
        return _DATABASE.search(self.text) is not None

    @property
    def is_guarded(self) -> bool:
        """Whether the handler looks as if it let nobody in who has not signed in."""
        return _GUARD.search(self.text) is not None

    @property
    def takes_password(self) -> bool:
        """Whether its body has a password."""
        return any(PASSWORD.search(each.name) for each in self.fields)
