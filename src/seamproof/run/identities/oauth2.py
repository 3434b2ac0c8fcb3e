"""An access token from the service's token endpoint (RFC 6749).

The client shows its secret by HTTP Basic, which every server must take (section 2.3.1), and in the
body where a server refuses that all the same.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from seamproof.core.errors import ServiceError
from seamproof.core.history import Response
from seamproof.core.model import Json
from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities import expiry, given
from seamproof.run.identities.admitted import Admitted
from seamproof.run.identities.desk import Desk

if TYPE_CHECKING:
    from seamproof.config.identities import OAuth2Config

_REFUSED = frozenset({400, 401, 403})
"""Statuses that a client's authentication is refused with (section 5.2, and what others do)."""


async def admit(desk: Desk, name: str, configured: OAuth2Config) -> Admitted:
    """Ask for a token. Raises ServiceError where it is refused."""
    what = f"the sign-in of {name!r}"
    secret = configured.client_secret
    asked = _asked(configured)
    if configured.client_id is not None and secret is None:
        # A client without a secret only names itself (section 3.2.1).
        asked["client_id"] = configured.client_id
    step = desk.step(configured.token, form=asked)
    response = await desk.send(what, step, _client(desk, configured))
    if response.status in _REFUSED and secret is not None:
        in_body = {**asked, "client_id": configured.client_id, "client_secret": secret}
        again = await desk.send(what, desk.step(configured.token, form=in_body))
        response = again if again.ok else response
    if not response.ok:
        raise await desk.refused(what, step, response)
    return _admitted(desk, what, configured, response)


def _asked(configured: OAuth2Config) -> dict[str, Json]:
    """The fields of sections 4.3.2 and 4.4.2."""
    fields: dict[str, Json] = {
        "grant_type": "password" if configured.by_password else "client_credentials"
    }
    if configured.by_password:
        fields |= {"username": configured.username, "password": configured.password}
    if configured.scope is not None:
        fields["scope"] = configured.scope
    return fields


def _client(desk: Desk, configured: OAuth2Config) -> Credentials | None:
    """The client's own credentials. Each part is encoded as a form is (section 2.3.1)."""
    if configured.client_id is None or configured.client_secret is None:
        return None
    pair = f"{quote_plus(configured.client_id)}:{quote_plus(configured.client_secret)}"
    encoded = base64.b64encode(pair.encode()).decode()
    desk.redactor.learn(configured.client_secret, encoded)
    return Credentials((("Authorization", f"Basic {encoded}"),))


def _admitted(desk: Desk, what: str, configured: OAuth2Config, response: Response) -> Admitted:
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        body = None
    token = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not token:
        raise ServiceError(
            f"{what} at {configured.token} gave no access_token",
            hint="a token endpoint answers as RFC 6749 has it; for any other use login",
            details=(desk.shown(response),),
        )
    kind = body.get("token_type")
    # The type is to be compared without case (section 5.1), and services often do not.
    scheme = "Bearer" if not isinstance(kind, str) or kind.lower() == "bearer" else kind
    lifetime = expiry.beside(body) or expiry.of_token(token)
    return Admitted(given.bearer(token, scheme, desk.redactor), lifetime, renewable=True)
