"""Who uses the service, and the ways in which a principal shows who it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from seamproof.config.placeholders import render_tree
from seamproof.config.sections import Command, OperationId, Section
from seamproof.core.model import AuthKind

_LATER = ("command",)
"""Keys whose placeholders are filled where they are run: they may name the database."""


class RequestConfig(Section):
    """A request with a body."""

    operation: OperationId
    """The operation, as `POST /login`."""
    body: Any = None
    """The JSON body."""
    form: dict[str, Any] | None = None
    """The form fields, in place of a body."""

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.body is not None and self.form is not None:
            raise ValueError("has both body and form: a request has one body")
        return self


class CsrfConfig(Section):
    """The token against forged requests, asked for before a sign-in and sent with each request."""

    operation: OperationId | None = None
    """The request that gives it, as `GET /csrf`. Where absent: a GET of the login's own path."""
    from_: str | None = Field(None, alias="from")
    """Where its answer has it: `$.path.in.body`, `header:Name`, `cookie:name`, or `field:name` for
    a hidden field of a page. Where absent, the names that frameworks use are looked for."""
    header: str | None = None
    """The header that carries it. Where absent: the one that goes with where it was found."""
    field: str | None = None
    """The form field that carries it, beside the header."""

    @field_validator("from_")
    @classmethod
    def _is_a_place(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("$", "header:", "cookie:", "field:")):
            raise ValueError(
                f"is {value!r}, and must be a place in the answer: $.path.in.body, header:Name, "
                "cookie:name or field:name"
            )
        return value


class LoginConfig(RequestConfig):
    """A request that signs in."""

    token: str | None = None
    """Where the answer has the token: `$.access_token`, `header:Name` or `cookie:name`. Where
    absent the cookies are kept, as a session."""
    header: str = "Authorization"
    """The header that carries the token."""
    scheme: str = "Bearer"
    """The word before the token in that header; may be empty."""
    csrf: CsrfConfig | None = None
    """The token against forged requests, where it is not one that is found without being told."""

    @field_validator("token")
    @classmethod
    def _is_a_place(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("$", "header:", "cookie:")):
            raise ValueError(
                f"is {value!r}, and must be a place in the answer: $.path.in.body, header:Name "
                "or cookie:name"
            )
        return value


class RegisterConfig(RequestConfig):
    """A request that makes the account, sent once before the first sign-in."""

    expect: tuple[int, ...] = ()
    """The statuses that it may answer. Where absent: any 2xx."""
    as_: str | None = Field(None, alias="as")
    """The identity that makes the account, as an administrator does; it is configured before. Where
    absent the request is sent with the new user and password, or with nothing."""


class BasicConfig(Section):
    """HTTP Basic authentication (RFC 7617)."""

    username: str
    """The user."""
    password: str
    """The password; best as `{env.NAME}`."""


class HeaderConfig(Section):
    """A header that shows who it is."""

    name: str
    """The header's name."""
    value: str
    """Its value; best as `{env.NAME}`."""


class ApiKeyConfig(Section):
    """A key that is sent with each request, as OpenAPI's `apiKey` declares it."""

    name: str
    """The name of the header, query parameter or cookie."""
    value: str
    """The key; best as `{env.NAME}`."""
    in_: Literal["header", "query", "cookie"] = Field("header", alias="in")
    """Where it is sent."""


class OAuth2Config(Section):
    """An access token from the service's own token endpoint (RFC 6749)."""

    token: OperationId
    """The token endpoint, as `POST /oauth/token`."""
    grant: Literal["password", "client_credentials"] | None = None
    """The grant. Where absent: `password` where there is a username."""
    client_id: str | None = None
    """The client. It shows its secret by HTTP Basic, and in the body where that is refused."""
    client_secret: str | None = None
    """The client's secret; best as `{env.NAME}`."""
    username: str | None = None
    """The user, for the grant `password`."""
    password: str | None = None
    """The user's password; best as `{env.NAME}`."""
    scope: str | None = None
    """The scopes that are asked for, with spaces between."""

    @model_validator(mode="after")
    def _enough(self) -> Self:
        needed = (
            {"username": self.username, "password": self.password}
            if self.by_password
            else {"client_id": self.client_id, "client_secret": self.client_secret}
        )
        missing = [name for name, value in needed.items() if value is None]
        if missing:
            kind = "password" if self.by_password else "client_credentials"
            raise ValueError(f"needs {' and '.join(missing)} for the grant {kind}")
        return self

    @property
    def by_password(self) -> bool:
        """Whether the grant is that of a user's password (RFC 6749, section 4.3)."""
        if self.grant is None:
            return self.username is not None
        return self.grant == "password"


_WAYS = ("login", "basic", "bearer", "header", "api_key", "oauth2", "command")


class IdentityConfig(Section):
    """A principal, and the one way in which it authenticates."""

    role: str | None = None
    """Its role, as `admin`."""
    tenant: str | None = None
    """Its tenant or organisation."""
    login: LoginConfig | None = None
    """Signs in with a request."""
    basic: BasicConfig | None = None
    """Sends user and password with each request."""
    bearer: str | None = None
    """Sends this token with each request; best as `{env.NAME}`."""
    header: HeaderConfig | None = None
    """Sends this header with each request."""
    api_key: ApiKeyConfig | None = None
    """Sends this key with each request."""
    oauth2: OAuth2Config | None = None
    """Asks the service's token endpoint for a token."""
    command: Command | None = None
    """Prints a token, which is sent as a bearer's. It runs in the service's folder, with its
    environment and placeholders; the last line that it prints is taken."""
    scheme: str | None = None
    """The word before the token of `bearer` and `command`, as `Token`; may be empty. Where absent:
    `Bearer`."""
    register_: RegisterConfig | None = Field(None, alias="register")
    """Makes the account first, once."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in _WAYS if getattr(self, name)]
        if len(ways) != 1:
            found = " and ".join(ways) if ways else "none"
            known = f"{', '.join(_WAYS[:-1])} and {_WAYS[-1]}"
            raise ValueError(f"needs exactly one of {known}, has {found}")
        if self.scheme is not None and ways[0] not in {"bearer", "command"}:
            raise ValueError("has a scheme, which only bearer and command take")
        return self

    @property
    def kind(self) -> AuthKind:
        """How it shows who it is."""
        if self.login is not None:
            bearer = self.login.token is not None
            return AuthKind.BEARER if bearer else AuthKind.COOKIE
        if self.basic is not None:
            return AuthKind.BASIC
        if self.api_key is not None:
            return AuthKind(self.api_key.in_)
        return AuthKind.HEADER if self.header is not None else AuthKind.BEARER

    def filled(self, name: str, environment: Mapping[str, str]) -> IdentityConfig:
        """The same with every `{env.NAME}` filled. Raises ConfigurationError for one not set."""
        values = {f"env.{variable}": value for variable, value in environment.items()}
        data = self.model_dump(by_alias=True, exclude_unset=True)
        later = {key: data.pop(key) for key in _LATER if key in data}
        filled = render_tree(data, values, key=f"identities.{name}")
        return IdentityConfig.model_validate(filled | later)
