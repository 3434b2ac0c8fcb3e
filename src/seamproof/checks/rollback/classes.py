"""What `rollback` can find, for people: what it means, how it comes about, what to do."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_TRANSACTIONS = "https://www.postgresql.org/docs/current/tutorial-transactions.html"
_ERRORS = "https://www.postgresql.org/docs/current/errcodes-appendix.html"
_SAGAS = "https://microservices.io/patterns/data/saga.html"
_OUTBOX = "https://microservices.io/patterns/data/transactional-outbox.html"
_KEYS = "https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/"
_GATEWAY = "https://www.rfc-editor.org/rfc/rfc9110#section-15.6.3"

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
        "Clients, proxies and queues repeat such requests. After a success the service keeps a "
        "repetition out; after this error it has forgotten the first request. What doubles with "
        "no failure as well is told by the check `idempotency`, as duplicate-effect."
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
    boundary=BoundaryKind.HTTP_OUT,
    broken="outbound HTTP",
    cwe=(755,),
    references=(_GATEWAY,),
)

OF_STALLS = (NO_TIMEOUT, TRANSACTION_OPEN_DURING_CALL)
"""What is seen only while a call is not answered."""

CLASSES = (
    PARTIAL_STATE,
    LOST_WRITE,
    STUCK_RETRY,
    DOUBLED_BY_RETRY,
    POISONED_POOL,
    LEFT_IN_TRANSACTION,
    SERVICE_DIED,
    REFUSED_BUT_WROTE,
    UNCOMPENSATED_CALL,
    LOST_CALL,
    NO_TIMEOUT,
    TRANSACTION_OPEN_DURING_CALL,
    ERROR_NOT_TRANSLATED,
)
