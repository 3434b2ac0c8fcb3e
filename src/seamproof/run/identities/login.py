"""A request that signs in: the answer has a token, or its cookies are a session.

A session may want a token against forged requests. Where the configuration says nothing of it, a
refusal that asks for one is answered with that of the login's own page, and one that comes in a
cookie of a known name is sent from then on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seamproof.core.errors import ServiceError
from seamproof.core.history import Response
from seamproof.core.model import Step
from seamproof.run.experiment.extraction import NotThere, at_path, cookies, extract
from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities import csrf, expiry
from seamproof.run.identities.admitted import Admitted
from seamproof.run.identities.csrf import Csrf
from seamproof.run.identities.desk import Desk

if TYPE_CHECKING:
    from seamproof.config.identities import CsrfConfig, LoginConfig


async def admit(desk: Desk, name: str, login: LoginConfig) -> Admitted:
    """Sign in. Raises ServiceError where that is refused, or gives nothing to show."""
    visit = _Visit(desk, f"the login of {name!r}", login)
    return await visit.admit()


@dataclass(slots=True)
class _Visit:
    """One sign-in, with the cookies that it has been given so far."""

    desk: Desk
    what: str
    login: LoginConfig
    jar: dict[str, str] = field(default_factory=dict)
    csrf: Csrf | None = None

    async def admit(self) -> Admitted:
        """The whole sign-in."""
        login = self.login
        step = self.desk.step(login.operation, login.body, login.form)
        if login.csrf is not None:
            self.csrf = await self._told(login.csrf, step)
        response = await self._send(step)
        if login.csrf is None and csrf.demanded(response):
            page = await self._send(self._page(step))
            self.csrf = csrf.detected(page, self.jar)
            if self.csrf is not None:
                response = await self._send(step)
        if response.status >= 400 or (login.token is None and csrf.asks_for_password(response)):
            raise await self.desk.refused(self.what, step, response)
        if login.token is not None:
            return self._token(step, response, login.token)
        return await self._session(step, response)

    async def _send(self, step: Step) -> Response:
        """The answer to a request with what is known so far; the cookies that it sets are kept."""
        held = Credentials(
            self.csrf.headers if self.csrf else (),
            dict(self.jar),
            fields=self.csrf.fields if self.csrf else (),
        )
        response = await self.desk.send(self.what, step, held)
        self.jar |= cookies(response)
        self.desk.redactor.learn(*self.jar.values())
        return response

    def _page(self, step: Step) -> Step:
        """The page of the login: what a browser asks for before it sends the form."""
        page = self.desk.step(f"GET {step.operation.path}")
        return Step(page.operation, headers={"Accept": "text/html, application/json;q=0.9"})

    async def _told(self, configured: CsrfConfig, step: Step) -> Csrf:
        """The token as it is configured. Raises ServiceError where there is none."""
        asked = self._page(step)
        if configured.operation is not None:
            asked = Step(self.desk.step(configured.operation).operation)
        response = await self._send(asked)
        try:
            found = csrf.told(configured, response, self.jar)
        except (NotThere, ValueError) as error:
            raise ServiceError(
                f"{self.what}: {asked.operation.id} answered {response.status}, and gave no token "
                f"against forged requests: {error}",
                hint="say where it is: csrf = { operation = 'GET /csrf', from = '$.token' }",
                details=(self.desk.shown(response),),
            ) from None
        self.desk.redactor.learn(found.value)
        return found

    def _token(self, step: Step, response: Response, place: str) -> Admitted:
        try:
            token = str(extract(response, place))
        except (NotThere, ValueError) as error:
            raise ServiceError(
                f"{self.what} at {step.operation.id} gave no token: {error}",
                hint="login.token is a path into its body, as $.access_token",
                details=(self.desk.shown(response),),
            ) from None
        self.desk.redactor.learn(token)
        value = f"{self.login.scheme} {token}" if self.login.scheme else token
        held = Credentials(((self.login.header, value),), dict(self.jar))
        lifetime = _beside(response, place) or expiry.of_token(token)
        return Admitted(held, lifetime, renewable=True)

    async def _session(self, step: Step, response: Response) -> Admitted:
        sessions = [name for name in self.jar if not csrf.is_cookie(name)]
        if not sessions:
            raise ServiceError(
                f"{self.what} at {step.operation.id} set no cookie of a session",
                hint="say where the token is: login.token = '$.access_token'",
            )
        lifetime = expiry.of_cookies(response, sessions)
        await self._renewed_csrf(step)
        found = self.csrf
        held = Credentials(
            found.headers if found else (), dict(self.jar), fields=found.fields if found else ()
        )
        return Admitted(held, lifetime, renewable=True)

    async def _renewed_csrf(self, step: Step) -> None:
        """The token of the new session: many services change it at a sign-in."""
        configured = self.login.csrf
        by_cookie = csrf.of_cookies(self.jar)
        if by_cookie is not None and (configured is None or configured.from_ is None):
            known = self.csrf or by_cookie
            self.csrf = Csrf(by_cookie.value, known.header, known.field)
        elif configured is not None:
            try:
                self.csrf = await self._told(configured, step)
            except ServiceError:
                # A login's page is often not shown to who is signed in: the first token stays.
                return


def _beside(response: Response, place: str) -> float | None:
    """What the object that holds the token says of its lifetime."""
    if not place.startswith("$"):
        return None
    holder, dot, _ = place.rpartition(".")
    if not dot:
        return None
    try:
        return expiry.beside(at_path(json.loads(response.body), holder))
    except (NotThere, ValueError, RecursionError):
        return None
