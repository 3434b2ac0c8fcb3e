"""What the user said of the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ServiceRole(StrEnum):
    """As whom the service uses its tables."""

    AUTO = "auto"
    """Separate where a table has row-level security that its owner would bypass, else the owner."""
    OWNER = "owner"
    """With the rights of the role that migrates: the service may also change the schema."""
    SEPARATE = "separate"
    """With rights on the rows only, so that row-level security applies to it."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Which server to use, and what a database on it needs before its migrations."""

    url: str = ""
    """A test server on which databases may be created; empty for one of our own."""
    version: str = ""
    """The server's version, `16` or `16.4`; empty where any does."""
    extensions: tuple[str, ...] = ()
    """Extensions that are created by the superuser, before the migrations."""
    search_path: tuple[str, ...] = ()
    """Schemas, created where they are missing; empty for the server's default."""
    setup_sql: str = ""
    """Statements for the superuser, before the migrations: roles, schemas, settings."""
    role: ServiceRole = ServiceRole.AUTO
