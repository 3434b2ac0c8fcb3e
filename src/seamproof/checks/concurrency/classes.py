"""What `concurrency` can find, for people."""

from __future__ import annotations

from seamproof.core.verdict import FindingClass

_ISOLATION = "https://www.postgresql.org/docs/current/transaction-iso.html"
_LOCKING = "https://www.postgresql.org/docs/current/explicit-locking.html"
_CRITIQUE = (
    "https://www.microsoft.com/en-us/research/publication/a-critique-of-ansi-sql-isolation-levels/"
)
_OWASP = ("API6:2023",)
_BROKEN = "isolation"

LOST_UPDATE = FindingClass(
    name="lost-update",
    title="{pair} at once: one update is lost",
    consequence=(
        "Both were told {answers}. One after the other, the second builds on what the first has "
        "written. Overlapping, it builds on what it read before, and the other's change is gone."
    ),
    why=(
        "Each request reads the row, computes the new value and writes it. The one that stood "
        "before its write does not see what the other has written meanwhile (Berenson's P4). READ "
        "COMMITTED, the default of PostgreSQL, does not prevent that. A balance, a stock or a "
        "counter is wrong afterwards, and no error was seen by anybody."
    ),
    fix=(
        "Let the database compute: UPDATE … SET stock = stock - $1 WHERE id = $2 AND stock >= $1. "
        "Or lock what is read: SELECT … FOR UPDATE in the same transaction. Or compare a version "
        "column in the UPDATE and answer 409 where it has moved on."
    ),
    example="""
        A takes 10 from an account that holds 100, and so does B.

        A  SELECT balance FROM accounts … -> 100  |
                                                  |  B  SELECT balance FROM accounts … -> 100
                                                  |  B  UPDATE accounts SET balance = 90 …
                                                  |  B  COMMIT, answers 201
        A  UPDATE accounts SET balance = 90 …     |
        A  COMMIT, answers 201                    |

        Both took 10, and 90 is left. In either order 80 would be.
    """,
    broken=_BROKEN,
    cwe=(362, 367),
    owasp=_OWASP,
    references=(_ISOLATION, _LOCKING, _CRITIQUE),
)

FULL_ROW_OVERWRITE = FindingClass(
    name="full-row-overwrite",
    title="{pair} at once: one puts back what the other has changed",
    consequence=(
        "Each changes other columns of the same row, and they were told {answers}; the one that "
        "wrote last put back the old values of what the other had changed."
    ),
    why=(
        "The row is loaded, changed in memory and saved whole: all of its columns are written, "
        "those too that this request did not change. Teams that accept the last writer for whole "
        "records may accept this one."
    ),
    fix="Save only the changed columns (save(update_fields=…)), or compare a version column.",
    example="""
        The profile is {name: Ada, city: Rome}. A changes the name, B changes the city.

        A  SELECT * FROM profiles … -> Ada, Rome        |
                                                        |  B  SELECT * … -> Ada, Rome
                                                        |  B  UPDATE … name = Ada, city = Oslo
                                                        |  B  COMMIT, answers 200
        A  UPDATE … SET name = Bea, city = Rome         |
        A  COMMIT, answers 200                          |

        Bea, Rome is left. In either order Bea, Oslo would be: B was told that its city is stored.
    """,
    broken=_BROKEN,
    cwe=(362,),
    references=(_ISOLATION,),
)

RESURRECTED_ROW = FindingClass(
    name="resurrected-row",
    title="{pair} at once: what one has deleted is there again",
    consequence=(
        "Both were told {answers}. One after the other, what is deleted is gone, or is made anew. "
        "Overlapping, the other writes back what it has read before, and the deletion is lost."
    ),
    why=(
        "The one that changes the row reads it, and later writes it with all that it had, the mark "
        "among it that it is not deleted; or it inserts the row where it is no longer there. It "
        "does not see that the other has deleted it meanwhile: a lost update (Berenson's P4), of "
        "which the client was told that its data is gone. What went with the row, as permissions "
        "and children do, may not have come back with it."
    ),
    fix=(
        "Change only what is still there, and look at how many rows that were: UPDATE … WHERE id = "
        "$1 AND NOT deleted, and 404 for none. Or lock the row before it is looked at, in both: "
        "SELECT … FOR UPDATE. An upsert belongs to requests that may make the row."
    ),
    example="""
        A changes the text of a note, B deletes the note.

        A  SELECT * FROM notes … -> Hi, not deleted     |
                                                        |  B  UPDATE … SET deleted = true
                                                        |  B  COMMIT, answers 204
        A  UPDATE … text = 'Ho', deleted = false        |
        A  COMMIT, answers 200                          |

        The note is there. In either order it is deleted: if B comes first, A is told 404.
    """,
    broken=_BROKEN,
    cwe=(362, 367),
    references=(_ISOLATION, _CRITIQUE, "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.5"),
)

