"""A token that a command prints."""

from __future__ import annotations

import re

from seamproof.core.errors import ServiceError
from seamproof.run.identities import expiry, given
from seamproof.run.identities.admitted import Admitted
from seamproof.run.identities.desk import Desk

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
"""What may stand in a header behind the scheme, without spaces (RFC 9110, section 5.5)."""


async def admit(desk: Desk, name: str, command: str, scheme: str) -> Admitted:
    """Run it, and take the last line. Raises ServiceError where that is no token."""
    key = f"identities.{name}.command"
    printed = await desk.commands.output("identity", key, command)
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    token = lines[-1] if lines else ""
    # Whatever it is, it may be a secret.
    desk.redactor.learn(*token.split())
    if not _TOKEN.fullmatch(token):
        what = "nothing" if not lines else "a last line that is no token: it has spaces in it"
        raise ServiceError(
            f"the command of {key} printed {what}",
            hint="it must print the token alone, on its last line",
        )
    return Admitted(
        given.bearer(token, scheme, desk.redactor), expiry.of_token(token), renewable=True
    )
