"""What `rollback` can find, for people: what it means, how it comes about, what to do."""

from __future__ import annotations

from seamproof.checks.rollback.outbound_classes import OUTBOUND
from seamproof.core.verdict import FindingClass

_TRANSACTIONS = "https://www.postgresql.org/docs/current/tutorial-transactions.html"
_ERRORS = "https://www.postgresql.org/docs/current/errcodes-appendix.html"

PARTIAL_STATE = FindingClass(
    name="partial-state",
    title="a failure in {operation} leaves a part of its rows",
    consequence=(
        "{fault} at {place}: the client was told {answer}, and of {expected_rows} changed "
        "rows {left_rows} stay in {tables}. The identical retry: {retry}.{others}"
    ),
    why=(
        "The operation's writes do not commit together: some are committed before the rest is "
        "safe, or an error in the middle is swallowed and the rest is committed. Any lost "
        "connection, deadlock, timeout or deployment at that moment leaves rows that no code "
        "path expects: an order with no items, money taken and nothing booked."
    ),
    fix=(
        "Do all writes of the operation in one transaction, and commit once, at its end. Do not "
        "catch a database error inside it and go on: roll back, and answer with an error."
    ),
    example="""
        1  POST /orders inserts the order. Its driver commits each statement by itself.
        2  Before the second statement, which inserts the items, the connection is lost.
        3  The service answers 500.
        4  The client sends the request again: 201, a second order, with its items.

        The first order is there for ever, and has no items.
    """,
    cwe=(460, 755),
    references=(_TRANSACTIONS,),
)

LOST_WRITE = FindingClass(
    name="lost-write",
    title="{operation} answers success and stores nothing",
    consequence=(
        "{fault} at {place}: {rolled_back}the client was told {answer}, and none of "
        "{expected_rows} changed rows is there."
    ),
    why=(
        "The database refused or rolled back, and the service did not notice: an exception is "
        "swallowed, or the answer is sent before the commit has succeeded. The client believes "
        "that its data are safe, and nobody will ever try again. Where COMMIT answers ROLLBACK, "
        "the check `trace` tells the same defect as commit-rolled-back."
    ),
    fix=(
        "Let a database error reach the handler that answers with an error, and answer only "
        "after COMMIT has returned successfully."
    ),
    example="""
        1  POST /messages inserts the message, and the database answers with a deadlock (40P01).
        2  The handler logs the error and goes on.
        3  The service answers 201.

        No message is stored, and the client has no reason to send it again.
    """,
    cwe=(252, 390),
    references=(_TRANSACTIONS,),
)

STUCK_RETRY = FindingClass(
    name="stuck-retry",
    title="after a failure in {operation}, repeating it fails for good",
    consequence=(
        "{fault} at {place} left {left_rows} of {expected_rows} changed rows in {tables}; "
        "the identical retry answers {retry}, and what was asked for is not there."
    ),
    why=(
        "The rows that the failed request left stand in the way of the next one: a unique value "
        "is taken, a status is already set. The client can neither finish nor start again, and "
        "a person must repair the data."
    ),
    fix=(
        "Do all writes of the operation in one transaction, so that a failure leaves nothing "
        "behind; where that is impossible, let the operation continue from what it finds."
    ),
    example="""
        1  POST /bookings inserts a booking of seat 12A, which is UNIQUE, and commits.
        2  Before it inserts the ticket the connection is lost. The service answers 503.
        3  The client sends the request again: the seat is taken (23505), 500. So is every retry.

        Seat 12A is booked by somebody who has no ticket and can get none.
    """,
    cwe=(460, 755),
    references=(_TRANSACTIONS,),
)

DOUBLED_BY_RETRY = FindingClass(
    name="doubled-by-retry",
    title="{operation} takes effect twice when its answer is lost and it is repeated",
    consequence=(
        "{fault} at {place}: everything was stored, the client was told {answer} and "
        "repeated the request; {tables} has the effect twice."
    ),
    why=(
        "The commit succeeded and its answer was lost, which no client can tell from a failure. "
        "Clients, proxies and queues repeat such requests. After a success the service keeps a "
        "repetition out; after this error it has forgotten the first request. What doubles with "
        "no failure as well is told by the check `idempotency`, as duplicate-effect."
    ),
    fix=(
        "Give the request a key that the client chooses (Idempotency-Key, or a unique business "
        "key), store it in the same transaction, and answer a repetition with the first result."
    ),
    example="""
        1  PUT /carts/1/checkout stores an order and commits. The answer to COMMIT is lost.
        2  The service answers 500, and forgets what it had done.
        3  The client sends the request again: 200.

        Two orders are stored. Had the first been answered 200, the second would have been refused.
    """,
    cwe=(837,),
    references=("https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2",),
)

