"""The configuration's sections and keys. The docstring of a key is its description everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, field_validator
from pydantic.json_schema import SkipJsonSchema

from seamproof.config.identities import IdentityConfig
from seamproof.config.sections import Command, OperationId, Section, ServicePath, Strings
from seamproof.config.stubs import StubConfig
from seamproof.config.testing import TestingConfig
from seamproof.core.access import AuthorizationPolicy
from seamproof.core.model import IdempotencyPolicy, Identity

_PORT = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}


class ServiceConfig(Section):
    """The service under test: how it is built, started and recognised as ready."""

    command: Command
    """Starts one replica. `{port}` is where it must listen, on 127.0.0.1."""
    build: Command | None = None
    """Runs once before anything else, for example `npm ci`."""
    cwd: str = "."
    """The folder that its commands run in."""
    start_timeout: float = Field(60.0, gt=0, le=3600)
    """Seconds that a replica may take until it answers on `ready`."""
    env_file: str | None = None
    """A file of `NAME=value` lines that is read into the environment first."""
    ready: ServicePath = "/"
    """A path that answers with a status below 500 once the service is ready. Best is one that uses
    the database."""
    openapi: str | None = None
    """The OpenAPI document: a path on the service, a file or a URL."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables, with placeholders: `{ DATABASE_URL = "{database.url}" }`."""
    files: dict[str, str] = Field(default_factory=dict)
    """Configuration files to render: the name to give, and the template. Each replica has its own;
    `{files.NAME}` is where it is."""
    replicas: int = Field(2, ge=1, le=8)
    """How many copies are started. Two show what one event loop hides."""
    deadline: float = Field(10.0, gt=0, le=20)
    """Seconds within which it must answer while a service that it calls does not."""
    retry_safe: tuple[OperationId, ...] = ()
    """Operations that must have one effect however often they are sent, as `POST /orders`."""


