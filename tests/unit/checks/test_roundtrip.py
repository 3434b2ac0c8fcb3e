"""`roundtrip` on handlers that keep what they are sent, change its form, or lose it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from doubles.driven import Driven
from seamproof.analysis.statements import shape
from seamproof.analysis.values import MISSING
from seamproof.checks.roundtrip import Roundtrip
from seamproof.checks.roundtrip.nested import parsed
from seamproof.core.catalog import Catalog, Column, Table
from seamproof.core.document import Body, Declaration, Document, Parameter, Place
from seamproof.core.experiment import Act, BoundaryKind, CrossingKey, Experiment
from seamproof.core.history import (
    Changes,
    Crossing,
    CrossingKind,
    Exchange,
    History,
    Request,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

CREATE = Operation.parse("POST /products")
TIMES = "timestamp with time zone"
TYPES = {"name": "text", "price": "numeric(14,4)", "serial": "bigint", "at": TIMES}


def products(**types: str) -> Catalog:
    """The only table, with these columns beside its key."""
    key = Column("id", "integer", nullable=False)
    columns = (key, *(Column(name, each) for name, each in types.items()))
    return Catalog({"products": Table("products", columns, ("id",))})


STEP = Step(
    CREATE,
    json={"name": "rope", "price": 3.75, "serial": 7, "at": "2026-01-01T10:00:00Z"},
)
SUBJECT = Subject(
    Scenario("test", STEP),
    Profile(effects=frozenset({"products"})),
    products(**TYPES),
    document=Document(
        (
            Declaration(CREATE, bodies=(Body("application/json", {"type": "object"}),)),
            Declaration(Operation.parse("GET /products/{id}")),
        )
    ),
    landing={f"body /{name}": ("products", name) for name in STEP.json},
)


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@dataclass
class Shop(Driven):
    """Stores each field, changed by `keep`, and answers it, changed by `say`."""

    keep: Callable[[str, Any], Any] = field(default=lambda name, value: value)
    say: Callable[[str, Any], Any] = field(default=lambda name, value: value)

    def run(self, experiment: Experiment) -> History:
        things: list[dict[str, Any]] = []
        arranged = [self._write(Act(step), things) for step in experiment.arrangement]
        prepared = len(things)
        sections: list[Section] = []
        for phase in experiment.phases:
            (act,) = phase.acts
            writes = act.step.operation.method != "GET"
            exchange = self._write(act, things) if writes else self._read(act, things)
            changes = Changes(self._rows(things[prepared:]))
            sections.append(Section((exchange,), (insert(),) if writes else (), changes))
        before = Changes(self._rows(things[:prepared]))
        return History(experiment, tuple(sections), tuple(arranged), prepared=before)

    def _write(self, act: Act, things: list[dict[str, Any]]) -> Exchange:
        kept = {name: self.keep(name, each) for name, each in act.step.json.items()}
        things.append({"id": len(things) + 1, **kept})
        return self._answer(act, 201, self._said(things[-1]))

    def _read(self, act: Act, things: list[dict[str, Any]]) -> Exchange:
        """The first thing, of those that are arranged; the thing of a number; all of them."""
        if not act.step.path_parameters:
            return self._answer(act, 200, {"items": [self._said(each) for each in things]})
        (name,) = act.step.path_parameters.values()
        number = int(name.strip("{}").removeprefix("created_"))
        return self._answer(act, 200, self._said(things[number]))

    def _said(self, thing: dict[str, Any]) -> dict[str, Any]:
        return {name: self.say(name, each) for name, each in thing.items()}

    def _answer(self, act: Act, status: int, body: Any) -> Exchange:
        sent = Request("POST", "/products", body=json.dumps(act.step.json).encode())
        return Exchange(act, sent, 0.0, 0.1, Response(status, (), json.dumps(body).encode()))

    def _rows(self, things: list[dict[str, Any]]) -> tuple[RowChange, ...]:
        texts = ({name: as_text(each) for name, each in thing.items()} for thing in things)
        return tuple(RowChange("products", None, row) for row in texts)


def insert() -> Crossing:
    statement = "INSERT INTO products (name) VALUES ($1)"
    key = CrossingKey(shape(statement))
    return Crossing(key, CrossingKind.WRITE, statement, 0, 1, 0.0, 0.01)


def verdicts(shop: Shop, subject: Subject = SUBJECT) -> list[Verdict]:
    return list(shop.drive(Roundtrip().explore(subject)))


def changed(field_name: str, change: Callable[[Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, value: change(value) if name == field_name else value


def test_what_agrees_holds() -> None:
    (verdict,) = verdicts(Shop())
    assert verdict.outcome is Outcome.HELD
    assert "values were taken, and agree" in verdict.reason


@pytest.mark.parametrize(
    ("name", "change", "kind"),
    [
        ("price", lambda value: int(value * 100) / 100, "decimal"),
        ("name", lambda value: value[:12], "text"),
        ("name", lambda value: value.encode("ascii", "replace").decode(), "text"),
        ("serial", lambda value: int(float(value)), "integer"),
        ("at", lambda value: value[:19] + "+00:00", "time"),
    ],
    ids=["cents", "cut", "replaced", "float", "offset"],
)
def test_what_is_lost_in_the_row_is_proven(name: str, change: Any, kind: str) -> None:
    found = verdicts(Shop(keep=changed(name, change)))
    losses = [each for each in found if each.finding_class == "altered-value"]
    assert [(each.tier, each.replays) for each in losses] == [(Tier.PROVEN, (3, 3))]
    assert losses[0].shape == f"{name} {kind}"


def test_what_is_stored_of_another_field_with_an_equal_value_is_no_loss() -> None:
    found = verdicts(Shop(keep=changed("name", lambda value: "rope")))
    assert not [each for each in found if each.finding_class and "name" in each.shape]


def test_a_column_that_is_only_called_like_a_field_says_nothing() -> None:
    found = verdicts(Shop(keep=changed("name", lambda value: f"{len(value)} letters")))
    assert not [each for each in found if each.finding_class and "name" in each.shape]


def test_of_several_rows_the_one_that_others_have_their_value_in_is_none_of_the_field() -> None:
    @dataclass
    class Pairs(Shop):
        def run(self, experiment: Experiment) -> History:
            history = super().run(experiment)
            first = RowChange("products", None, {"id": "99", "name": "twine"})
            return replace(
                history,
                sections=tuple(
                    replace(each, changes=Changes((first, *each.changes.rows)))
                    for each in history.sections
                ),
            )

    found = verdicts(Pairs(keep=changed("name", lambda value: f"{value} of ours")))
    assert not [each for each in found if "twine" in str(each.evidence)]


def test_an_answer_that_says_something_else_by_the_same_name_is_not_of_the_field() -> None:
    found = verdicts(Shop(say=changed("price", lambda value: value + 100)))
    assert not [each for each in found if each.finding_class == "reads-otherwise"]


def test_a_field_that_is_redacted_is_not_tried() -> None:
    step = replace(STEP, json={**STEP.json, "secret": "CARD-1"})
    subject = replace(
        SUBJECT,
        scenario=Scenario("test", step),
        catalog=products(**TYPES, secret="text"),
        landing={"body /secret": ("products", "secret")},
    )
    (verdict,) = verdicts(Shop(), subject)
    assert (verdict.outcome, verdict.reason) == (
        Outcome.SKIPPED,
        "no field has a value that could get lost",
    )


@pytest.mark.parametrize("keep", [True, False], ids=["row", "answer"])
def test_what_is_redacted_in_part_cannot_be_compared(keep: bool) -> None:
    change = changed("name", lambda value: value[:-4] + "<redacted:01234567>")
    found = verdicts(Shop(keep=change) if keep else Shop(say=change))
    assert not [each for each in found if each.finding_class and "name" in each.shape]


def test_what_is_only_read_otherwise_is_proven() -> None:
    found = verdicts(Shop(say=changed("serial", lambda value: int(float(value)))))
    (verdict,) = [each for each in found if each.finding_class]
    assert (verdict.finding_class, verdict.tier) == ("reads-otherwise", Tier.PROVEN)
    assert verdict.evidence.facts["where"] == "the answer"


def told(say: Callable[[str], str], kind: str, sent: str) -> set[str]:
    """What is found of one field of a kind that is answered so."""
    step = Step(CREATE, json={"it": sent})
    subject = replace(SUBJECT, scenario=Scenario("test", step), catalog=products(it=kind))
    subject = replace(subject, landing={"body /it": ("products", "it")})
    return {each.finding_class for each in verdicts(Shop(say=changed("it", say)), subject)}


def test_a_number_that_is_sent_as_a_text_is_one_all_the_same() -> None:
    assert told(str, "bigint", "7") == {""}
    assert told(lambda text: str(int(float(text))), "bigint", "7") == {"reads-otherwise"}


def test_a_day_is_the_same_as_the_moment_that_it_begins_at_and_begins_elsewhere_before() -> None:
    def eve(day: str) -> str:
        return f"{date.fromisoformat(day) - timedelta(1)}T23:00:00.000Z"

    assert told(lambda day: f"{day}T00:00:00.000Z", "date", "2030-05-17") == {""}
    assert told(eve, "date", "2030-05-17") == {"reads-otherwise"}
    assert told(lambda _: "2030-05-17T08:07:06Z", "date", "2030-05-17") == {""}


def test_a_time_is_read_in_another_zone_where_it_is_off_as_much_each_time() -> None:
    def local(value: str) -> str:
        there = datetime.fromisoformat(value).astimezone(timezone(timedelta(hours=-6)))
        return there.replace(tzinfo=None).isoformat()

    def answered(say: Callable[[str], str]) -> set[str]:
        return told(say, TIMES, "2026-01-01T10:00:00Z")

    assert answered(local) == {"reads-otherwise"}
    assert answered(lambda value: f"{value[:10]}T00:00:00Z") == {""}
    assert answered(lambda _: "2026-01-01T04:00:00") == {""}


@dataclass
class Lazy(Shop):
    """Answers writes as they came, and reads through floats."""

    def _read(self, act: Act, things: list[dict[str, Any]]) -> Exchange:
        through = [{**each, "serial": int(float(each["serial"]))} for each in things]
        return super()._read(act, through)


def test_what_only_the_later_read_says_otherwise_is_shown_with_it() -> None:
    (verdict,) = [each for each in verdicts(Lazy()) if each.finding_class]
    assert (verdict.tier, verdict.replays) == (Tier.PROVEN, (3, 3))
    assert verdict.evidence.facts["where"] == "GET /products/{created}"
    assert len(verdict.evidence.exchanges) == 2


@pytest.mark.parametrize("shown", ["*****", "\u2022\u2022\u2022\u2022", "****1234"])
def test_what_is_read_with_a_mask_is_hidden_on_purpose(shown: str) -> None:
    class Masking(Shop):
        def _read(self, act: Act, things: list[dict[str, Any]]) -> Exchange:
            return super()._read(act, [{**each, "name": shown} for each in things])

    (verdict,) = verdicts(Masking())
    assert verdict.outcome is Outcome.HELD


def test_where_nothing_is_read_by_its_id_it_is_looked_for_in_the_list() -> None:
    create = SUBJECT.document.declarations[0]
    several = Declaration(Operation.parse("GET /products"))
    subject = replace(SUBJECT, document=Document((create, several)))
    (verdict,) = [each for each in verdicts(Lazy(), subject) if each.finding_class]
    assert verdict.evidence.facts["where"] == "GET /products"
    assert verdict.replays == (3, 3)
    assert not [each for each in verdicts(Shop(), subject) if each.finding_class]
    wanted = (Parameter("page", Place.QUERY, required=True),)
    subject = replace(SUBJECT, document=Document((create, replace(several, parameters=wanted))))
    assert not [each for each in verdicts(Lazy(), subject) if each.finding_class]


def test_a_time_without_its_offset_is_right_where_it_is_read_as_what_was_sent() -> None:
    naive = products(**TYPES | {"at": "timestamp without time zone"})
    subject = replace(SUBJECT, catalog=naive)
    dropped = changed("at", lambda value: value[:19])
    (loss,) = [each for each in verdicts(Shop(keep=dropped), subject) if each.finding_class]
    assert (loss.finding_class, loss.replays) == ("altered-value", (3, 3))

    @dataclass
    class Knowing(Shop):
        """Has the offset elsewhere, and says it in reads."""

        def _rows(self, things: list[dict[str, Any]]) -> tuple[RowChange, ...]:
            return super()._rows([{**each, "at": each["at"][:19]} for each in things])

        def _write(self, act: Act, things: list[dict[str, Any]]) -> Exchange:
            super()._write(act, things)
            return self._answer(act, 201, {"id": len(things)})

    assert not [each for each in verdicts(Knowing(), subject) if each.finding_class]


# Fields that stand inside of a column

BODY = {
    "settings": {"rate": 3.75, "limits": [7]},
    "prices": [1.25, 2.5],
    "times": ["2026-01-01T10:00:00Z"],
    "log": {"word": "rope"},
}
NESTED = replace(
    SUBJECT,
    scenario=Scenario("nested", Step(CREATE, json=BODY)),
    catalog=products(settings="jsonb", prices="numeric(12,2)[]", times=f"{TIMES}[]", log="text"),
    landing={},
)


def nested(**losing: Callable[[Any], Any]) -> list[Verdict]:
    """With what each column has written by this."""

    @dataclass
    class Inner(Shop):
        def _rows(self, things: list[dict[str, Any]]) -> tuple[RowChange, ...]:
            def text(name: str, value: Any) -> str:
                value = losing.get(name, lambda each: each)(value)
                if name not in ("prices", "times"):
                    return json.dumps(value)
                quoted = [json.dumps(str(each)) for each in value]
                return f"{{{','.join(quoted)}}}"

            return tuple(
                RowChange(
                    "products", None, {name: text(name, each) for name, each in thing.items()}
                )
                for thing in things
            )

    return verdicts(Inner(), NESTED)


def test_what_is_whole_inside_of_its_column_holds() -> None:
    (verdict,) = nested()
    assert verdict.outcome is Outcome.HELD
    assert not verdict.reason.startswith("0 of")


def test_of_several_fields_of_one_name_an_answer_elsewhere_may_say_another() -> None:
    """Only the added label is answered, with the same kind as the removed one has."""

    class Labels(Shop):
        def _said(self, thing: dict[str, Any]) -> dict[str, Any]:
            return {"id": thing["id"], "labels": [thing["added"]]}

    body = {"added": {"kind": "rope"}, "removed": {"kind": "rope", "count": 7}}
    subject = replace(
        NESTED,
        scenario=Scenario("labels", Step(CREATE, json=body)),
        catalog=products(added="jsonb", removed="jsonb"),
    )
    (verdict,) = verdicts(Labels(), subject)
    assert verdict.outcome is Outcome.HELD
    assert not verdict.reason.startswith("0 of")


@pytest.mark.parametrize(
    ("name", "lose", "shape"),
    [
        ("settings", lambda v: {**v, "rate": int(v["rate"] * 100) / 100}, "settings decimal"),
        ("settings", lambda v: {**v, "limits": [int(float(v["limits"][0]))]}, "settings integer"),
        ("prices", lambda v: [int(each * 100) / 100 for each in v], "prices decimal"),
        ("times", lambda v: [v[0][:19] + "+00:00"], "times time"),
        ("log", lambda v: {"word": v["word"][:12]}, "log text"),
    ],
    ids=["a fraction in JSON", "an integer in JSON", "an array", "times", "JSON in a text"],
)
def test_what_is_lost_inside_of_its_column_is_proven(name: str, lose: Any, shape: str) -> None:
    losses = [each for each in nested(**{name: lose}) if each.finding_class == "altered-value"]
    assert [(each.shape, each.replays) for each in losses] == [(shape, (3, 3))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{19.99,0.3}", ["19.99", "0.3"]),
        ('{"two  spaces","a \\"b\\" \\\\",NULL,"NULL"}', ["two  spaces", 'a "b" \\', None, "NULL"]),
        ("{}", []),
        ('{"2035-01-15 18:00:00+00"}', ["2035-01-15 18:00:00+00"]),
        ('{"a": [1.50]}', {"a": ["1.50"]}),
        ("{{1,2},{3,4}}", MISSING),
        ("plain", MISSING),
        (None, MISSING),
    ],
)
def test_columns_that_hold_several_values_are_read(text: str | None, found: Any) -> None:
    assert parsed(text) == found


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("name", str.strip),
        ("name", lambda value: value.strip().upper()),
        ("price", lambda value: round(value, 4)),
    ],
    ids=["trimmed", "trimmed and in capitals", "rounded to its scale"],
)
def test_what_may_be_meant_is_a_note(name: str, change: Any) -> None:
    found = verdicts(Shop(keep=changed(name, change)))
    assert {each.outcome for each in found} == {Outcome.HELD}
    named = {(each.finding_class, each.tier) for each in found if each.finding_class}
    assert named == {("normalised-value", Tier.NOTE)}


def test_what_the_document_forbids_is_not_sent() -> None:
    schema = {"type": "object", "properties": {"serial": {"type": "integer", "maximum": 99}}}
    declared = Declaration(CREATE, bodies=(Body("application/json", schema),))
    subject = replace(
        SUBJECT,
        document=Document((declared,)),
        landing={"body /serial": ("products", "serial")},
    )
    (verdict,) = verdicts(Shop(keep=changed("serial", lambda value: 0)), subject)
    assert verdict.outcome is Outcome.SKIPPED


def test_what_cannot_be_judged_says_so() -> None:
    blind = replace(SUBJECT, boundaries=frozenset({BoundaryKind.HTTP_IN}))
    assert verdicts(Shop(), blind)[0].outcome is Outcome.NOT_RUN
    assert Roundtrip().applies(SUBJECT) is None
    assert Roundtrip().applies(replace(SUBJECT, landing={})) is not None
    secret = verdicts(Shop(keep=changed("name", lambda value: "<redacted:01234567>")))
    assert {each.outcome for each in secret} == {Outcome.HELD}
