"""The requests of a sign-in, and why one is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from seamproof.core.errors import ServiceError
from seamproof.core.history import Response, Silence
from seamproof.core.model import Operation, Step
from seamproof.run.experiment import lane, requests
from seamproof.run.experiment.lane import Door
from seamproof.run.experiment.requests import Bindings, Credentials
from seamproof.run.openapi import NOT_FOUND, OpenApi

if TYPE_CHECKING:
    from seamproof.run.redaction import Redactor

TIMEOUT = 30.0
"""Seconds that a request of a sign-in may take."""
_SILENT = {
    Silence.REFUSED: "nothing listens there any more",
    Silence.CLOSED: "the connection was closed",
    Silence.TIMEOUT: f"it did not answer in {TIMEOUT:g} s",
    Silence.GARBAGE: "what it answers is no HTTP",
}
_SHOWN = 300
"""Characters of a refusal's body that a message shows."""


class Commands(Protocol):
    """Runs a command where the service runs."""

    async def output(self, name: str, key: str, text: str) -> str:
        """What it prints. Raises ServiceError where it fails."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Where identities register and sign in, one after the other."""

    door: Door
    redactor: Redactor
    openapi: OpenApi
    commands: Commands

    def step(self, operation: str, body: Any = None, form: dict[str, Any] | None = None) -> Step:
        """A request as a step; the secrets in it are taken note of."""
        self.redactor.learn_from(body)
        self.redactor.learn_from(form)
        return Step(Operation.parse(operation), json=body, form=form)

    async def send(self, what: str, step: Step, credentials: Credentials | None = None) -> Response:
        """The answer to a request of `what`. Raises ServiceError where there is none."""
        request = requests.build(step, Bindings(), credentials or Credentials(), place="sign-in")
        data = requests.encode(request, self.door.name)
        answer = await lane.send(self.door.host, self.door.port, data, timeout=TIMEOUT)
        if answer.silence is not None:
            raise ServiceError(
                f"{what} at {step.operation.id} got no response: {_SILENT[answer.silence]}",
                hint="see the service's last lines, and the operation under [identities]",
            )
        assert answer.response is not None
        return answer.response

    async def refused(self, what: str, step: Step, response: Response) -> ServiceError:
        """The error for a request of `what` that was answered with a refusal."""
        hint = "check its body and password in [identities], and that the seed makes the account"
        if response.status in NOT_FOUND:
            known = await self.openapi.missing(step.operation)
            hint = f"{known or 'the service may have no such operation'}; see [identities]"
        return ServiceError(
            f"{what} was refused: {step.operation.id} answered {response.status}",
            hint=hint,
            details=(self.shown(response),),
        )

    def shown(self, response: Response) -> str:
        """The beginning of an answer's body, secrets redacted."""
        text = self.redactor.body(response.body).decode("utf-8", "replace")
        try:
            text = json.dumps(json.loads(text), ensure_ascii=False)
        except (ValueError, RecursionError):
            text = " ".join(text.split())
        return text[:_SHOWN]
