"""Charges that are to be given back: noted first, asked for then, and again until it is done."""

import logging
import threading
import time

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from seamproof.demo.service.database import Session, in_transaction
from seamproof.demo.service.models import Cancellation
from seamproof.demo.service.payments import Declined, Unanswered, provider

PATIENCE = 0.12
"""Seconds that the provider may take."""
_PERIOD = 60.0
log = logging.getLogger(__name__)


def note(session: Session, reference: str) -> None:
    """Write down, in the caller's transaction, that a charge is to be given back."""
    session.execute(insert(Cancellation).values(reference=reference).on_conflict_do_nothing())


def deliver(reference: str) -> None:
    """Give a charge back that is noted. Where that fails, it stays noted."""
    try:
        provider.cancel(reference, timeout=PATIENCE)
        done = delete(Cancellation).where(Cancellation.reference == reference)
        in_transaction(lambda session: session.execute(done))
    except (Declined, Unanswered, SQLAlchemyError):
        log.warning("charge %s is given back later", reference, exc_info=True)


def give_back(reference: str) -> None:
    """Give a charge back, or note it where the provider does not answer."""
    try:
        provider.cancel(reference, timeout=PATIENCE)
    except (Declined, Unanswered):
        in_transaction(lambda session: note(session, reference))


def start() -> None:
    """Begin to deliver, every minute, what is still noted."""
    threading.Thread(target=_work, name="outbox", daemon=True).start()


def _work() -> None:
    while True:
        time.sleep(_PERIOD)
        try:
            due = in_transaction(
                lambda session: session.scalars(select(Cancellation.reference)).all()
            )
        except SQLAlchemyError:
            continue
        for reference in due:
            deliver(reference)