GUARD_BYPASS = FindingClass(
    name="guard-bypass",
    title="{pair} at once: both pass a limit that admits one",
    consequence=(
        "One after the other, one of them is refused ({orders}). Overlapping, both were told "
        "{answers}: what there was once has been given twice."
    ),
    why=(
        "The limit (stock, coupon, quota, balance) is looked at first and used later. Between the "
        "two the other request looks as well, and sees the same. Bursts of parallel requests miss "
        "it most of the time; real traffic does not."
    ),
    fix=(
        "Put the condition into the write and look at how many rows it changed: UPDATE … SET used "
        "= true WHERE id = $1 AND NOT used. Or SELECT … FOR UPDATE before looking. A CHECK or "
        "UNIQUE constraint is the last line."
    ),
    example="""
        A coupon is good for one order. A and B both use it.

        A  SELECT used FROM coupons … -> false          |
                                                        |  B  SELECT used … -> false
                                                        |  B  UPDATE coupons SET used = true …
                                                        |  B  COMMIT, answers 201
        A  UPDATE coupons SET used = true …             |
        A  COMMIT, answers 201                          |

        Two orders have the discount. In either order the second request would be refused.
    """,
    broken=_BROKEN,
    cwe=(362, 367, 841),
    owasp=_OWASP,
    references=(_LOCKING, _ISOLATION),
)

WRITE_SKEW = FindingClass(
    name="write-skew",
    title="{pair} at once: each keeps a rule that both together break",
    consequence=(
        "One after the other, one of them is refused ({orders}). Overlapping, both were told "
        "{answers}, because each looked at rows that the other was about to change or to add."
    ),
    why=(
        "Both read the rows that the rule is about and then write different rows (Berenson's A5B; "
        "a phantom where rows are added). No row is written twice, so that row locks on what is "
        "written do not help."
    ),
    fix=(
        "Lock a row that stands for the rule (SELECT … FOR UPDATE of the parent), or state it as a "
        "constraint (UNIQUE, EXCLUDE), or run at SERIALIZABLE and retry on 40001."
    ),
    example="""
        Of the doctors on call one must stay. Ada and Bo are on call, and both ask to leave.

        A  SELECT count(*) … WHERE on_call -> 2         |
                                                        |  B  SELECT count(*) … -> 2
                                                        |  B  UPDATE … WHERE name = 'Bo'
                                                        |  B  COMMIT, answers 200
        A  UPDATE … WHERE name = 'Ada'                  |
        A  COMMIT, answers 200                          |

        Nobody is on call. No row was written twice; in either order the second would be refused.
    """,
    broken=_BROKEN,
    cwe=(362, 367),
    owasp=_OWASP,
    references=(_ISOLATION, _CRITIQUE),
)

DUPLICATE_ROWS = FindingClass(
    name="duplicate-rows",
    title="{pair} at once: a row is made twice",
    consequence=(
        "One after the other there is one such row ({orders}). Overlapping, each looked, found "
        "none and inserted its own; the clients were told {answers}."
    ),
    why=(
        "That something is there only once is ensured by looking before inserting. Two requests "
        "can both look before either inserts."
    ),
    fix=(
        "Add a UNIQUE constraint, and INSERT … ON CONFLICT, or answer 409 to the violation (23505)."
    ),
    example="""
        A and B register the same address.

        A  SELECT 1 FROM members WHERE email = … -> none  |
                                                          |  B  SELECT 1 … -> none
                                                          |  B  INSERT INTO members …
                                                          |  B  COMMIT, answers 201
        A  INSERT INTO members …                          |
        A  COMMIT, answers 201                            |

        The address is there twice. In either order the second request would be refused.
    """,
    broken=_BROKEN,
    cwe=(362, 367, 694),
    owasp=_OWASP,
    references=("https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT",),
)

