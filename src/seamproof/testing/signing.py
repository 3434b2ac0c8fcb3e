"""How somebody who is no configured identity signs in: a row, by the login that is configured."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from seamproof.core.errors import ConfigurationError, ServiceError
from seamproof.run.experiment.requests import Bindings, Credentials, resolve
from seamproof.testing.client import Somebody

if TYPE_CHECKING:
    from seamproof.config.identities import IdentityConfig
    from seamproof.testing.engine import Engine
    from seamproof.world import World

_numbers = count(1)


def sign_in(engine: Engine, who: Any) -> Somebody:
    """Sign a row in by `testing.sign_in`; without that, a made row as a configured identity of its
    table does, and any other mapping is headers.

    Raises ConfigurationError where it is neither, and ServiceError where it is refused.
    """
    from seamproof.config.identities import IdentityConfig
    from seamproof.testing.factories import Made, accounts

    login = engine.config.testing.sign_in
    if login is None and isinstance(who, Made):
        try:
            return _admitted(engine, accounts.identity(engine, who))
        except ServiceError as error:
            error.hint = f"{accounts.HINT}; {error.hint}".removesuffix("; ")
            raise
    if login is None:
        if isinstance(who, Mapping) and all(isinstance(each, str) for each in who.values()):
            return Somebody(None, Credentials(tuple(who.items())))
        raise ConfigurationError(
            f"nothing says how {type(who).__name__} signs in",
            hint='write [testing.sign_in]: operation = "POST /login", '
            'body = { email = "{row.email}", password = "…" }',
        )
    row = who if isinstance(who, Mapping) else vars(who)
    bindings = Bindings({f"row.{name}": value for name, value in row.items()})
    filled = login.model_copy(
        update={"body": resolve(login.body, bindings), "form": resolve(login.form, bindings)}
    )
    return _admitted(engine, IdentityConfig(login=filled))


def _admitted(engine: Engine, identity: IdentityConfig) -> Somebody:
    name = f"row-{next(_numbers)}"
    return Somebody(None, admitted(engine, name, identity))


def admitted(engine: Engine, name: str, identity: IdentityConfig) -> Credentials:
    """The credentials that a sign-in gives now. Raises ServiceError where it is refused."""

    async def admit(world: World) -> Credentials:
        wallet = engine.premises.identities
        assert wallet.admission is not None
        return (await wallet.admission.first(name, identity, wallet)).credentials

    return engine.call(admit)
