"""An account is made, by its owner or by somebody who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities import given
from seamproof.run.identities.desk import Desk

if TYPE_CHECKING:
    from seamproof.config.identities import IdentityConfig, RegisterConfig


async def register(
    desk: Desk,
    name: str,
    identity: IdentityConfig,
    request: RegisterConfig,
    by: Credentials | None,
) -> None:
    """Make the account, `by` somebody who was admitted before, or by itself.

    Raises ServiceError where that is refused.
    """
    what = f"the registration of {name!r}"
    step = desk.step(request.operation, request.body, request.form)
    own = given.basic(identity.basic, desk.redactor) if identity.basic is not None else None
    response = await desk.send(what, step, by or own)
    if by is None and own is not None and response.status in {401, 403}:
        # Some services let nobody but a stranger register; others want the new name at once.
        response = await desk.send(what, step)
    if response.status not in request.expect and not (not request.expect and response.ok):
        raise await desk.refused(what, step, response)