DUPLICATED_CALL = FindingClass(
    name="duplicated-call",
    title="{pair} at once: another service is called more often",
    consequence=(
        "The rows are as they must be, and the clients were told {answers}; but {calls}, which no "
        "serial order does."
    ),
    why="The call is made before it is certain that this request is the one that may make it.",
    fix=(
        "Decide first, in a transaction that only one request wins, and call afterwards, with an "
        "idempotency key that both would share."
    ),
    example="""
        A and B pay the same order.

        A  SELECT state FROM orders … -> open           |
                                                        |  B  SELECT state … -> open
                                                        |  B  POST /charges -> 201
                                                        |  B  UPDATE orders SET state = 'paid'
                                                        |  B  COMMIT, answers 200
        A  POST /charges -> 201                         |
        A  UPDATE orders SET state = 'paid'             |
        A  COMMIT, answers 200                          |

        The order is paid, as it should be, and the card was charged twice.
    """,
    broken=_BROKEN,
    cwe=(362,),
    owasp=_OWASP,
    references=(_LOCKING,),
)

NON_SERIALIZABLE = FindingClass(
    name="non-serializable",
    title="{pair} at once: the end is that of no order",
    consequence=(
        "The clients were told {answers}. One after the other: {orders}. What the overlap left is "
        "neither."
    ),
    why=(
        "One request saw a state between two writes of the other, or both built on a state that "
        "the other was changing."
    ),
    fix="Do the reads and the writes in one transaction, and lock what is read, or SERIALIZABLE.",
    example="""
        A adds a line to an order, B closes the order and stores its sum.

                                                        |  B  SELECT sum(price) … -> 30
        A  SELECT state FROM orders … -> open           |
        A  INSERT INTO lines (price) VALUES (5)         |
        A  COMMIT, answers 201                          |
                                                        |  B  UPDATE orders SET state = 'closed',
                                                        |     total = 30
                                                        |  B  COMMIT, answers 200

        The lines come to 35 and the total says 30. If A comes first, the total is 35; if B comes
        first, A is refused.
    """,
    broken=_BROKEN,
    cwe=(362,),
    references=(_ISOLATION,),
)

UNHANDLED_CONFLICT = FindingClass(
    name="unhandled-conflict",
    title="{pair} at once: one is answered with a server error",
    consequence=(
        "The database kept its rules and nothing is lost, but the clients were told {answers}, "
        "where one after the other they are told {orders}."
    ),
    why=(
        "A conflict that the database reports (40001 serialization failure, 40P01 deadlock, 23505 "
        "unique violation) reaches the client as an internal error. Clients do not know whether to "
        "retry, and monitoring counts a defect."
    ),
    fix="Retry 40001 and 40P01 in the service; answer 409 to 23505, or INSERT … ON CONFLICT.",
    example="""
        A and B register the same address, which a UNIQUE constraint keeps.

        A  SELECT 1 FROM members WHERE email = … -> none  |
                                                          |  B  SELECT 1 … -> none
                                                          |  B  INSERT INTO members …
                                                          |  B  COMMIT, answers 201
        A  INSERT INTO members … -> 23505                 |
        A  ROLLBACK, answers 500                          |

        The rows are right. One after the other the second is told 409; here it is told 500.
    """,
    broken=_BROKEN,
    cwe=(755,),
    references=(
        "https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html",
    ),
)

ENDED_BY_OVERLAP = FindingClass(
    name="ended-by-overlap",
    title="{pair} at once: the service ends",
    consequence=(
        "One after the other the clients are told {orders}, and the service goes on. Here they "
        "were told {answers}, and its process ended: {death}."
    ),
    why=(
        "One request meets what the other has done since it looked, and that error arises where "
        "nobody handles it, as in a promise that is not awaited. The runtime ends the process: all "
        "other requests that it was serving fail with it."
    ),
    fix=(
        "Await all that the request begins, and handle its errors where the request is handled: "
        "answer 404 or 409 to what is gone or there already."
    ),
    example="""
        A and B both delete a draft, and the file behind it is removed by a promise of its own.

        A  SELECT 1 FROM drafts WHERE id = 1 -> found   |
                                                        |  B  SELECT 1 FROM drafts … -> found
                                                        |  B  DELETE FROM drafts …, answers 204
        A  DELETE FROM drafts … -> 0 rows               |
        A  throws behind the answer, nobody catches it  |

        One after the other the second is told 404. Here the process is gone.
    """,
    broken=_BROKEN,
    cwe=(248, 362, 755),
    references=(_LOCKING,),
)

CLASSES = (
    LOST_UPDATE,
    RESURRECTED_ROW,
    FULL_ROW_OVERWRITE,
    GUARD_BYPASS,
    WRITE_SKEW,
    DUPLICATE_ROWS,
    DUPLICATED_CALL,
    NON_SERIALIZABLE,
    UNHANDLED_CONFLICT,
    ENDED_BY_OVERLAP,
)
