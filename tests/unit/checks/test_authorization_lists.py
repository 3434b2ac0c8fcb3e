"""`authorization` where lists say what is shared: lists of everybody's, of a team's, of a person's.

A team has tasks, each of one of its members. alice and dora are in it, bob and carol are not.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from doubles.fake_store import Answer, Ask, FakeStore, Handler
from seamproof.analysis.masks import Mask
from seamproof.analysis.ownership import Ownership
from seamproof.checks.authorization import Authorization
from seamproof.core.access import Access
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.document import Declaration, Document, Parameter, Place
from seamproof.core.experiment import Experiment
from seamproof.core.model import Extract, Identity, Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict
from seamproof.plan.access import attempts
from seamproof.plan.runs import LearnedScenario


def table(name: str, *columns: str, **refers: str) -> Table:
    return Table(
        name,
        tuple(Column(each, "integer" if each.endswith("id") else "text") for each in columns),
        ("id",),
        foreign_keys=tuple(ForeignKey((c,), to, ("id",)) for c, to in refers.items()),
    )


CATALOG = Catalog(
    {
        each.name: each
        for each in (
            table("users", "id", "username"),
            table("teams", "id", "name"),
            table("subjects", "id", "name"),
            table("memberships", "id", "team_id", "user_id", team_id="teams", user_id="users"),
            table(
                *("tasks", "id", "team_id", "user_id", "subject_id", "title"),
                **{"team_id": "teams", "user_id": "users", "subject_id": "subjects"},
            ),
        )
    }
)
PEOPLE = {"alice": 1, "dora": 2, "bob": 3, "carol": 4}
ROWS = {
    "users": [{"id": key, "username": name} for name, key in PEOPLE.items()],
    "teams": [{"id": 7, "name": "The climbers"}, {"id": 8, "name": "The swimmers"}],
    "subjects": [{"id": 5, "name": "Things about ropes"}],
    "memberships": [
        {"id": 71, "team_id": 7, "user_id": 1},
        {"id": 72, "team_id": 7, "user_id": 2},
        {"id": 84, "team_id": 8, "user_id": 4},
    ],
    "tasks": [],
}
SEEDED = {"id": 9, "team_id": 7, "user_id": 1, "subject_id": 5, "title": "buy a rope"}
SHOW = Operation("GET", "/tasks/{task}")
OF_TEAM = Operation("GET", "/teams/{team_id}/tasks")
OF_USER = Operation("GET", "/users/{user_id}/tasks")
OF_SUBJECT = Operation("GET", "/subjects/{subject}/tasks")
ADD = Step(Operation("POST", "/tasks"), "alice", extracts=(Extract("task", "$.id"),))


def add(ask: Ask) -> Answer:
    return 201, ask.insert("tasks", team_id=7, user_id=PEOPLE[ask.sender], title="a rope")


def joined(ask: Ask, team: object) -> bool:
    return bool(ask.one("memberships", team_id=team, user_id=PEOPLE[ask.sender]))


def of_team(ask: Ask) -> Answer:
    team = ask.path["team_id"]
    return (200, ask.some("tasks", team_id=team)) if joined(ask, team) else (404, {})


def every(column: str, name: str) -> Handler:
    return lambda ask: (200, ask.some("tasks", **{column: ask.path[name]}))


def of_user(ask: Ask) -> Answer:
    """A list that only asks whether one is in the team."""
    return every("user_id", "user_id")(ask) if joined(ask, 7) else (404, {})


def show(ask: Ask) -> Answer:
    """To the team of the task, whoever has it."""
    task = ask.one("tasks", id=ask.path["task"])
    return (200, task) if task and joined(ask, task["team_id"]) else (404, {})


def show_all(ask: Ask) -> Answer:
    task = ask.one("tasks", id=ask.path["task"])
    return (200, task) if task else (404, {})


def change(ask: Ask) -> Answer:
    where = {"id": ask.path["task"]}
    task = ask.one("tasks", **where)
    may = task and joined(ask, task["team_id"])
    return (200 if may and ask.update("tasks", where, title="x") else 404), {}


def judged(act: Step, handlers: dict[Operation, Handler], **what: object) -> list[Verdict]:
    arrangement = what.pop("arrangement", (ADD,))
    rows = {**ROWS, **what.pop("rows", {})}
    by_id = {"POST /tasks": add} | {
        each.id: (lambda ask, one=handler: one(ask) if ask.sender else (401, {}))
        for each, handler in handlers.items()
    }
    store = FakeStore(rows, by_id)
    scenario = Scenario("it", act, arrangement)
    identities = what.pop("identities", tuple(map(Identity, PEOPLE)))
    catalog = what.pop("catalog", CATALOG)
    subject = Subject(
        scenario,
        catalog=catalog,
        stored=store.stored,
        identities=identities,
        document=Document(tuple(map(Declaration, handlers))),
    )
    subject = replace(subject, **what)
    learned = LearnedScenario(scenario, True, clean=store.run(Experiment.of(scenario)))
    ownership = Ownership.of(catalog, store.stored, identities)
    asked = store.drive(attempts([learned], identities, ownership, Mask.of(Profile(), catalog)))
    subject = replace(subject, access=Access(asked))
    return list(store.drive(Authorization().explore(subject)))


def told(verdicts: list[Verdict]) -> tuple[str, str, Tier | None]:
    (verdict,) = verdicts
    return verdict.finding_class, str(verdict.evidence.facts.get("who")), verdict.tier


READ = Step(SHOW, "alice")


def test_what_a_list_of_ones_team_shows_is_shared() -> None:
    (verdict,) = judged(READ, {SHOW: show, OF_TEAM: of_team})
    assert verdict.outcome is Outcome.HELD


def test_a_team_that_has_no_such_list_keeps_things_apart() -> None:
    assert told(judged(READ, {SHOW: show})) == ("foreign-object", "dora", Tier.PROVEN)


def test_what_is_shown_beyond_the_team_is_told_of_who_is_not_in_it() -> None:
    handlers = {SHOW: show_all, OF_TEAM: every("team_id", "team_id")}
    assert told(judged(READ, handlers)) == ("tenant-crossed", "carol", Tier.PROVEN)


def test_a_list_by_the_owners_own_id_shares_nothing() -> None:
    handlers = {SHOW: show, OF_USER: every("user_id", "user_id")}
    assert told(judged(READ, handlers)) == ("foreign-object", "dora", Tier.PROVEN)


def test_a_list_of_what_is_nobodys_shows_what_is_for_all() -> None:
    rows = {"tasks": [SEEDED], "memberships": []}
    act = Step(SHOW, "alice", {"task": 9})
    handlers = {SHOW: show_all, OF_SUBJECT: every("subject_id", "subject")}
    (verdict,) = judged(act, handlers, rows=rows, arrangement=())
    assert verdict.outcome is Outcome.HELD


def test_a_seeded_object_is_no_list() -> None:
    act = Step(SHOW, "alice", {"task": 9})
    what = {"rows": {"tasks": [SEEDED]}, "arrangement": (), "reads": (Scenario("it", act),)}
    assert told(judged(act, {SHOW: show}, **what)) == ("foreign-object", "dora", Tier.PROVEN)
    (verdict,) = judged(act, {SHOW: show, OF_TEAM: of_team}, **what)
    assert verdict.outcome is Outcome.HELD


@pytest.mark.parametrize(
    ("operation", "path", "handler", "name"),
    [
        (OF_USER, {"user_id": 1}, of_user, "foreign-object"),
        (OF_TEAM, {"team_id": 7}, every("team_id", "team_id"), "tenant-crossed"),
        (OF_TEAM, {"team_id": 7}, of_team, ""),
    ],
    ids=["of a person", "of a team, to all", "of a team"],
)
def test_a_list_by_an_id_is_judged_itself(
    operation: Operation, path: dict[str, int], handler: Handler, name: str
) -> None:
    act = Step(operation, "alice", path)
    what = {"rows": {"tasks": [SEEDED]}, "arrangement": (), "reads": (Scenario("it", act),)}
    assert told(judged(act, {operation: handler}, **what))[0] == name


def test_an_administrator_of_the_company_administers_its_teams() -> None:
    companies = {"companies": [{"id": 1}, {"id": 2}]}
    users = [
        {"id": key, "username": name, "company_id": 2 if name == "carol" else 1}
        for name, key in PEOPLE.items()
    ]
    tables = {
        "users": table("users", "id", "username", "company_id", company_id="companies"),
        "companies": table("companies", "id"),
    }
    catalog = Catalog({**CATALOG.tables, **tables})
    rows = {"users": users, **companies}

    def for_company(ask: Ask) -> Answer:
        return show_all(ask) if ask.sender == "bob" else show(ask)

    handlers = {SHOW: for_company, OF_TEAM: of_team}
    (member,) = judged(READ, handlers, rows=rows, catalog=catalog)
    assert member.finding_class == "tenant-crossed"
    people = tuple(Identity(name, "admin" if name == "bob" else "member") for name in PEOPLE)
    (admin,) = judged(READ, handlers, rows=rows, catalog=catalog, identities=people)
    assert admin.outcome is Outcome.HELD


def test_what_the_team_may_see_it_may_not_always_change() -> None:
    act = Step(Operation("PUT", "/tasks/{task}"), "alice")
    verdicts = judged(act, {act.operation: change, OF_TEAM: of_team})
    assert [each.tier for each in verdicts if each.finding_class] == [Tier.NOTE]


def test_a_list_that_wants_more_than_ids_is_not_asked() -> None:
    wanted = (Parameter("since", Place.QUERY, required=True),)
    document = Document((Declaration(SHOW), Declaration(OF_TEAM, parameters=wanted)))
    verdicts = judged(READ, {SHOW: show, OF_TEAM: of_team}, document=document)
    assert told(verdicts)[0] == "foreign-object"


# What has no text

METERS = Operation("GET", "/teams/{team_id}/meters")
METER = Operation("GET", "/meters/{meter}")
AT = "2026-01-0{} 03:04:05.678901+00"
KINDS = {
    "id": "uuid",
    "user_id": "integer",
    "team_id": "integer",
    "read_at": "timestamp with time zone",
    "level": "integer",
}
METERED = Catalog(
    {
        **CATALOG.tables,
        "meters": Table(
            "meters",
            tuple(Column(name, kind) for name, kind in KINDS.items()),
            ("id",),
            foreign_keys=(
                ForeignKey(("user_id",), "users", ("id",)),
                ForeignKey(("team_id",), "teams", ("id",)),
            ),
        ),
    }
)
READINGS = [
    {"id": f"m{n}", "user_id": 1, "team_id": 7, "read_at": AT.format(n), "level": n}
    for n in (1, 2, 3)
]


def reading(ask: Ask) -> Answer:
    meter = ask.one("meters", id=ask.path["meter"])
    return (200, meter) if meter and joined(ask, meter["team_id"]) else (404, {})


def recent(ask: Ask) -> Answer:
    """The team's readings of this year: one of another century is none."""
    team = ask.path["team_id"]
    rows = [row for row in ask.some("meters", team_id=team) if str(row["read_at"]) > "2026"]
    return (200, rows) if joined(ask, team) else (404, {})


