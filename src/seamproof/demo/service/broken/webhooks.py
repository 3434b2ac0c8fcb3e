"""Webhooks: where a tenant hears of its orders."""

import urllib.request

from fastapi import APIRouter, HTTPException

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Webhook
from seamproof.demo.service.principal import Admin, Principal
from seamproof.demo.service.schemas import WebhookIn, WebhookOut

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("", status_code=201)
def add_webhook(body: WebhookIn, user: Admin) -> WebhookOut:
    """Register an address, after a call that shows that it answers."""
    try:
        urllib.request.urlopen(body.url, timeout=2).close()  # noqa: S310 - the planted defect
    except (OSError, ValueError) as error:
        raise HTTPException(422, f"the address does not answer: {error}") from error
    return in_transaction(lambda session: _add(session, user, body))


def _add(session: Session, user: Principal, body: WebhookIn) -> WebhookOut:
    webhook = Webhook(tenant_id=user.tenant_id, url=body.url)
    session.add(webhook)
    session.flush()
    return WebhookOut.model_validate(webhook)
