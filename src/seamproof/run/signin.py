"""Identities to credentials: accounts registered, logins done, tokens and cookies kept.

It happens once, before the state that every experiment starts from is marked: sessions and
accounts belong to that state.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seamproof.core.errors import ServiceError
from seamproof.core.history import Response, Silence
from seamproof.core.model import Operation, Step
from seamproof.run.experiment import lane, requests
from seamproof.run.experiment.extraction import NotThere, cookies, extract
from seamproof.run.experiment.lane import Door
from seamproof.run.experiment.requests import Bindings, Credentials
from seamproof.run.openapi import NOT_FOUND, OpenApi

if TYPE_CHECKING:
    from seamproof.config.models import IdentityConfig, LoginConfig, RegisterConfig
    from seamproof.run.redaction import Redactor

TIMEOUT = 30.0
"""Seconds that a sign-in may take."""
_SILENT = {
    Silence.REFUSED: "nothing listens there any more",
    Silence.CLOSED: "the connection was closed",
    Silence.TIMEOUT: f"it did not answer in {TIMEOUT:g} s",
    Silence.GARBAGE: "what it answers is no HTTP",
}
_SHOWN = 300
"""Characters of a refusal's body that a message shows."""


async def sign_in(
    identities: Mapping[str, IdentityConfig], door: Door, redactor: Redactor, openapi: OpenApi
) -> dict[str, Credentials]:
    """Credentials by identity. Raises ServiceError where a login is refused, with what `openapi`
    says of an operation that is not there."""
    desk = _Desk(door, redactor, openapi)
    admitted: dict[str, Credentials] = {}
    for name, configured in identities.items():
        identity = configured.filled(name, os.environ)
        admitted[name] = await desk.admit(name, identity, admitted)
    return admitted


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where identities register and log in, one after the other."""

    door: Door
    redactor: Redactor
    openapi: OpenApi

    async def admit(
        self, name: str, identity: IdentityConfig, admitted: Mapping[str, Credentials]
    ) -> Credentials:
        """The credentials of one identity; one that was `admitted` before may register it."""
        if identity.register_ is not None:
            by = identity.register_.as_
            await self._register(name, identity, identity.register_, admitted[by] if by else None)
        if identity.login is not None:
            return await self._login(name, identity.login)
        if identity.bearer is not None:
            self.redactor.learn(identity.bearer)
            return Credentials((("Authorization", f"Bearer {identity.bearer}"),))
        if identity.header is not None:
            self.redactor.learn(identity.header.value)
            return Credentials(((identity.header.name, identity.header.value),))
        return _basic(identity, self.redactor) or Credentials()

    async def _register(
        self,
        name: str,
        identity: IdentityConfig,
        register: RegisterConfig,
        by: Credentials | None,
    ) -> None:
        what = f"the registration of {name!r}"
        step = self._step(register.operation, register.body, register.form)
        own = _basic(identity, self.redactor)
        response = await self._send(what, step, by or own or Credentials())
        if by is None and own is not None and response.status in {401, 403}:
            # Some services let nobody but a stranger register; others want the new name at once.
            response = await self._send(what, step, Credentials())
        if response.status not in register.expect and not (not register.expect and response.ok):
            raise await self._refused(what, step, response)

    async def _login(self, name: str, login: LoginConfig) -> Credentials:
        what = f"the login of {name!r}"
        step = self._step(login.operation, login.body, login.form)
        response = await self._send(what, step, Credentials())
        if response.status >= 400:
            raise await self._refused(what, step, response)
        if login.token is None:
            kept = cookies(response)
            if not kept:
                raise ServiceError(
                    f"{what} at {step.operation.id} set no cookie",
                    hint="say where the token is: login.token = '$.access_token'",
                )
            self.redactor.learn(*kept.values())
            return Credentials(cookies=kept)
        try:
            token = str(extract(response, login.token))
        except (NotThere, ValueError) as error:
            raise ServiceError(
                f"{what} at {step.operation.id} gave no token: {error}",
                hint="login.token is a path into its body, as $.access_token",
                details=(_shown(response, self.redactor),),
            ) from None
        self.redactor.learn(token)
        value = f"{login.scheme} {token}" if login.scheme else token
        return Credentials(((login.header, value),), cookies(response))

    def _step(self, operation: str, body: Any, form: dict[str, Any] | None) -> Step:
        self.redactor.learn_from(body)
        self.redactor.learn_from(form)
        return Step(Operation.parse(operation), json=body, form=form)

    async def _send(self, what: str, step: Step, credentials: Credentials) -> Response:
        request = requests.build(step, Bindings(), credentials, place="sign-in")
        data = requests.encode(request, self.door.name)
        answer = await lane.send(self.door.host, self.door.port, data, timeout=TIMEOUT)
        if answer.silence is not None:
            raise ServiceError(
                f"{what} at {step.operation.id} got no response: {_SILENT[answer.silence]}",
                hint="see the service's last lines, and the operation under [identities]",
            )
        assert answer.response is not None
        return answer.response

    async def _refused(self, what: str, step: Step, response: Response) -> ServiceError:
        hint = "check its body and password in [identities], and that the seed makes the account"
        if response.status in NOT_FOUND:
            known = await self.openapi.missing(step.operation)
            hint = f"{known or 'the service may have no such operation'}; see [identities]"
        return ServiceError(
            f"{what} was refused: {step.operation.id} answered {response.status}",
            hint=hint,
            details=(_shown(response, self.redactor),),
        )


def _basic(identity: IdentityConfig, redactor: Redactor) -> Credentials | None:
    if identity.basic is None:
        return None
    redactor.learn(identity.basic.password)
    pair = f"{identity.basic.username}:{identity.basic.password}".encode()
    encoded = base64.b64encode(pair).decode()
    redactor.learn(encoded)
    return Credentials((("Authorization", f"Basic {encoded}"),))


def _shown(response: Response, redactor: Redactor) -> str:
    text = redactor.body(response.body).decode("utf-8", "replace")
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        text = " ".join(text.split())
    return text[:_SHOWN]
