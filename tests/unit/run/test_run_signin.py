"""Each way to sign in: what is sent, what is kept of the answers, and why one is refused."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from seamproof.config import IdentityConfig
from seamproof.core.errors import SeamproofError, ServiceError
from seamproof.core.history import Response
from seamproof.core.model import Operation, Step
from seamproof.run.experiment import lane, requests
from seamproof.run.experiment.lane import Door
from seamproof.run.experiment.requests import Bindings, Credentials
from seamproof.run.identities.admission import Admission, described
from seamproof.run.identities.admitted import Admitted
from seamproof.run.identities.desk import Desk
from seamproof.run.identities.wallet import Wallet
from seamproof.run.openapi import OpenApi
from seamproof.run.redaction import Redactor

ADMIN = {"bearer": "admin-token"}
SESSION = ("Set-Cookie", "sid=a-session; Path=/; HttpOnly")
HTML = ("Content-Type", "text/html; charset=utf-8")
OTHER = Step(Operation("POST", "/orders"))
Answers = Callable[[str, dict[str, str], str], Response]


@dataclass
class Counter:
    """A desk whose service is a function; it keeps what was sent."""

    answers: Answers
    printed: str = ""
    sent: list[str] = field(default_factory=list)
    ran: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        door = Door("127.0.0.1", 1, "127.0.0.1:1")
        openapi = OpenApi(None, Path(), door, lambda event: None)
        self.redactor = Redactor()
        self.admission = Admission(Desk(door, self.redactor, openapi, self))

    async def output(self, name: str, key: str, text: str) -> str:
        self.ran.append((key, text))
        return self.printed

    async def send(self, host: str, port: int, request: bytes, **how: object) -> lane.Answer:
        text = request.decode()
        head, _, body = text.partition("\r\n\r\n")
        line, *rest = head.split("\r\n")
        headers = dict(each.split(": ", 1) for each in rest)
        self.sent.append(text)
        return lane.Answer(0.0, 1.0, self.answers(line.rpartition(" ")[0], headers, body))


def created(*_: object) -> Response:
    return Response(201, (SESSION,))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Counter]:
    def make(answers: Answers, printed: str = "") -> Counter:
        counter = Counter(answers, printed)
        monkeypatch.setattr(lane, "send", counter.send)
        return counter

    return make


def admitted(counter: Counter, **identity: Any) -> Admitted:
    config = IdentityConfig.model_validate(identity)
    return asyncio.run(counter.admission.first("erin", config, {}))


def refused(counter: Counter, **identity: Any) -> SeamproofError:
    with pytest.raises(ServiceError) as caught:
        admitted(counter, **identity)
    return caught.value


def sent_as(credentials: Credentials, step: Step = OTHER) -> str:
    return requests.encode(
        requests.build(step, Bindings(), credentials, place="act"), "service"
    ).decode()


def jwt(**claims: Any) -> str:
    parts = ({"alg": "none"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in parts]
    return ".".join([*(each.rstrip("=") for each in encoded), "signature"])


# Accounts


def test_an_administrator_makes_the_account_of_another(at: Any) -> None:
    counter = at(created)
    erin = {
        "login": {"operation": "POST /login", "body": {"password": "x"}},
        "register": {"as": "admin", "operation": "POST /users", "body": {"name": "erin"}},
    }
    both = {"admin": ADMIN, "erin": erin}
    identities = {name: IdentityConfig.model_validate(each) for name, each in both.items()}
    asyncio.run(Wallet(identities, counter.admission).sign_in())
    made, login = counter.sent
    assert made.startswith("POST /users")
    assert "Authorization: Bearer admin-token" in made
    assert login.startswith("POST /login")
    assert "admin-token" not in login


def test_who_registers_alone_is_a_stranger(at: Any) -> None:
    counter = at(created)
    admitted(counter, bearer="erin-token", register={"operation": "POST /users"})
    (made,) = counter.sent
    assert "Authorization" not in made


def test_an_account_is_not_made_again_for_a_further_sign_in(at: Any) -> None:
    counter = at(created)
    erin = {"register": {"operation": "POST /users"}, "login": {"operation": "POST /login"}}
    config = IdentityConfig.model_validate(erin)
    asyncio.run(counter.admission.again("erin", config))
    assert [each.partition(" HTTP")[0] for each in counter.sent] == ["POST /login"]


# What is sent as it is configured


@pytest.mark.parametrize(
    ("identity", "shown"),
    [
        ({"basic": {"username": "e", "password": "p"}}, "Authorization: Basic ZTpw"),
        ({"bearer": "t0ken"}, "Authorization: Bearer t0ken"),
        ({"bearer": "t0ken", "scheme": "Token"}, "Authorization: Token t0ken"),
        ({"header": {"name": "X-User", "value": "erin"}}, "X-User: erin"),
        ({"api_key": {"name": "X-Key", "value": "k1"}}, "X-Key: k1"),
        ({"api_key": {"name": "key", "value": "k 1", "in": "query"}}, "POST /orders?key=k+1 HTTP"),
        ({"api_key": {"name": "key", "value": "k1", "in": "cookie"}}, "Cookie: key=k1"),
    ],
)
def test_what_is_given_is_sent_with_each_request(at: Any, identity: Any, shown: str) -> None:
    counter = at(created)
    found = admitted(counter, **identity)
    assert shown in sent_as(found.credentials)
    assert not found.renewable
    assert not counter.sent


def test_an_api_key_in_the_query_yields_to_the_step_and_joins_its_parameters() -> None:
    key = Credentials(query=(("key", "mine"),))
    operation = Operation("GET", "/orders")
    assert "GET /orders?key=mine&page=2 " in sent_as(key, Step(operation, query={"page": 2}))
    assert "GET /orders?key=other " in sent_as(key, Step(operation, query={"key": "other"}))


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("Token s3cret-of-erin", "s3cret-of-erin"),
        ("s3cret-of-erin", "s3cret-of-erin"),
        ("Bearer czNjcmV0LW9m==", "czNjcmV0LW9m=="),
        ('Digest username="erin", response="s3cret-of-erin"', "s3cret-of-erin"),
        ("theme=dark; session=s3cret-of-erin", "s3cret-of-erin"),
    ],
)
@pytest.mark.parametrize("way", ["header", "api_key"])
def test_a_secret_in_a_header_is_known_where_it_is_looked_up(
    at: Any, way: str, value: str, stored: str
) -> None:
    counter = at(created)
    admitted(counter, **{way: {"name": "Authorization", "value": value}})
    found = counter.redactor.text(f"SELECT 'Bearer' FROM tokens WHERE key = '{stored}'")
    assert stored not in found
    assert found.startswith("SELECT 'Bearer' FROM tokens WHERE key = '<")


def test_an_api_key_is_redacted_as_it_is_encoded(at: Any) -> None:
    counter = at(created)
    admitted(counter, api_key={"name": "k", "value": "s3cret/with space", "in": "query"})
    assert "s3cret" not in counter.redactor.target("/orders?k=s3cret%2Fwith+space")


# A token by a request


@pytest.mark.parametrize(
    ("place", "response"),
    [
        ("$.data.token", Response(200, (), b'{"data": {"token": "t0ken"}}')),
        ("header:X-Auth", Response(200, (("x-auth", "t0ken"),))),
        ("cookie:jwt", Response(200, (("Set-Cookie", "jwt=t0ken; Path=/"),))),
    ],
)
def test_a_token_is_taken_from_its_place(at: Any, place: str, response: Response) -> None:
    counter = at(lambda *_: response)
    found = admitted(counter, login={"operation": "POST /login", "token": place})
    assert "Authorization: Bearer t0ken" in sent_as(found.credentials)


@pytest.mark.parametrize(
    ("body", "lifetime"),
    [
        ({"token": "t", "expires_in": 90}, 90),
        ({"token": "t", "expiresIn": "90"}, 90),
        ({"token": "t"}, None),
        ({"token": "t", "expires_in": True}, None),
        ({"token": jwt(exp="never")}, None),
        ({"token": jwt(exp=1)}, None),
        ({"token": "a.!.c"}, None),
    ],
)
def test_how_long_a_token_lives(at: Any, body: Any, lifetime: float | None) -> None:
    counter = at(lambda *_: Response(200, (), json.dumps(body).encode()))
    found = admitted(counter, login={"operation": "POST /login", "token": "$.token"})
    assert found.lifetime == (lifetime and pytest.approx(lifetime, abs=2))
    assert found.renewable


def test_how_long_a_json_web_token_lives(at: Any) -> None:
    answer = Response(200, (("X-Token", jwt(exp=time.time() + 90)),))
    counter = at(lambda *_: answer)
    found = admitted(counter, login={"operation": "POST /login", "token": "header:X-Token"})
    assert found.lifetime == pytest.approx(90, abs=2)


# A session with cookies, and a token against forged requests


@pytest.mark.parametrize(
    ("attributes", "lifetime"),
    [
        ("; Max-Age=60", 60),
        ("; Max-Age=60; Expires=Wed, 21 Oct 2099 07:28:00 GMT", 60),
        ("; Expires=what", None),
        ("", None),
    ],
)
def test_how_long_a_session_lives(at: Any, attributes: str, lifetime: float | None) -> None:
    counter = at(lambda *_: Response(200, (("Set-Cookie", f"sid=1{attributes}"),)))
    found = admitted(counter, login={"operation": "POST /login"})
    assert "Cookie: sid=1" in sent_as(found.credentials)
    assert found.lifetime == lifetime


def django(line: str, headers: dict[str, str], body: str) -> Response:
    """A sign-in as Django's: the token in a cookie and in the form, changed by the sign-in."""
    if line.startswith("GET /accounts/login/"):
        page = b'<input type="hidden" name="csrfmiddlewaretoken" value="masked-1">'
        return Response(200, (HTML, ("Set-Cookie", "csrftoken=c1; Path=/")), page)
    if headers.get("X-CSRFToken") not in {"masked-1", "c1"} or "csrftoken=c1" not in headers.get(
        "Cookie", ""
    ):
        return Response(403, (HTML,), b"<p>CSRF verification failed. Request aborted.</p>")
    if "password=right" not in body:
        return Response(200, (HTML,), b'<form><input name="p" type="password"></form>')
    return Response(302, (SESSION, ("Set-Cookie", "csrftoken=c2; Path=/")))