POISONED_POOL = FindingClass(
    name="poisoned-pool",
    title="after one failed {operation} the service does not recover",
    consequence=(
        "{fault} at {place}: the client was told {answer}; afterwards, without any fault, "
        "the act answers {retry}, {tries} times of {tries}."
    ),
    why=(
        "The service keeps a broken connection, one that is inside a failed transaction, or a "
        "lock: the error path does not roll back or does not give the connection back to the "
        "pool. One short failure of the database becomes an outage until the next restart."
    ),
    fix=(
        "Acquire connections in a context manager that rolls back and returns them on any "
        "error, and let the pool test or discard connections that failed."
    ),
    example="""
        1  POST /notes fails at its INSERT: serialization failure (40001). It answers 500.
        2  The connection goes back to the pool inside the failed transaction.
        3  The next request takes it, and each statement fails: current transaction is aborted
           (25P02). It answers 500.

        So does every request after it, until somebody restarts the service.
    """,
    broken="connection",
    cwe=(772, 404),
    references=(_ERRORS,),
)

LEFT_IN_TRANSACTION = FindingClass(
    name="left-in-transaction",
    title="a failure in {operation} leaves a transaction open",
    consequence=(
        "{fault} at {place}: after the answer ({answer}) the connection stays inside its "
        "transaction."
    ),
    why=(
        "The error path neither commits nor rolls back. A transaction that has not failed keeps "
        "its row locks, so that others wait, and its snapshot, behind which vacuum cannot clean "
        "up; the next request on the connection continues it, and may commit or lose work that is "
        "not its own. One that has failed has let its locks go, and refuses every statement until "
        "somebody ends it: each request that is given the connection fails."
    ),
    fix="End the transaction on every path: a context manager, or a rollback in `finally`.",
    example="""
        1  POST /notes/1/likes begins a transaction and updates the note.
        2  On a connection of its own, the line of the audit log fails. The handler answers 500.
        3  It neither ends the transaction nor gives its connection back.

        Whoever wants to change that note waits for a transaction that nobody will end.
    """,
    cwe=(404, 667),
    references=(
        "https://www.postgresql.org/docs/current/runtime-config-client.html"
        "#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
    ),
)

SERVICE_DIED = FindingClass(
    name="service-died",
    title="a failure during {operation} ends the service's process",
    consequence="{fault} at {place}: the process exited; the client was told {answer}.",
    why=(
        "An error of a driver or a client is not handled where it arises, as an event without a "
        "listener or a rejected promise, and the runtime ends the process: all other requests "
        "that it was serving fail with it."
    ),
    fix=(
        "Handle errors of connections and pools where they are emitted, answer the one request "
        "with an error, and go on."
    ),
    example="""
        1  A Node service makes a client of its own for POST /alerts, and listens to no `error`.
        2  The database closes the connection. The client emits `error`.
        3  An error event that nobody listens to ends the process.

        The other requests that it was serving are lost with this one.
    """,
    broken="connection",
    cwe=(248, 755),
    references=(_ERRORS,),
)

REFUSED_BUT_WROTE = FindingClass(
    name="refused-but-wrote",
    title="{operation} refuses the request and keeps rows of it",
    consequence=(
        "No fault was injected. The client was told {answer}, and {left_rows} changed rows stay "
        "in {tables}."
    ),
    why=(
        "The operation writes before it has checked everything, commits, and then refuses. "
        "What stays behind belongs to nothing: the client was told that it did not happen."
    ),
    fix=(
        "Check first and write afterwards, or do both in one transaction that is rolled back "
        "where the request is refused."
    ),
    example="""
        1  POST /orders inserts the order and commits.
        2  It looks up the coupon, which has expired.
        3  The service answers 422.

        The client was told that nothing was ordered, and the order is there.
    """,
    cwe=(460, 696),
    references=(_TRANSACTIONS,),
)

CLASSES = (
    PARTIAL_STATE,
    LOST_WRITE,
    STUCK_RETRY,
    DOUBLED_BY_RETRY,
    POISONED_POOL,
    LEFT_IN_TRANSACTION,
    SERVICE_DIED,
    REFUSED_BUT_WROTE,
    *OUTBOUND,
)
