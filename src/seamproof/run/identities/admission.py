"""Everybody registers and signs in, one after the other.

It happens before the state that every experiment starts from is marked: sessions and accounts
belong to that state.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities import command, given, login, oauth2, register
from seamproof.run.identities.admitted import Admitted
from seamproof.run.identities.desk import Desk

if TYPE_CHECKING:
    from seamproof.config.identities import IdentityConfig


@dataclass(frozen=True, slots=True)
class Admission:
    """Signs identities in, each in its own way."""

    desk: Desk

    async def first(
        self, name: str, identity: IdentityConfig, earlier: Mapping[str, Credentials]
    ) -> Admitted:
        """Register one where it asks for that, and sign it in; one that came `earlier` may register
        it. Raises ServiceError where that is refused."""
        filled = identity.filled(name, os.environ)
        if filled.register_ is not None:
            by = filled.register_.as_
            await register.register(
                self.desk, name, filled, filled.register_, earlier[by] if by else None
            )
        return await self._sign_in(name, filled)

    async def again(self, name: str, identity: IdentityConfig) -> Admitted:
        """Sign one in that is registered. Raises ServiceError where that is refused."""
        return await self._sign_in(name, identity.filled(name, os.environ))

    async def _sign_in(self, name: str, identity: IdentityConfig) -> Admitted:
        redactor = self.desk.redactor
        scheme = "Bearer" if identity.scheme is None else identity.scheme
        if identity.login is not None:
            return await login.admit(self.desk, name, identity.login)
        if identity.oauth2 is not None:
            return await oauth2.admit(self.desk, name, identity.oauth2)
        if identity.command is not None:
            return await command.admit(self.desk, name, identity.command, scheme)
        if identity.bearer is not None:
            return Admitted(given.bearer(identity.bearer, scheme, redactor))
        if identity.header is not None:
            return Admitted(given.header(identity.header, redactor))
        if identity.api_key is not None:
            return Admitted(given.api_key(identity.api_key, redactor))
        assert identity.basic is not None
        return Admitted(given.basic(identity.basic, redactor))


def described(identity: IdentityConfig) -> str:
    """How an identity shows who it is, in a few words and without a secret."""
    if (by := identity.login) is not None:
        if by.token is None:
            return f"{by.operation}, cookies kept"
        return f"{by.operation}, token from {by.token} in the header {by.header}"
    if identity.oauth2 is not None:
        grant = "password" if identity.oauth2.by_password else "client_credentials"
        return f"{identity.oauth2.token}, grant {grant}"
    if identity.command is not None:
        return "the token that a command prints, in the header Authorization"
    if identity.bearer is not None:
        return "a bearer token in the header Authorization"
    if identity.header is not None:
        return f"the header {identity.header.name}"
    if identity.api_key is not None:
        return f"an API key, {identity.api_key.in_} {identity.api_key.name}"
    return "user and password by HTTP Basic"
