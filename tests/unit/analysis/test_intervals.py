"""Transactions, commit intervals, and where faults go."""

from __future__ import annotations

from dataclasses import replace

from seamproof.analysis.intervals import (
    changes_of_acts,
    connects,
    error_paths,
    intervals,
    left_open,
    place,
    stable,
    transactions,
)
from seamproof.analysis.statements import kind, shape
from seamproof.core.experiment import Act, CrossingKey, Fault, FaultKind
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
    Exchange,
    Request,
    RowChange,
    Section,
    TransactionStatus,
)
from seamproof.core.model import Operation, Step
from seamproof.core.profile import Profile

I, T, E = TransactionStatus.IDLE, TransactionStatus.OPEN, TransactionStatus.FAILED  # noqa: E741
EXCHANGE = Exchange(Act(Step(Operation("POST", "/"))), Request("POST", "/"), 0.0, 1.0)


def crossing(
    sql: str,
    before: TransactionStatus,
    after: TransactionStatus | None,
    *,
    connection: int = 1,
    occurrence: int = 1,
    tag: str | None = None,
    fault: Fault | None = None,
    sqlstate: str | None = None,
) -> Crossing:
    return Crossing(
        CrossingKey(shape(sql), occurrence),
        kind(sql),
        sql,
        0,
        connection,
        0.0,
        backend=connection,
        before=before,
        after=after,
        tag=tag or sql.split(maxsplit=1)[0],
        fault=fault,
        sqlstate=sqlstate,
    )


def transaction(*statements: str, connection: int = 1, end: str = "COMMIT") -> list[Crossing]:
    inside = [crossing(each, T, T, connection=connection) for each in statements]
    return [
        crossing("BEGIN", I, T, connection=connection),
        *inside,
        crossing(end, T, I, connection=connection, tag=end),
    ]


def section(*crossings: Crossing) -> Section:
    return Section((EXCHANGE,), crossings)


NOTHING = Changes()


def test_statements_of_one_message_commit_at_its_end_or_not_at_all() -> None:
    first = crossing("INSERT INTO a VALUES (1)", I, T)
    second = crossing("INSERT INTO b VALUES (1)", T, I)
    (committed,) = intervals(transactions([first, second], NOTHING))
    assert (committed.writes, committed.end) == ((first, second), second)
    failed = replace(second, sqlstate="23505", tag=None)
    assert intervals(transactions([first, failed], NOTHING)) == ()


def test_a_transaction_with_writes_is_an_interval_and_one_of_reads_is_none() -> None:
    found = transactions(
        [*transaction("SELECT 1 FROM a"), *transaction("INSERT INTO a VALUES (1)")], NOTHING
    )
    assert len(found) == 2
    (only,) = intervals(found)
    assert [each.statement for each in only.writes] == ["INSERT INTO a VALUES (1)"]
    assert only.end is not None
    assert only.end.kind is CrossingKind.COMMIT
    assert not only.autocommit


def test_each_autocommit_write_is_its_own_interval() -> None:
    found = transactions(
        [crossing("INSERT INTO a VALUES (1)", I, I), crossing("UPDATE b SET x = 1", I, I)], NOTHING
    )
    assert [each.autocommit for each in intervals(found)] == [True, True]


def test_what_rolled_back_is_no_interval() -> None:
    rolled = transaction("INSERT INTO a VALUES (1)", end="ROLLBACK")
    answered = [
        *transaction("INSERT INTO a VALUES (1)")[:-1],
        crossing("COMMIT", E, I, tag="ROLLBACK"),
    ]
    assert intervals(transactions(rolled, NOTHING)) == ()
    assert intervals(transactions(answered, NOTHING)) == ()


def test_interleaved_connections_are_told_apart() -> None:
    one = transaction("INSERT INTO a VALUES (1)", connection=1)
    two = transaction("INSERT INTO b VALUES (1)", connection=2)
    mixed = [each for pair in zip(one, two, strict=True) for each in pair]
    found = intervals(transactions(mixed, NOTHING))
    assert [each.writes[0].key.shape for each in found] == [
        "INSERT INTO a VALUES (?)",
        "INSERT INTO b VALUES (?)",
    ]


def test_a_function_that_writes_behind_a_select_is_found_by_its_rows() -> None:
    run = transaction("SELECT place_order(1)")
    changes = Changes((RowChange("orders", None, {"id": "1"}, backend=1),))
    assert intervals(transactions(run, NOTHING)) == ()
    (only,) = intervals(transactions(run, changes))
    assert only.writes[0].statement == "SELECT place_order(1)"


def test_rows_that_a_job_wrote_on_the_same_connection_make_no_read_a_write() -> None:
    job = crossing("UPDATE events SET told = true", I, I)
    read = crossing("SELECT count(*) FROM orders", I, I)
    told = RowChange("events", {"told": "f"}, {"told": "t"}, backend=1)
    seen = replace(section(read, job), changes=Changes((told,)))
    profile = Profile(background=frozenset({job.key.shape}))
    assert intervals(transactions([read], changes_of_acts(seen, profile))) == ()
    assert changes_of_acts(seen, Profile()) == seen.changes


