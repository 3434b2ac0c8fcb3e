"""`ssrf` on handlers that call what they are told to, and on sound ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from doubles.fake_world import FakeService, FakeWorld
from doubles.stored import finding_of
from seamproof.analysis.addresses import is_address, is_host
from seamproof.analysis.inputs import Input, Where
from seamproof.checks.ssrf import Ssrf
from seamproof.core.experiment import BoundaryKind
from seamproof.core.model import Json, Operation, Scenario, Step
from seamproof.core.subject import Subject
from seamproof.core.verdict import Outcome, Tier, Verdict

POST = Operation.parse("POST /hooks")
SUBJECT = Subject(
    Scenario("add", Step(POST, json={"url": "https://a.example/x", "logo": "https://b.example/y"}))
)
Handler = Callable[[FakeService], int]


def verdicts(handler: Handler, subject: Subject = SUBJECT) -> list[Verdict]:
    return list(FakeWorld({POST.id: handler}).drive(Ssrf().explore(subject)))


def sent(service: FakeService, name: str) -> str:
    assert service.serving is not None
    return service.serving.step.json[name]


def call(service: FakeService, address: str) -> None:
    """Call an address, where it is the port of ours."""
    for prefix in ("{sinkhole}", "http://a.example@127.0.0.1:{sinkhole.port}"):
        if address.startswith(prefix):
            service.call(f"GET sinkhole {address.removeprefix(prefix)}", status=200)


def test_an_address_that_is_called_is_proven() -> None:
    def broken(service: FakeService) -> int:
        call(service, sent(service, "logo"))
        return 201

    (verdict,) = verdicts(broken)
    assert (verdict.finding_class, verdict.tier) == ("server-side-request-forgery", Tier.PROVEN)
    assert (verdict.shape, verdict.replays) == ("body /logo", (3, 3))
    assert verdict.evidence.control is not None
    assert verdict.evidence.control.passed


def test_a_refusal_of_one_address_does_not_hide_another() -> None:
    def broken(service: FakeService) -> int:
        if "a.example" not in sent(service, "url"):
            return 422
        call(service, sent(service, "logo"))
        return 201

    assert [each.shape for each in verdicts(broken)] == ["body /logo"]


def test_addresses_that_are_stored_or_refused_hold() -> None:
    def stores(service: FakeService) -> int:
        service.connect().insert("hooks", id=1, url=sent(service, "url"))
        return 201

    def refuses(service: FakeService) -> int:
        return 201 if sent(service, "url").startswith("https://a.example/") else 422

    for handler in (stores, refuses):
        (verdict,) = verdicts(handler)
        assert verdict.outcome is Outcome.HELD
        assert "body /url" in verdict.reason


def test_a_job_that_calls_what_was_stored_is_waited_for() -> None:
    def stores(service: FakeService) -> int:
        service.connect().insert("hooks", id=1, url=sent(service, "url"))
        return 201

    def job(service: FakeService) -> int:
        for row in service.world.committed:
            assert row.new is not None
            call(service, row.new["url"] or "")
        return 0

    world = FakeWorld({POST.id: stores}, background=job)
    (verdict,) = world.drive(Ssrf().explore(SUBJECT))
    assert (verdict.tier, verdict.shape) == (Tier.PROVEN, "body /url")


def test_what_only_looks_allowed_leads_past_a_list() -> None:
    def lenient(service: FakeService) -> int:
        address = sent(service, "url")
        if not address.startswith(("https://a.example", "http://a.example")):
            return 422
        call(service, address)
        return 201

    (verdict,) = verdicts(lenient)
    assert verdict.tier is Tier.PROVEN
    assert verdict.evidence.facts["address"].startswith("http://a.example@")  # type: ignore[union-attr]


def test_where_there_is_no_list_nothing_else_is_tried() -> None:
    def ignores(service: FakeService) -> int:
        return 201

    world = FakeWorld({POST.id: ignores})
    (verdict,) = world.drive(Ssrf().explore(SUBJECT))
    assert verdict.outcome is Outcome.HELD
    assert len(world.experiments) == 2
    deep = FakeWorld({POST.id: ignores})
    deep.drive(Ssrf().explore(replace(SUBJECT, deep=True)))
    assert len(deep.experiments) > 2


def fetching(*hosts: str, follows: bool) -> Handler:
    """Calls a URL of these hosts, whatever its scheme, and is sent on from there."""

    def handler(service: FakeService) -> int:
        address = sent(service, "url")
        host, _, path = address.partition("://")[2].partition("/")
        if host not in hosts:
            return 422
        place = service.call(f"GET http://{host} /{path}", answer="", status=200)
        if place and follows:
            call(service, place)
        return 201

    return handler


def test_a_redirect_by_a_host_of_anybodys_is_proven() -> None:
    (verdict,) = verdicts(fetching("a.example", "www.example.com", follows=True))
    assert (verdict.tier, verdict.shape, verdict.replays) == (Tier.PROVEN, "body /url", (3, 3))
    facts = verdict.evidence.facts
    assert "http://www.example.com/" in str(facts["address"])
    assert "redirected to {sinkhole}/" in str(facts["address"])
    assert "redirected it" in str(facts["behind"])
    assert verdict.evidence.control is not None
    assert verdict.evidence.control.passed


def test_a_redirect_by_the_one_host_that_is_allowed_is_suspected() -> None:
    (verdict,) = verdicts(fetching("a.example", follows=True))
    assert verdict.tier is Tier.SUSPECTED
    assert "http://a.example/" in str(verdict.evidence.facts["address"])


def test_who_follows_no_redirect_holds() -> None:
    for hosts in (("a.example",), ("a.example", "www.example.com")):
        (verdict,) = verdicts(fetching(*hosts, follows=False))
        assert verdict.outcome is Outcome.HELD


def test_a_redirect_is_shown_again() -> None:
    world = FakeWorld({POST.id: fetching("a.example", follows=True)})
    (verdict,) = world.drive(Ssrf().explore(SUBJECT))
    (again,) = world.drive(Ssrf().replay(SUBJECT, finding_of(verdict, BoundaryKind.HTTP_OUT)))
    assert (again.tier, again.shape) == (Tier.SUSPECTED, "body /url")
    assert again.evidence.facts["address"] == verdict.evidence.facts["address"]


def test_where_it_is_meant_to_call_it_is_skipped() -> None:
    allowed = replace(SUBJECT, calls_anybody=("POST /hook*",))
    skip = Ssrf().applies(allowed)
    assert skip is not None
    assert "allowed" in skip.reason
    plain = Subject(Scenario("add", Step(POST, json={"name": "a"})))
    assert Ssrf().applies(plain) is not None
    assert Ssrf().applies(SUBJECT) is None


def test_a_finding_is_shown_again() -> None:
    def broken(service: FakeService) -> int:
        call(service, sent(service, "url"))
        return 201

    world = FakeWorld({POST.id: broken})
    (verdict,) = world.drive(Ssrf().explore(SUBJECT))
    finding = finding_of(verdict, BoundaryKind.HTTP_OUT)
    (again,) = world.drive(Ssrf().replay(SUBJECT, finding))
    assert (again.tier, again.shape) == (Tier.PROVEN, "body /url")
    world.handlers[POST.id] = lambda service: 201
    (mended,) = world.drive(Ssrf().replay(SUBJECT, finding))
    assert mended.outcome is Outcome.INCONCLUSIVE


def body(name: str, value: Json = None, **schema: Json) -> Input:
    return Input(Where.BODY, (name,), value, schema or None)


@pytest.mark.parametrize(
    "place",
    [
        body("anything", "https://a.example"),
        body("callback_url", "x"),
        body("callbackURL", type="string"),
        body("target", type="string", format="uri"),
        Input(Where.QUERY, ("image",), "cat.png"),
        Input(Where.HEADER, ("X-Callback-Url",), "x"),
        body("url", "{sinkhole}/a"),
    ],
    ids=lambda each: each.label,
)
def test_addresses_are_known(place: Input) -> None:
    assert is_address(place)


@pytest.mark.parametrize(
    "place",
    [
        body("name", "a"),
        body("image_id", "7"),
        body("link_count", 3),
        body("host_name", "a"),
        body("callback"),
        Input(Where.HEADER, ("Referer",), "https://a.example"),
    ],
    ids=lambda each: each.label,
)
def test_what_is_no_address_is_left_alone(place: Input) -> None:
    assert not is_address(place)


def test_a_host_has_no_scheme() -> None:
    assert is_host(body("host", "a.example"))
    assert is_host(body("host", type="string"))
    assert not is_host(body("url", "https://a.example"))