DJANGO = {"operation": "POST /accounts/login/", "form": {"username": "e", "password": "right"}}


def test_djangos_token_is_found_without_being_told(at: Any) -> None:
    counter = at(django)
    found = admitted(counter, login=DJANGO)
    assert [each.partition(" HTTP")[0] for each in counter.sent] == [
        "POST /accounts/login/",
        "GET /accounts/login/",
        "POST /accounts/login/",
    ]
    request = sent_as(found.credentials, Step(Operation("POST", "/notes/"), form={"text": "hi"}))
    assert "Cookie: csrftoken=c2; sid=a-session" in request
    assert "X-CSRFToken: c2" in request
    assert "csrfmiddlewaretoken=c2&text=hi" in request
    assert counter.redactor.text("csrftoken=c1-is-short a-session").endswith(">")


def test_a_page_that_asks_for_the_password_again_is_a_refusal(at: Any) -> None:
    form = {"username": "e", "password": "wrong"}
    error = refused(at(django), login={**DJANGO, "form": form})
    assert "POST /accounts/login/ answered 200" in error.problem


def test_a_token_that_a_request_gives_is_asked_for_first_and_again_for_the_session(at: Any) -> None:
    given = iter(["first", "second"])

    def answers(line: str, headers: dict[str, str], body: str) -> Response:
        if line == "GET /csrf":
            return Response(200, (), json.dumps({"csrf": next(given)}).encode())
        assert headers["X-Xsrf"] == "first"
        return Response(204, (SESSION,))

    csrf = {"operation": "GET /csrf", "from": "$.csrf", "header": "X-Xsrf"}
    found = admitted(at(answers), login={"operation": "POST /session", "csrf": csrf})
    assert "X-Xsrf: second" in sent_as(found.credentials)