class ProcessConfig(Section):
    """A process that the service also needs: a cache, a worker."""

    command: Command
    """Starts it. `{port}` is a free port for it."""
    cwd: str = "."
    """The folder that its commands run in."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables, with placeholders."""
    ready_port: Annotated[str | None, WithJsonSchema(_PORT)] = None
    """The port that accepts connections once it is ready. Where absent: `{port}` if the command or
    the environment mentions it, else it is ready when it has lived for half a second."""
    flush: Command | None = None
    """Makes it forget its state; runs at each reset."""
    start_timeout: float = Field(30.0, gt=0, le=3600)
    """Seconds that it may take until it is ready."""

    @field_validator("ready_port", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @property
    def uses_database(self) -> bool:
        """Whether its command or its environment mentions the database."""
        return any("{database." in text for text in (self.command, *self.env.values()))

    @property
    def listens(self) -> str | None:
        """The text of the port that must accept connections, None where there is none."""
        if self.ready_port is not None:
            return self.ready_port
        mentioned = any("{port}" in text for text in (self.command, *self.env.values()))
        return "{port}" if mentioned else None


class DatabaseConfig(Section):
    """The database that is made for the service. No other is ever written to."""

    engine: Literal["postgres"] = "postgres"
    """The kind of database."""
    url: str | None = None
    """A test server on which databases may be created, as a superuser. Without it, a server is
    started: the bundled one, or one found on this machine."""
    version: str | None = None
    """The major version that the service needs, as `16`."""
    extensions: Strings = ()
    """Extensions that must be there; they are created before the migrations."""
    search_path: Strings = ()
    """The service's schemas; the first is the one that unqualified names mean."""
    setup_sql: Strings = ()
    """SQL to run before the migrations, as a superuser: a file that ends in `.sql`, or the text."""
    migrate: Command | None = None
    """Makes the tables, for example `alembic upgrade head`. Where absent it is detected (Alembic,
    Django, ordered `*.sql`). The word `service` says that the service migrates when it starts."""
    role: Literal["auto", "owner", "separate"] = "auto"
    """Whose rights the service has: those of the role that migrates (`owner`), or rights on the
    rows only, so that row-level security applies (`separate`). `auto` is separate where a table has
    row-level security."""
    seed: Command | None = None
    """Fills the tables once: a command, or a file that ends in `.sql`."""
    command_timeout: float = Field(900.0, gt=0, le=86_400)
    """Seconds that the command of `migrate` and that of `seed` may take."""
    tls: bool = False
    """Whether connections to it may be encrypted, for a service that insists on that. The
    authority to trust is the file `{database.ca}`. Needs `seamproof[tls]`."""


class IdempotencyConfig(Section):
    """What the service promises of idempotency keys. The defaults are the IETF draft's."""

    header: str | None = None
    """The header that carries the key, where its name does not say so."""
    required: bool = False
    """Whether a request without a key must be refused."""
    missing: int = Field(400, ge=400, le=499)
    """What is answered where a required key is missing."""
    mismatch: int = Field(422, ge=400, le=499)
    """What is answered to the key of a request with another body."""
    replays_other_payloads: bool = False
    """Whether the stored answer is right even where the body is another."""
    replays_errors: bool = False
    """Whether a stored error is right as the answer to a retry."""

    @property
    def policy(self) -> IdempotencyPolicy:
        """The same for the checks."""
        return IdempotencyPolicy(**self.model_dump())


class ConcurrencyConfig(Section):
    """What is tried of overlapping requests."""

    partners: int = Field(2, ge=0)
    """How many other operations each is made to overlap with, beside itself."""


class AuthorizationConfig(Section):
    """Who may do what, where that is not seen by itself."""

    shared: Strings = ()
    """Tables, as `products`, and operations, as `GET /wiki/*`, whose objects are everybody's who
    signs in."""
    public: Strings = ()
    """Operations that let in who does not sign in, as `GET /shop/*`, where the document does not
    say so."""
    admins: Strings = ()
    """Roles that may use the objects of everybody in their tenant. Others are found by what they
    are let in to."""

    @property
    def policy(self) -> AuthorizationPolicy:
        """The same for the checks."""
        return AuthorizationPolicy(self.shared, self.public, self.admins)


class SsrfConfig(Section):
    """Whom the service may be made to call."""

    allowed: Strings = ()
    """Operations that are meant to call what their users name, as `POST /webhooks`. `*` stands for
    any text."""


class DiscoveryConfig(Section):
    """How requests are found for operations that no scenario is for."""

    skip: Strings = ()
    """Operations that none is looked for, as `POST /admin/*`; `*` looks for none at all."""
    tries: int = Field(20, ge=1, le=500)
    """How many requests are tried for one operation."""


class Config(Section):
    """The whole configuration."""

    service: ServiceConfig
    """The service under test."""
    processes: dict[str, ProcessConfig] = Field(default_factory=dict)
    """What else must run beside it, by name."""
    stubs: dict[str, StubConfig] = Field(default_factory=dict)
    """Fakes of external services, by name."""
    database: DatabaseConfig = DatabaseConfig()
    """The database that is made for it."""
    idempotency: IdempotencyConfig = IdempotencyConfig()
    """What it promises of idempotency keys."""
    concurrency: ConcurrencyConfig = ConcurrencyConfig()
    """How far overlapping requests are looked at."""
    authorization: AuthorizationConfig = AuthorizationConfig()
    """Who may do what, where that is not seen by itself."""
    ssrf: SsrfConfig = SsrfConfig()
    """Whom the service may be made to call."""
    discovery: DiscoveryConfig = DiscoveryConfig()
    """How requests are found for operations that no scenario is for."""
    identities: dict[str, IdentityConfig] = Field(default_factory=dict)
    """Who uses the service, by name."""
    testing: TestingConfig = TestingConfig()
    """What the pytest plugin offers, where there is this section."""
    scenarios: Strings = (".seamproof/scenarios/*.yaml",)
    """Where the scenario files are: globs below the configuration's folder."""
    profile: str = ".seamproof/profile.toml"
    """Where what is learned of the service is kept, for review."""
    root: SkipJsonSchema[Path]
    """The folder of the configuration file, which relative paths start from."""
    file: SkipJsonSchema[Path | None] = None
    """The file that it was read from."""

    @field_validator("identities")
    @classmethod
    def _registered_by_earlier(
        cls, identities: dict[str, IdentityConfig]
    ) -> dict[str, IdentityConfig]:
        earlier: list[str] = []
        for name, identity in identities.items():
            by = identity.register_.as_ if identity.register_ is not None else None
            if by is not None and by not in earlier:
                raise ValueError(
                    f"has {name}.register.as = {by!r}, which must be an identity before {name}"
                )
            earlier.append(name)
        return identities

    @property
    def principals(self) -> tuple[Identity, ...]:
        """Who uses the service, without how they sign in."""
        return tuple(
            Identity(name, each.role, each.tenant) for name, each in self.identities.items()
        )

    def path(self, text: str) -> Path:
        """A path of the configuration, absolute."""
        return (self.root / Path(text).expanduser()).resolve()
