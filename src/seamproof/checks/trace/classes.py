"""What `trace` can find, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_COMMIT = "https://www.postgresql.org/docs/current/sql-commit.html"

COMMIT_ROLLED_BACK = FindingClass(
    name="commit-rolled-back",
    title="{operation} answers success although its COMMIT rolled back",
    consequence=(
        "The client was told {answer}; the database answered COMMIT with ROLLBACK, because "
        "`{statement}` had failed before: nothing of that transaction is stored."
    ),
    why=(
        "PostgreSQL answers COMMIT in a failed transaction with the tag ROLLBACK and with no "
        "error. A service that catches the first error and goes on to commit takes that for "
        "success. What is not stored the check `rollback` tells, as lost-write or partial-state: "
        "one defect, seen from the wire and in the rows."
    ),
    fix=(
        "Do not catch a database error inside its transaction without rolling back to a "
        "savepoint; let it end the request with an error."
    ),
    example="""
        1  POST /visits inserts a row: deadlock (40P01). The handler catches that and goes on.
        2  COMMIT. The database answers ROLLBACK, which is no error.
        3  The service answers 201.

        Nothing of the transaction is stored.
    """,
    cwe=(252, 390),
    references=(_COMMIT,),
)

EARLY_ANSWER = FindingClass(
    name="early-answer",
    title="{operation} answers success before it has committed",
    consequence=(
        "While the COMMIT after `{statement}` was held, the client was told {answer}. Whatever "
        "happens to that COMMIT, the client believes that its data are stored."
    ),
    why=(
        "The answer is sent before the transaction ends: the commit is in a finaliser, a "
        "dependency that closes after the response, or a background task. A commit that fails "
        "then is never told, and a client that reads its own write at once may not find it."
    ),
    fix="Commit before the response is made; leave only closing to what runs after it.",
    example="""
        1  POST /reviews inserts a row. The COMMIT is in a dependency that ends after the answer.
        2  The service answers 201.
        3  COMMIT fails: the connection is lost.

        The client was told that its review is stored, and it is not.
    """,
    cwe=(367, 696),
    references=(_COMMIT,),
)

TRANSACTION_LEFT_OPEN = FindingClass(
    name="transaction-left-open",
    title="{operation} leaves a connection inside a transaction",
    consequence=(
        "After the answer ({answer}) and silence, the connection of `{statement}` is still in "
        "its transaction."
    ),
    why=(
        "The driver opened a transaction with the first statement and nobody ended it. It holds "
        "what it locked, and keeps vacuum from cleaning up; one that has failed holds nothing any "
        "more, and refuses whatever comes next on the connection. Its writes are lost with the "
        "connection."
    ),
    fix="End the transaction on every path, or use autocommit for reads.",
    example="""
        1  POST /notes/1/pins inserts the pin and commits.
        2  It inserts a line of the history, on the same connection. The driver begins another
           transaction for it.
        3  The service answers 201, and commits no more.

        The line is lost with the connection, and what it has locked stays locked until then.
    """,
    cwe=(404,),
    references=(
        "https://www.postgresql.org/docs/current/runtime-config-client.html"
        "#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
    ),
)

SPREAD_WRITES = FindingClass(
    name="spread-writes",
    title="{operation} writes in {transactions} transactions",
    consequence=(
        "From `{statement}` on, the operation writes in a transaction of its own: a failure in "
        "between leaves a part. The check `rollback` tries that."
    ),
    why="Each commit in the middle of an operation is a place where half of it can remain.",
    fix="Do all writes of the operation in one transaction, where nothing speaks against it.",
    example="""
        1  POST /orders inserts the order and commits.
        2  It inserts the items and commits.

        Nothing is wrong as long as nothing fails in between. Where it does, there is an order with
        no items.
    """,
    cwe=(460,),
    references=("https://www.postgresql.org/docs/current/tutorial-transactions.html",),
)

CALL_IN_TRANSACTION = FindingClass(
    name="call-in-transaction",
    title="{operation} calls another service inside a transaction",
    consequence=(
        "`{statement}` is made while a transaction is open: its connection, its snapshot and its "
        "locks wait for the other service. The check `rollback` lets it hang."
    ),
    why=(
        "A transaction should last as long as the database needs. With a call inside it lasts as "
        "long as somebody else's server likes, and a rollback does not take the call back."
    ),
    fix="Call before the transaction begins, or after it is committed.",
    example="""
        1  POST /orders begins a transaction and reads the product.
        2  It calls POST /charges. The connection and the snapshot wait with it.
        3  It inserts the order and commits.

        A charge that takes three seconds keeps the connection for three seconds.
    """,
    boundary=BoundaryKind.HTTP_OUT,
    cwe=(667,),
    references=("https://microservices.io/patterns/data/transactional-outbox.html",),
)

CLASSES = (
    COMMIT_ROLLED_BACK,
    EARLY_ANSWER,
    TRANSACTION_LEFT_OPEN,
    SPREAD_WRITES,
    CALL_IN_TRANSACTION,
)