def test_a_token_in_a_hidden_field_that_is_configured(at: Any) -> None:
    def answers(line: str, headers: dict[str, str], body: str) -> Response:
        if line.startswith("GET"):
            return Response(200, (HTML,), b'<input name="tok" value="f1&amp;2">')
        assert "tok=f1%262" in body
        return created()

    login = {"operation": "POST /login", "form": {"u": "e"}, "csrf": {"from": "field:tok"}}
    assert "sid=a-session" in sent_as(admitted(at(answers), login=login).credentials)


def test_a_token_that_is_not_there_says_where_it_was_looked_for(at: Any) -> None:
    login = {"operation": "POST /login", "csrf": {"operation": "GET /csrf", "from": "$.token"}}
    error = refused(at(lambda *_: Response(200, (), b'{"csrf": 1}')), login=login)
    assert "GET /csrf answered 200" in error.problem
    assert "no 'token', it has: csrf" in error.problem


def test_a_cookie_against_forged_requests_is_no_session(at: Any) -> None:
    counter = at(lambda *_: Response(200, (("Set-Cookie", "XSRF-TOKEN=x"),)))
    assert "set no cookie of a session" in refused(counter, login=DJANGO).problem


# OAuth 2


def token_endpoint(line: str, headers: dict[str, str], body: str) -> Response:
    assert line == "POST /oauth/token"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    return Response(200, (), b'{"access_token": "t0ken", "token_type": "bearer", "expires_in": 60}')


