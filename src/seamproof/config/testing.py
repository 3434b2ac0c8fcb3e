"""How hand-written tests use the service: the pytest plugin's section."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from seamproof.config.identities import LoginConfig
from seamproof.config.sections import Section, Strings

_APPLICATION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(\))?")


def _application(text: str) -> str:
    if not _APPLICATION.fullmatch(text):
        raise ValueError(f"is {text!r}, and must be module:name, or module:factory()")
    return text


class TestingConfig(Section):
    """What the pytest plugin offers. It does nothing in a project without this section."""

    __test__ = False

    fixtures: tuple[Literal["api", "db", "make", "stubs"], ...] = ()
    """Short names beside the fixture `seam`: `api` is `seam.api`, and so on."""
    isolation: Literal["undo", "clone", "truncate", "transaction", "unique"] = "undo"
    """What brings the database back after each test: `undo` takes back what changed, `clone` copies
    the template, `truncate` empties and fills the tables, `transaction` rolls back one that is
    round the test, where the tests' own process is the service, `unique` leaves everything, for
    tests whose data is their own."""
    every_test: bool = False
    """Whether tests that ask for no fixture of seamproof are isolated as well."""
    in_process: bool = False
    """Whether the tests' own process is the service: none is started, and `service.env` is set
    there before anything of the tests is imported. So does `app`."""
    app: Annotated[str, AfterValidator(_application)] | None = None
    """The ASGI or WSGI application in the tests' own process that `api` calls: `app.main:app`."""
    replicas: int = Field(1, ge=1, le=8)
    """How many copies of the service are started for each worker. Where checks run on the tests it
    is `service.replicas`."""
    ignore: Strings = ()
    """Tables that `db.changes()` leaves out, as an audit log."""
    sign_in: LoginConfig | None = None
    """How a row signs in, for `api.as_(row)`: `{row.email}` in the body is its column."""

    @model_validator(mode="after")
    def _shares_one_process(self) -> Self:
        if self.isolation == "transaction" and not self.guest:
            raise ValueError(
                'isolation = "transaction" needs the service in the tests\' own process: write '
                'app = "app.main:app", or use undo, which works for one that is started'
            )
        return self

    @property
    def guest(self) -> bool:
        """Whether the service runs in the tests' own process."""
        return self.in_process or self.app is not None
