"""What `rollback` can find of calls to other services, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_SAGAS = "https://microservices.io/patterns/data/saga.html"
_OUTBOX = "https://microservices.io/patterns/data/transactional-outbox.html"
_KEYS = "https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/"
_GATEWAY = "https://www.rfc-editor.org/rfc/rfc9110#section-15.6.3"

UNCOMPENSATED_CALL = FindingClass(
    name="uncompensated-call",
    title="{operation} fails after `{call}` was done, and does not take it back",
    consequence=(
        "{fault} at {place}: the client was told {answer} and nothing of it is stored, but "
        "{stub} has done `{call}`. No call took it back; the identical retry: {retry}."
    ),
    why=(
        "The other service knows nothing of our transaction: what it has done stays done when we "
        "roll back. A card is charged for an order that does not exist, and since the client was "
        "told of a failure it tries again and is charged again."
    ),
    fix=(
        "Write down what will be called, and commit, before calling; take the call back (refund, "
        "void) where what follows fails, or send a key that the retry repeats."
    ),
    example="""
        1  POST /orders calls POST /charges: the card is charged.
        2  Its INSERT fails, and the transaction rolls back. The service answers 500.
        3  The client sends the request again: the card is charged again, and the order is stored.

        Two charges, one order. No refund was ever asked for.
    """,
    boundary=BoundaryKind.HTTP_OUT,
    broken="outbound HTTP",
    cwe=(460, 841),
    references=(_SAGAS, _KEYS),
)

LOST_CALL = FindingClass(
    name="lost-call",
    title="{operation} answers success although `{call}` failed",
    consequence=(
        "{fault} at {place}: the client was told {answer} and everything is stored as if the call "
        "had succeeded; {stub} has done nothing, and was not asked again."
    ),
    why=(
        "The call's failure is swallowed: its status is not looked at, or its exception is logged "
        "and forgotten. The order is confirmed and nobody was charged, and no row says that "
        "something is still to be done."
    ),
    fix=(
        "Answer with an error where the call is needed; where it may come later, store what is to "
        "be sent in the same transaction (an outbox) and repeat it until it is done."
    ),
    example="""
        1  POST /orders stores the order and calls POST /pickups.
        2  The carrier answers 503. The handler logs that.
        3  The service answers 201.

        The order is confirmed, nobody will fetch it, and no row says so.
    """,
    boundary=BoundaryKind.HTTP_OUT,
    broken="outbound HTTP",
    cwe=(252, 390),
    references=(_OUTBOX,),
)

NO_TIMEOUT = FindingClass(
    name="no-timeout",
    title="{operation} waits for `{call}` without a limit",
    consequence=(
        "While {stub} did not answer `{call}`, the client had no answer within {deadline}."
    ),
    why=(
        "Most HTTP clients wait for ever, or for minutes, unless they are told otherwise. Each "
        "request that waits holds a worker, often a connection of the database, so that one slow "
        "dependency stops everything."
    ),
    fix=(
        "Give each call a timeout for connecting and for reading, below the deadline of the "
        "request that it is made for, and answer 503 or 504 when it is over."
    ),
    example="""
        1  POST /deliveries calls the carrier, with a client that has no timeout.
        2  The carrier accepts the connection and does not answer.
        3  The request waits, for as long as the carrier likes.

        A few such requests hold every worker, and operations that need no carrier stop as well.
    """,
    boundary=BoundaryKind.HTTP_OUT,
    broken="outbound HTTP",
    cwe=(400, 1088),
    references=("https://www.rfc-editor.org/rfc/rfc9110#section-15.6.5",),
)

TRANSACTION_OPEN_DURING_CALL = FindingClass(
    name="transaction-open-during-call",
    title="{operation} holds row locks while it waits for `{call}`",
    consequence=(
        "While {stub} did not answer `{call}`, the transaction of `{statement}` stayed open, with "
        "its locks, for all of {deadline}."
    ),
    why=(
        "The call is made between a write and its COMMIT. Everybody else who needs those rows "
        "waits as long as the other service likes, and their requests wait behind them."
    ),
    fix=(
        "Make the call before the transaction begins or after it is committed, with a row that "
        "says what is under way; at the least give the call a short timeout."
    ),
    example="""
        1  POST /deliveries takes the parcel off the shelf: UPDATE shelves …, which locks the row.
        2  It calls the carrier, which does not answer.
        3  Another request for the same shelf waits for the lock. So does the next.

        They end when the carrier answers, or when the pool has no connection left.
    """,
    boundary=BoundaryKind.HTTP_OUT,
    cwe=(667, 833),
    references=(_OUTBOX,),
)

ERROR_NOT_TRANSLATED = FindingClass(
    name="error-not-translated",
    title="a failure of {stub} makes {operation} fail as if it were its own",
    consequence="{fault} at {place}: the client was told {answer}.",
    why=(
        "The client's error escapes the handler. A 500 or a dropped connection says that the "
        "service is broken: the client cannot tell whether to try again, and the wrong team is "
        "called at night."
    ),
    fix=(
        "Catch what the HTTP client raises (statuses, timeouts, lost connections, bodies that are "
        "not what they say) and answer with a declared error: 502, 503 or 504, or a 4xx where the "
        "other service refuses."
    ),
    example="""
        1  POST /orders calls POST /charges, which answers 503.
        2  The HTTP client raises, and nobody catches it.
        3  The service answers 500.

        The client is told of a defect of this service. 503 would tell it to come back later.
    """,
    boundary=BoundaryKind.HTTP_OUT,
    broken="outbound HTTP",
    cwe=(755,),
    references=(_GATEWAY,),
)

OF_STALLS = (NO_TIMEOUT, TRANSACTION_OPEN_DURING_CALL)
"""What is seen only while a call is not answered."""

OUTBOUND = (
    UNCOMPENSATED_CALL,
    LOST_CALL,
    NO_TIMEOUT,
    TRANSACTION_OPEN_DURING_CALL,
    ERROR_NOT_TRANSLATED,
)
