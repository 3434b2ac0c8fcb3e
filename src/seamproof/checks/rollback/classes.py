"""What `rollback` can find, for people: what it means, how it comes about, what to do."""

from __future__ import annotations

from seamproof.core.verdict import FindingClass

_TRANSACTIONS = "https://www.postgresql.org/docs/current/tutorial-transactions.html"
_ERRORS = "https://www.postgresql.org/docs/current/errcodes-appendix.html"

PARTIAL_STATE = FindingClass(
    name="partial-state",
    title="a failure in {operation} leaves a part of its rows",
    consequence=(
        "{fault} at {place}: the client was told {answer}, and of {expected_rows} changed "
        "rows {left_rows} stay in {tables}. The identical retry: {retry}."
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
    cwe=(460, 755),
    references=(_TRANSACTIONS,),
)

LOST_WRITE = FindingClass(
    name="lost-write",
    title="{operation} answers success and stores nothing",
    consequence=(
        "{fault} at {place}: the client was told {answer}, and none of {expected_rows} "
        "changed rows is there."
    ),
    why=(
        "The database refused or rolled back, and the service did not notice: an exception is "
        "swallowed, or the answer is sent before the commit has succeeded. The client believes "
        "that its data are safe, and nobody will ever try again."
    ),
    fix=(
        "Let a database error reach the handler that answers with an error, and answer only "
        "after COMMIT has returned successfully."
    ),
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
        "Clients, proxies and queues repeat such requests. PUT and DELETE promise one effect "
        "however often they are sent (RFC 9110, section 9.2.2); a POST needs a key for that."
    ),
    fix=(
        "Give the request a key that the client chooses (Idempotency-Key, or a unique business "
        "key), store it in the same transaction, and answer a repetition with the first result."
    ),
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
    broken="connection",
    cwe=(772, 404),
    references=(_ERRORS,),
)

LEFT_IN_TRANSACTION = FindingClass(
    name="left-in-transaction",
    title="a failure in {operation} leaves a transaction open",
    consequence=(
        "{fault} at {place}: after the answer ({answer}) the connection stays inside its "
        "transaction, with its locks and its snapshot."
    ),
    why=(
        "The error path neither commits nor rolls back. Row locks stay, so that others wait; "
        "the next request on the connection continues that transaction, and may commit or lose "
        "work that is not its own; vacuum cannot clean up behind its snapshot."
    ),
    fix="End the transaction on every path: a context manager, or a rollback in `finally`.",
    cwe=(404, 667),
    references=(
        "https://www.postgresql.org/docs/current/runtime-config-client.html"
        "#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
    ),
)

SERVICE_DIED = FindingClass(
    name="service-died",
    title="a database failure during {operation} ends the service's process",
    consequence="{fault} at {place}: the process exited; the client was told {answer}.",
    why=(
        "An error of the database driver is not handled where it arises, as an event without a "
        "listener or a rejected promise, and the runtime ends the process: all other requests "
        "that it was serving fail with it."
    ),
    fix=(
        "Handle errors of connections and pools where they are emitted, answer the one request "
        "with an error, and go on."
    ),
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
)
