"""Learning what is normal, on services in memory with every kind of noise, one at a time."""

from __future__ import annotations

import uuid
from dataclasses import replace
from itertools import pairwise

from learning import CATALOG, Remembering, learned, scenario

from doubles.fake_world import FakeService, FakeWorld, Handler
from seamproof.core.experiment import CrossingKey, Experiment, Phase
from seamproof.core.history import Changes, CrossingKind, RowChange, Section
from seamproof.plan.profile import TAIL_WATCH, TAIL_WATCH_AGAIN, learn


def test_times_and_random_names_are_volatile_and_counted_keys_are_not() -> None:
    def create(service: FakeService) -> int:
        with service.connect() as db:
            db.insert(
                "orders",
                id=service.next_id("orders"),
                reference=uuid.uuid4(),
                created=service.now(),
                status="new",
            )
        return 201

    found = learned({"POST /orders": create})
    assert found.profile.volatile == {"orders.reference", "orders.created"}
    assert found.profile.effects == {"orders"}
    (only,) = found.scenarios
    assert (only.reached, only.disturbed, only.tables) == (True, "", ("orders",))
    assert only.clean is not None


def test_a_place_in_a_json_column_is_volatile_alone() -> None:
    def create(service: FakeService) -> int:
        document = f'{{"title": "x", "at": "{service.now()}"}}'
        service.connect().insert("orders", id=1, data=document)
        return 201

    assert learned({"POST /orders": create}).profile.volatile == {"orders.data.$.at"}


