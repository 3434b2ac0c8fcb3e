"""Webhooks: where a tenant hears of its orders."""

from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Webhook
from seamproof.demo.service.principal import Admin, Principal
from seamproof.demo.service.schemas import WebhookIn, WebhookOut
from seamproof.demo.service.settings import WEBHOOK_HOSTS

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("", status_code=201)
def add_webhook(body: WebhookIn, user: Admin) -> WebhookOut:
    """Register an address on a host that the operator allows. It is not called now."""
    try:
        address = urlsplit(body.url)
    except ValueError as error:
        raise HTTPException(400, "this is no URL") from error
    if address.scheme != "https" or address.hostname not in WEBHOOK_HOSTS:
        raise HTTPException(400, "webhooks go to https and to allowed hosts only")
    return in_transaction(lambda session: _add(session, user, body))


def _add(session: Session, user: Principal, body: WebhookIn) -> WebhookOut:
    webhook = Webhook(tenant_id=user.tenant_id, url=body.url)
    session.add(webhook)
    session.flush()
    return WebhookOut.model_validate(webhook)