def own_reading(ask: Ask) -> Answer:
    meter = ask.one("meters", id=ask.path["meter"])
    mine = meter and meter["user_id"] == PEOPLE[ask.sender]
    return (200, meter) if mine else (404, {})


def metered(handlers: dict[Operation, Handler], columns: Catalog = METERED) -> list[Verdict]:
    act = Step(METER, "alice", {"meter": "m3"})
    return judged(act, handlers, rows={"meters": READINGS}, arrangement=(), catalog=columns)


def test_a_row_without_a_text_is_known_by_its_moment() -> None:
    verdicts = metered({METER: reading})
    assert told(verdicts) == ("foreign-object", "dora", Tier.PROVEN)
    (verdict,) = verdicts
    assert "meters.read_at was fetched for them" in str(verdict.evidence.facts["evidence"])
    (held,) = metered({METER: own_reading})
    assert held.outcome is Outcome.HELD, "fetched, and refused then"


def test_a_list_that_a_moment_of_ours_would_fall_out_of_is_asked_without_it() -> None:
    (verdict,) = metered({METER: reading, METERS: recent})
    assert verdict.outcome is Outcome.HELD


def test_a_reading_that_ends_with_its_moment_is_left_as_it_is() -> None:
    expiring = [Column("expires_at" if n == "read_at" else n, k) for n, k in KINDS.items()]
    meters = replace(METERED.tables["meters"], columns=tuple(expiring))
    (verdict,) = metered({METER: reading}, Catalog({**METERED.tables, "meters": meters}))
    assert verdict.outcome is Outcome.HELD, "nothing can be planted: nothing is proven"