def test_a_number_is_never_volatile_it_disturbs() -> None:
    def create(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        service.connect().insert("orders", id=1, total=service.memory["n"])
        return 201

    found = learned({"POST /orders": create})
    assert found.profile.volatile == frozenset()
    assert found.scenarios[0].disturbed == "equal runs leave other numbers in orders.total"


def test_random_texts_of_which_some_are_digits_alone_are_no_numbers() -> None:
    def create(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        ends_in = f"{service.memory['n']}382" if service.memory["n"] % 2 else "a7f3"
        service.connect().insert("devices", id=1, ends_in=ends_in)
        return 201

    found = learned({"POST /devices": create})
    assert found.profile.volatile == {"devices.ends_in"}
    assert found.scenarios[0].disturbed == ""


def test_what_reads_insert_is_ambient_and_what_they_update_is_so_by_column() -> None:
    def read(service: FakeService) -> int:
        db = service.connect()
        db.insert("sessions", id=1)
        db.update("users", {"id": 1, "name": "a", "seen": None}, seen=service.now())
        return 200

    found = learned({"GET /orders": read})
    assert found.profile.ambient == {"sessions", "users.seen"}


def test_reads_that_write_nothing_do_not_hide_what_others_write() -> None:
    def quiet(service: FakeService) -> int:
        service.connect().read("SELECT 1")
        return 200

    def seen(service: FakeService) -> int:
        service.connect().insert("presence", id=1)
        return 200

    handlers = {f"GET /quiet/{number}": quiet for number in range(3)}
    found = learned({**handlers, "GET /a": seen, "GET /b": seen})
    assert found.profile.ambient == {"presence"}
    assert learned({**handlers, "GET /a": seen}).profile.ambient == frozenset()


def test_a_table_whose_row_count_varies_is_optional() -> None:
    def create(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        db = service.connect()
        db.insert("orders", id=1)
        for number in range(service.memory["n"] % 2):
            db.insert("samples", id=number)
        return 201

    found = learned({"POST /orders": create})
    assert found.profile.optional == {"samples"}
    assert found.scenarios[0].tables == ("orders",)


def test_the_only_effect_is_not_optional_it_disturbs() -> None:
    def create(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        for number in range(1 + service.memory["n"] % 2):
            service.connect().insert("orders", id=number)
        return 201

    found = learned({"POST /orders": create})
    assert "another number of rows in orders" in found.scenarios[0].disturbed


def test_audit_is_what_three_refusals_insert_and_no_success() -> None:
    def refuse(service: FakeService) -> int:
        db = service.connect()
        db.insert("refusals", id=service.next_id("refusals"))
        db.insert("orders", id=service.next_id("orders"))
        return 403

    def create(service: FakeService) -> int:
        service.connect().insert("orders", id=service.next_id("orders"))
        return 201

    names = ["POST /a", "PUT /b", "DELETE /c"]
    world = FakeWorld({**dict.fromkeys(names, refuse), "POST /orders": create})
    scenarios = [scenario(each, 403) for each in names] + [scenario("POST /orders")]
    profile = world.drive(learn(scenarios, CATALOG)).profile
    assert profile.audit == {"refusals"}, "orders are what a success makes"

    two = FakeWorld(dict.fromkeys(names[:2], refuse))
    assert two.drive(learn(scenarios[:2], CATALOG)).profile.audit == frozenset()


def test_background_work_is_named_but_never_transaction_control() -> None:
    def job(service: FakeService) -> int:
        with service.connect() as db:
            db.begin()
            db.read("SELECT id FROM jobs WHERE due < now()")
            db.commit()
        return 0

    def create(service: FakeService) -> int:
        service.connect().insert("orders", id=1)
        return 201

    found = learned({"POST /orders": create}, background=job)
    assert found.profile.background == {"SELECT id FROM jobs WHERE due < now()"}


def test_a_job_that_falls_into_one_act_by_chance_is_background_still() -> None:
    beat = "SELECT beat FROM hearts"

    def job(service: FakeService) -> int:
        service.connect().read(beat)
        return 0

    def create(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        if service.memory["n"] == 3:
            job(service)
        service.connect().insert("orders", id=1)
        return 201

    assert learned({"POST /orders": create}, background=job).profile.background == {beat}


BEAT = "SELECT beat FROM hearts"


class Beside(FakeWorld):
    """One of two replicas: the other's jobs cross while nobody asks it for anything."""

    def _phase(self, phase: Phase, experiment: Experiment) -> Section:
        section = super()._phase(phase, experiment)
        if not section.crossings:
            return section
        beat = replace(section.crossings[0], key=CrossingKey(BEAT), kind=CrossingKind.READ)
        job = replace(beat, statement=BEAT, replica=1, backend=99)
        told = [
            RowChange(row.table, row.new, {**row.new, "told": "t"}, backend=99)
            for row in section.changes.rows
            if row.new is not None
        ]
        changes = Changes((*section.changes.rows, *told))
        return replace(section, crossings=(*section.crossings, job), changes=changes)


def test_what_crosses_at_a_replica_that_nobody_asked_is_background() -> None:
    def create(service: FakeService) -> int:
        service.connect().insert("orders", id=1)
        return 201

    world = Beside({"POST /orders": create})
    found = world.drive(learn([scenario("POST /orders")], CATALOG))
    assert found.profile.background == {BEAT}
    assert found.profile.ambient == {"orders.told"}, "the column alone: orders are an effect"
    assert found.profile.effects == {"orders"}


def test_what_the_asked_replica_does_too_is_no_background() -> None:
    def create(service: FakeService) -> int:
        db = service.connect()
        db.read(BEAT)
        db.insert("orders", id=1)
        return 201

    world = Beside({"POST /orders": create})
    found = world.drive(learn([scenario("POST /orders")], CATALOG))
    assert found.profile.background == frozenset()


def test_a_job_that_falls_into_every_run_of_a_slow_act_falls_into_some_of_others() -> None:
    def job(service: FakeService) -> int:
        service.connect().read(BEAT)
        return 0

    def slow(service: FakeService) -> int:
        job(service)
        service.connect().insert("orders", id=1)
        return 201

    def quick(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        if service.memory["n"] % 3 == 0:
            job(service)
        service.connect().insert("orders", id=1)
        return 201

    names = ("POST /slow", "POST /quick", "POST /brisk")
    alone = learned({names[0]: slow}, background=job)
    assert alone.profile.background == frozenset()
    together = learned(dict(zip(names, (slow, quick, quick), strict=True)), background=job)
    assert together.profile.background == {BEAT}


def test_the_tail_is_what_comes_behind_every_answer_and_not_a_job_that_came_once() -> None:
    def create(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        service.connect().insert("orders", id=1)
        service.later.append(lambda: service.connect().insert("mails", id=1))
        service.connect().read(BEAT)
        if service.memory["n"] == 4:
            service.later += [lambda: service.connect().read(BEAT)] * 20
        return 201

    found = learned({"POST /orders": create})
    assert 0 < found.profile.tail < 0.005, "a mail a millisecond behind, not twenty beats"


def test_a_machine_that_stood_still_in_one_run_makes_no_tail() -> None:
    def create(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        service.connect().insert("orders", id=1)
        late = 2000 if service.memory["n"] in stalls else 1
        service.later += [lambda: service.connect().insert("mails", id=1)] * late
        return 201

    stalls = {4}
    assert learned({"POST /orders": create}).profile.tail < 0.005
    stalls = {3, 4, 5}
    assert learned({"POST /orders": create}).profile.tail > 1


def test_a_rate_limiter_disturbs_its_scenario() -> None:
    def limited(service: FakeService) -> int:
        service.memory["n"] = service.memory.get("n", 0) + 1
        return 429 if service.memory["n"] > 3 else 201

    (only,) = learned({"POST /orders": limited}).scenarios
    assert not only.reached
    assert only.disturbed.startswith("429")


def test_a_refusal_is_the_reason_why_it_is_not_reached() -> None:
    (only,) = learned({"POST /orders": lambda service: 401}).scenarios
    assert (only.reached, only.reason, only.disturbed) == (False, "answered 401", "")


def test_a_number_that_follows_a_new_key_is_a_reference_without_a_foreign_key() -> None:
    def create(service: FakeService) -> int:
        world = service.world
        assert isinstance(world, Remembering)
        number = world.epoch * 1000 + service.next_id("orders")
        db = service.connect()
        db.insert("orders", id=number, status="new")
        document = f'{{"order": {number}, "version": 1}}'
        db.insert("entries", object_id=number, kind=1, data=document)
        db.update("orders", {"id": 1, "status": "new"}, status="replaced")
        return 201

    world = Remembering({"POST /orders": create})
    profile = world.drive(learn([scenario("POST /orders")], CATALOG)).profile
    assert profile.references == {"entries.object_id -> orders", "entries.data.$.order -> orders"}


def test_where_no_number_is_a_new_key_nothing_more_is_run() -> None:
    def create(service: FakeService) -> int:
        service.connect().insert("orders", id=7, total=40)
        return 201

    world = Remembering({"POST /orders": create})
    assert world.drive(learn([scenario("POST /orders")], CATALOG)).profile.references == frozenset()
    assert world.epoch == 0


def test_baselines_are_over_a_second_apart_and_wait_once_a_round() -> None:
    def create(service: FakeService) -> int:
        service.connect().insert("orders", id=1)
        return 201

    names = ["POST /a", "POST /b", "POST /c"]
    world = FakeWorld(dict.fromkeys(names, create))
    world.drive(learn([scenario(each) for each in names], CATALOG))
    purposes = [each.purpose for each in world.experiments]
    first_equal = max(i for i, purpose in enumerate(purposes) if purpose == "warm up")
    settings = [each.settings for each in world.experiments[first_equal + 1 :]]
    assert purposes.count("baseline") == 9
    rounds = [purposes.index("baseline") - first_equal - 1 + 3 * number for number in range(3)]
    apart = [
        sum(each.wait + each.extra_quiet for each in settings[: index + 1]) for index in rounds
    ]
    gaps = [later - earlier for earlier, later in pairwise([0.0, *apart])]
    assert min(gaps) >= 0.05
    assert len(set(gaps)) == 3, "nothing that comes regularly is in all of them, or in none"
    assert apart[-1] >= 1.1
    assert sum(each.wait > 0 for each in settings) == 2


def tail_watches(create: Handler) -> list[float]:
    world = FakeWorld({"POST /orders": create})
    world.drive(learn([scenario("POST /orders")], CATALOG))
    return [e.settings.extra_quiet for e in world.experiments if e.purpose == "warm up"]


def test_a_warm_process_is_watched_for_less_long_where_nothing_trailed_in_the_cold_one() -> None:
    def quiet(service: FakeService) -> int:
        service.connect().insert("orders", id=1)
        return 201

    def brief(service: FakeService) -> int:
        service.later.append(lambda: service.connect().insert("mails", id=1))
        return quiet(service)

    def trailing(service: FakeService) -> int:
        service.later += [lambda: service.connect().insert("mails", id=1)] * 20
        return quiet(service)

    assert tail_watches(quiet) == [TAIL_WATCH, TAIL_WATCH_AGAIN]
    assert tail_watches(brief) == [TAIL_WATCH, TAIL_WATCH_AGAIN]
    assert tail_watches(trailing) == [TAIL_WATCH, TAIL_WATCH]


def test_what_ends_the_service_is_asked_twice_and_says_how_it_ended() -> None:
    def die(service: FakeService) -> int:
        service.die()
        return 0

    world = FakeWorld({"POST /die": die})
    found = world.drive(learn([scenario("POST /die")], CATALOG))
    assert found.scenarios[0].reason == "no answer (closed); exit code 1"
    assert len([each for each in world.experiments if each.phases[0].acts]) == 2


def test_a_job_that_dies_of_a_reset_once_is_not_laid_to_the_act() -> None:
    def create(service: FakeService) -> int:
        calls.append(1)
        if len(calls) == 4:
            service.die()
        service.connect().insert("orders", id=1)
        return 201

    calls: list[int] = []
    (only,) = learned({"POST /orders": create}).scenarios
    assert (only.reached, only.reason, only.disturbed) == (True, "", "")


def test_what_hangs_is_asked_once() -> None:
    def hang(service: FakeService) -> int:
        service.hang()
        return 0

    world = FakeWorld({"POST /hang": hang})
    found = world.drive(learn([scenario("POST /hang")], CATALOG))
    assert found.scenarios[0].reason == "no answer (timeout)"
    assert len([each for each in world.experiments if each.phases[0].acts]) == 1