def labels(found: list[Crossing], *, deep: bool = False) -> list[tuple[str, str]]:
    placements = place(transactions(found, NOTHING), deep=deep)
    return [(each.crossing.key.shape.split()[0], each.fault.label) for each in placements]


def test_an_interval_takes_an_error_a_write_and_three_faults_at_its_commit() -> None:
    run = transaction("SELECT 1 FROM a", "INSERT INTO a VALUES (1)", "UPDATE b SET x = 1")
    assert labels(run) == [
        ("INSERT", "error 40001"),
        ("UPDATE", "error 40001"),
        ("COMMIT", "error 40001"),
        ("COMMIT", "cut"),
        ("COMMIT", "reply-lost"),
    ]


def test_an_autocommit_write_takes_all_three() -> None:
    assert labels([crossing("INSERT INTO a VALUES (1)", I, I)]) == [
        ("INSERT", "error 40001"),
        ("INSERT", "cut"),
        ("INSERT", "reply-lost"),
    ]


def test_reads_begins_and_settings_are_left_alone() -> None:
    run = [crossing("SET x = 1", I, I), *transaction("SELECT 1 FROM a")]
    assert labels(run) == []


def test_deep_takes_reads_but_cuts_only_at_begin_and_never_at_rollback_or_set() -> None:
    run = [
        crossing("SET x = 1", I, I),
        *transaction("SELECT 1 FROM a", "SAVEPOINT s"),
        *transaction("INSERT INTO a VALUES (1)", end="ROLLBACK"),
    ]
    found = labels(run, deep=True)
    assert {label for word, label in found if word in ("BEGIN", "SAVEPOINT")} == {"cut"}
    assert {label for word, label in found if word == "SELECT"} == {
        "error 40001",
        "error 40P01",
        "error 57014",
        "cut",
    }
    assert not {word for word, _ in found} & {"ROLLBACK", "SET"}


def test_a_unique_violation_only_where_one_fits() -> None:
    found = labels(
        transaction("INSERT INTO a VALUES (1)", "UPDATE a SET x = 1", "DELETE FROM a"), deep=True
    )
    # Whether an UPDATE sets a unique column is not known: an error that cannot be proves nothing.
    assert {word for word, label in found if label == "error 23505"} == {"INSERT"}


def test_equal_statements_of_one_transaction_are_tried_once() -> None:
    inserts = [crossing("INSERT INTO a VALUES (1)", T, T, occurrence=n) for n in (1, 2, 3)]
    run = [crossing("BEGIN", I, T), *inserts, crossing("COMMIT", T, I)]
    placements = [
        each for each in place(transactions(run, NOTHING)) if each.fault.at.occurrence > 1
    ]
    assert placements == []


def test_of_equal_autocommits_the_first_and_the_last_are_tried() -> None:
    run = [crossing("INSERT INTO a VALUES (1)", I, I, occurrence=n) for n in range(1, 7)]
    placements = place(transactions(run, NOTHING))
    assert {each.fault.at.occurrence for each in placements} == {1, 6}
    assert {each.interval for each in placements} == {0, 5}


def test_a_new_connection_is_refused_with_53300_and_nothing_else() -> None:
    key = CrossingKey("CONNECT")
    opened = Crossing(key, CrossingKind.CONNECT, "", 0, 1, 0.0)
    (placement,) = connects([opened, *transaction("INSERT INTO a VALUES (1)")])
    assert placement.fault == Fault(FaultKind.REFUSED, key, "53300")


def test_stable_is_what_every_run_has_without_background() -> None:
    one = section(*transaction("INSERT INTO a VALUES (1)"), crossing("SELECT 1 FROM jobs", I, I))
    two = section(*transaction("INSERT INTO a VALUES (1)", "SELECT 2 FROM b"))
    three = section(*transaction("INSERT INTO a VALUES (1)"), crossing("SELECT 1 FROM jobs", I, I))
    assert [each.key.shape for each in stable((one, two), Profile())] == [
        "BEGIN",
        "INSERT INTO a VALUES (?)",
        "COMMIT",
    ]
    background = Profile(background=frozenset({"SELECT ? FROM jobs"}))
    assert len(stable((one, three), background)) == 3
    assert len(stable((one, three), Profile())) == 4


def test_an_error_path_is_what_only_a_fault_led_to() -> None:
    clean = transaction("INSERT INTO a VALUES (1)")
    seen = section(*transaction("INSERT INTO a VALUES (1)"), crossing("DELETE FROM a", I, I))
    (fault,) = error_paths(seen, clean, Profile())
    assert fault.at.shape == "DELETE FROM a"


def test_a_connection_in_a_transaction_is_left_open_unless_it_was_closed() -> None:
    opened = crossing("INSERT INTO a VALUES (1)", T, T, connection=4)
    seen = section(crossing("BEGIN", I, T, connection=4), opened)
    assert left_open(seen) is None, "its service closed it"
    assert left_open(replace(seen, open_backends=(4,))) == opened
    assert left_open(replace(seen, open_backends=(5,))) is None, "it began before"
