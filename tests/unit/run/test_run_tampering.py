"""Real credentials, altered: tokens of three parts, and what is none."""

from __future__ import annotations

import base64
import json
import time

import pytest

from seamproof.core.experiment import Credential
from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities import given
from seamproof.run.identities.tampering import altered, applicable
from seamproof.run.identities.tokens import Token

KEY = "a-key-that-is-in-no-list"


def encoded(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(key: str = KEY, **claims: object) -> str:
    import hmac

    signed = f"{encoded({'alg': 'HS256'})}.{encoded({'sub': '1', **claims})}"
    return f"{signed}.{encoded(hmac.digest(key.encode(), signed.encode(), 'sha256'))}"


def bearer(text: str) -> Credentials:
    return Credentials((("Authorization", f"Bearer {text}"),))


def sent(credentials: Credentials, kind: Credential, *keys: str) -> str:
    ((_, value),) = altered(credentials, kind, keys).headers
    scheme, _, secret = value.partition(" ")
    assert scheme in ("Bearer", "Basic")
    return secret


def test_an_unsigned_token_says_so_and_keeps_its_claims() -> None:
    found = sent(bearer(token(exp=9)), Credential.UNSIGNED)
    assert found.endswith(".")
    read = Token.read(found)
    assert read is not None
    assert (read.header["alg"], read.claims, read.signature) == ("none", {"sub": "1", "exp": 9}, "")


def test_a_tampered_token_has_the_signature_of_before() -> None:
    before = Token.read(token())
    after = Token.read(sent(bearer(token()), Credential.TAMPERED))
    assert before is not None
    assert after is not None
    assert after.signature == before.signature
    assert after.claims["sub"] == "1"
    assert after.claims != before.claims


def test_another_key_signs_the_same_claims() -> None:
    after = Token.read(sent(bearer(token()), Credential.WRONG_KEY))
    assert after is not None
    assert after.claims == {"sub": "1"}
    assert after.key([KEY]) is None


def test_an_expired_token_is_signed_with_the_services_own_key() -> None:
    later = int(time.time()) + 3600
    after = Token.read(sent(bearer(token(exp=later)), Credential.EXPIRED, "other", KEY))
    assert after is not None
    assert after.claims["exp"] < time.time() - 60
    assert after.key([KEY]) == KEY


def test_a_token_for_others_names_them() -> None:
    after = Token.read(sent(bearer(token(aud="shop")), Credential.OTHER_AUDIENCE, KEY))
    assert after is not None
    assert after.claims["aud"] != "shop"


def test_a_weak_key_is_found_from_the_token_alone() -> None:
    kinds = applicable(bearer(token("secret", exp=9)))
    assert Credential.WEAK_KEY in kinds
    assert Credential.EXPIRED in kinds
    after = Token.read(sent(bearer(token("secret")), Credential.WEAK_KEY))
    assert after is not None
    assert after.key(["secret"]) == "secret"


def test_without_the_key_nothing_can_be_signed() -> None:
    kinds = applicable(bearer(token(exp=9, aud="shop")))
    assert not {Credential.WEAK_KEY, Credential.EXPIRED, Credential.OTHER_AUDIENCE} & set(kinds)
    with pytest.raises(ValueError, match="expired"):
        altered(bearer(token(exp=9)), Credential.EXPIRED)


@pytest.mark.parametrize("text", ["opaque-0123456789abcdef", "a.b.c", "e30.e30.x", "..", "[].{}.z"])
def test_what_is_no_such_token_is_altered_in_one_character(text: str) -> None:
    kinds = applicable(bearer(text))
    assert set(kinds) == {
        *(Credential.MALFORMED, Credential.TAMPERED, Credential.REUSED, Credential.OCTETS)
    }
    found = sent(bearer(text), Credential.TAMPERED)
    assert sum(a != b for a, b in zip(found, text, strict=True)) == 1


def test_basic_has_another_password() -> None:
    class Redactor:
        def learn(self, *values: str) -> None:
            pass

    class Configured:
        username, password = "ann", "correct horse"

    credentials = given.basic(Configured, Redactor())  # type: ignore[arg-type]
    decoded = base64.b64decode(sent(credentials, Credential.TAMPERED)).decode()
    assert decoded.startswith("ann:")
    assert decoded != "ann:correct horse"


def test_cookies_and_queries_are_altered_and_tokens_against_forgery_are_not() -> None:
    credentials = Credentials(
        (("X-CSRF-Token", "keep"),),
        {"session": "abcdef", "csrftoken": "keep"},
        (("key", "abcdef"),),
    )
    after = altered(credentials, Credential.MALFORMED)
    assert after.headers == credentials.headers
    assert after.cookies["csrftoken"] == "keep"
    assert after.cookies["session"] != "abcdef"
    assert after.query[0][1] != "abcdef"


def test_who_shows_nothing_has_nothing_to_alter() -> None:
    assert applicable(Credentials()) == ()
