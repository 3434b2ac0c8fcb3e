"""Every history, finding and event survives the way to JSON and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seamproof.core import codec
from seamproof.core.catalog import Catalog, Column, ForeignKey, Table
from seamproof.core.events import Baseline, RunFinished, VerdictReached
from seamproof.core.experiment import (
    Act,
    CrossingKey,
    Experiment,
    Fault,
    FaultKind,
    Phase,
    RowEdit,
    Schedule,
    Settings,
)
from seamproof.core.history import (
    Changes,
    Crossing,
    Disturbance,
    Exchange,
    History,
    Response,
    RowChange,
    Section,
)
from seamproof.core.model import Extract, Operation, Scenario, Step
from seamproof.core.profile import Profile
from seamproof.core.verdict import Finding, Outcome, Tier, Verdict

# No lone surrogates: they are no Unicode text (RFC 8259, section 8.2).
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.none() | st.dictionaries(TEXT, st.none() | TEXT, max_size=3)

st.register_type_strategy(float, FINITE)
st.register_type_strategy(str, TEXT)
st.register_type_strategy(bytes, st.binary(max_size=12))

STEPS = st.builds(
    Step,
    operation=st.builds(Operation, TEXT, TEXT, st.booleans()),
    path_parameters=st.dictionaries(TEXT, JSON, max_size=2),
    query=st.dictionaries(TEXT, JSON, max_size=2),
    headers=st.dictionaries(TEXT, TEXT, max_size=2),
    json=JSON,
    form=st.none() | st.dictionaries(TEXT, JSON, max_size=2),
    extracts=st.lists(st.builds(Extract, TEXT, TEXT), max_size=2).map(tuple),
    expect=st.lists(st.integers(100, 599), max_size=2).map(tuple),
)
KEYS = st.builds(CrossingKey)
FAULTS = st.builds(Fault, kind=st.sampled_from(FaultKind), at=KEYS, sqlstate=st.none() | TEXT)
ACTS = st.builds(Act, step=STEPS, headers=st.dictionaries(TEXT, TEXT, max_size=1))
PHASES = st.builds(
    Phase,
    acts=st.lists(ACTS, max_size=2).map(tuple),
    faults=st.lists(FAULTS, max_size=2).map(tuple),
    schedule=st.none()
    | st.builds(Schedule, st.lists(st.tuples(st.integers(0, 3), KEYS), max_size=2).map(tuple)),
)
EXPERIMENTS = st.builds(
    Experiment,
    phases=st.lists(PHASES, max_size=2).map(tuple),
    arrangement=st.lists(STEPS, max_size=1).map(tuple),
    edits=st.lists(st.builds(RowEdit, TEXT, ROWS, ROWS), max_size=1).map(tuple),
    settings=st.builds(Settings),
    purpose=TEXT,
)
CROSSINGS = st.builds(
    Crossing,
    key=KEYS,
    parameters=st.lists(st.none() | TEXT, max_size=2).map(tuple),
    fault=st.none() | FAULTS,
)
CHANGES = st.builds(
    Changes, st.lists(st.builds(RowChange, TEXT, ROWS, ROWS, TEXT), max_size=2).map(tuple)
)
for kind, strategy in (
    (Step, STEPS),
    (Experiment, EXPERIMENTS),
    (Crossing, CROSSINGS),
    (Changes, CHANGES),
    (Act, ACTS),
    (Fault, FAULTS),
):
    st.register_type_strategy(kind, strategy)

SECTIONS = st.builds(
    Section,
    exchanges=st.lists(st.builds(Exchange), max_size=1).map(tuple),
    crossings=st.lists(CROSSINGS, max_size=2).map(tuple),
    disturbances=st.lists(st.builds(Disturbance), max_size=1).map(tuple),
)
HISTORIES = st.builds(
    History,
    sections=st.lists(SECTIONS, max_size=2).map(tuple),
    arranged=st.lists(st.builds(Exchange), max_size=1).map(tuple),
)

GENEROUS = settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@GENEROUS
@given(EXPERIMENTS)
def test_experiments(experiment: Experiment) -> None:
    assert codec.load(Experiment, codec.dump(experiment)) == experiment


@GENEROUS
@given(st.builds(Exchange))
def test_exchanges(exchange: Exchange) -> None:
    assert codec.load(Exchange, codec.dump(exchange)) == exchange


@GENEROUS
@given(st.data())
def test_histories(data: st.DataObject) -> None:
    history = data.draw(HISTORIES)
    assert codec.load(History, codec.dump(history)) == history


@GENEROUS
@given(st.data())
def test_verdicts_and_findings(data: st.DataObject) -> None:
    verdict = data.draw(st.from_type(Verdict))
    assert codec.load(Verdict, codec.dump(verdict)) == verdict
    finding = data.draw(st.from_type(Finding))
    assert codec.load(Finding, codec.dump(finding)) == finding


@GENEROUS
@given(st.builds(Profile))
def test_profiles(profile: Profile) -> None:
    assert codec.load(Profile, codec.dump(profile)) == profile


def test_scenarios_catalogs_and_events() -> None:
    step = Step(Operation("POST", "/orders"), json={"a": [1, None, "x"]})
    table = Table(
        "items",
        (Column("id", "int"),),
        ("id",),
        (("a", "b"),),
        (ForeignKey(("o",), "orders", ("id",)),),
    )
    verdict = Verdict(Outcome.HELD, "rollback", "POST /orders", tier=Tier.NOTE)
    for value in (
        Scenario("s", step, (step,)),
        Catalog({"items": table}),
        Baseline("POST /orders", True),
        RunFinished(1, 0, 0, 0, 5, 1.5),
        VerdictReached(verdict),
    ):
        assert codec.load(type(value), codec.dump(value)) == value


def test_bytes_travel_as_base64() -> None:
    response = Response(200, (("a", "b"),), b"\x00\xff")
    assert json.loads(codec.dump(response))["body"] == "AP8="
    assert codec.plain(response)["body"] == "AP8="
    assert codec.load(Response, codec.dump(response)).body == b"\x00\xff"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"status": "x"}', '{"sttus": 200}'])
def test_what_is_no_such_thing_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        codec.load(Response, text)