OAUTH = {"token": "POST /oauth/token"}


def test_a_password_is_exchanged_for_a_token(at: Any) -> None:
    counter = at(token_endpoint)
    user = {"username": "erin", "password": "p w", "scope": "read write", "client_id": "app"}
    found = admitted(counter, oauth2={**OAUTH, **user})
    (asked,) = counter.sent
    body = asked.partition("\r\n\r\n")[2]
    assert body == "grant_type=password&username=erin&password=p+w&scope=read+write&client_id=app"
    assert "Authorization: Bearer t0ken" in sent_as(found.credentials)
    assert found.lifetime == 60


def test_a_client_shows_its_secret_by_basic_encoded_as_a_form_is(at: Any) -> None:
    counter = at(token_endpoint)
    admitted(counter, oauth2={**OAUTH, "client_id": "a:b", "client_secret": "s&t"})
    (asked,) = counter.sent
    assert f"Authorization: Basic {base64.b64encode(b'a%3Ab:s%26t').decode()}" in asked
    assert asked.endswith("\r\n\r\ngrant_type=client_credentials")


def test_a_client_that_is_refused_by_basic_shows_its_secret_in_the_body(at: Any) -> None:
    def answers(line: str, headers: dict[str, str], body: str) -> Response:
        if "client_secret=secret" not in body:
            return Response(401, (), b'{"error": "invalid_client"}')
        assert "Authorization" not in headers
        return token_endpoint(line, headers, body)

    found = admitted(at(answers), oauth2={**OAUTH, "client_id": "a", "client_secret": "secret"})
    assert found.credentials.headers


def test_a_refused_token_says_why(at: Any) -> None:
    answers = Response(400, (), b'{"error": "invalid_grant", "error_description": "no such user"}')
    user = {"username": "erin", "password": "p"}
    error = refused(at(lambda *_: answers), oauth2={**OAUTH, **user})
    assert "no such user" in error.details[0]
    error = refused(at(lambda *_: Response(200, (), b"{}")), oauth2={**OAUTH, **user})
    assert "gave no access_token" in error.problem


# A command


def test_a_command_prints_a_token_on_its_last_line(at: Any) -> None:
    counter = at(created, printed=f"loading\n{jwt(exp=time.time() + 60)}\n\n")
    found = admitted(counter, command="python manage.py token {database.url}", scheme="JWT")
    assert counter.ran == [("identities.erin.command", "python manage.py token {database.url}")]
    assert "Authorization: JWT ey" in sent_as(found.credentials)
    assert found.lifetime == pytest.approx(60, abs=2)


@pytest.mark.parametrize("printed", ["", "\n", "Generated token abcdef for user erin\n"])
def test_what_is_no_token_is_not_shown(at: Any, printed: str) -> None:
    counter = at(created, printed=printed)
    error = refused(counter, command="make-token")
    assert "identities.erin.command printed" in error.problem
    assert "abcdef" not in error.problem
    assert "abcdef" not in printed or "abcdef" not in counter.redactor.text("abcdef")


# Messages


@pytest.mark.parametrize(
    ("identity", "text"),
    [
        ({"login": DJANGO}, "POST /accounts/login/, cookies kept"),
        (
            {"login": {"operation": "POST /login", "token": "$.t"}},
            "POST /login, token from $.t in the header Authorization",
        ),
        ({"api_key": {"name": "key", "value": "s", "in": "query"}}, "an API key, query key"),
        (
            {"oauth2": {**OAUTH, "username": "e", "password": "p"}},
            "POST /oauth/token, grant password",
        ),
    ],
)
def test_a_way_is_described_without_its_secret(identity: Any, text: str) -> None:
    assert described(IdentityConfig.model_validate(identity)) == text
