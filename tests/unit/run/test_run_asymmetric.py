"""Tokens that are signed with keys of two halves, altered; and which keys a configuration has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seamproof.core.experiment import Credential
from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities import asymmetric, tampering
from seamproof.run.identities.signing_keys import signing_keys
from seamproof.run.identities.tokens import Token, decoded, joined, signature

serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
ALGORITHMS = ("RS256", "PS384", "ES256", "ES512")
CLAIMS = {"sub": "1", "exp": 4_000_000_000}


def private_pem(algorithm: str) -> str:
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = asymmetric.ours(algorithm).private
    return private.private_bytes(serialization.Encoding.PEM, *form).decode()


def token(algorithm: str) -> str:
    signed = joined({"alg": algorithm, "kid": "first"}, CLAIMS)
    return f"{signed}.{asymmetric.signature(algorithm, signed, asymmetric.ours(algorithm).private)}"


def altered(text: str, kind: Credential, *keys: str) -> Token:
    bearer = Credentials((("Authorization", f"Bearer {text}"),))
    ((_, value),) = tampering.altered(bearer, kind, keys).headers
    found = Token.read(value.removeprefix("Bearer "))
    assert found is not None
    return found


def applicable(text: str, *keys: str) -> set[Credential]:
    bearer = Credentials((("Authorization", f"Bearer {text}"),))
    return set(tampering.applicable(bearer, keys))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_is_signed_is_verified_by_the_same_key_alone(algorithm: str) -> None:
    read = Token.read(token(algorithm))
    assert read is not None
    (own,) = asymmetric.pairs([private_pem(algorithm)])
    assert asymmetric.verifies(read, own.public)
    for other in set(ALGORITHMS) - {algorithm}:
        public = asymmetric.ours(other).public
        same = public.public_numbers() == own.public.public_numbers()
        assert asymmetric.verifies(read, public) is same


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_with_the_private_key_an_expired_token_is_right_in_all_else(algorithm: str) -> None:
    key = private_pem(algorithm)
    found = altered(token(algorithm), Credential.EXPIRED, "another text", key)
    (pair,) = asymmetric.pairs([key])
    assert found.claims["exp"] < 3_000_000_000
    assert found.header == {"alg": algorithm, "kid": "first"}
    assert asymmetric.verifies(found, pair.public)


@pytest.mark.parametrize("escaped", [False, True], ids=["as it is", "in one line"])
def test_the_public_key_is_passed_off_as_a_secret(escaped: bool) -> None:
    key = asymmetric.ours("RS256").text
    found = altered(
        token("RS256"), Credential.PUBLIC_KEY, key.replace("\n", "\\n") if escaped else key
    )
    assert (found.header["alg"], found.claims) == ("HS256", CLAIMS)
    assert found.signature == signature("HS256", found.signed, key)


def test_the_text_of_the_public_key_is_that_of_the_configuration() -> None:
    pem = asymmetric.ours("ES256").text
    written = f"{pem.strip()}\n\n"
    for texts in ([private_pem("ES256"), written], [written, private_pem("ES256")]):
        (pair,) = asymmetric.pairs(texts)
        assert (pair.text, pair.private is None) == (written, False)


def test_a_set_of_web_keys_holds_public_keys(tmp_path: Path) -> None:
    shown = [asymmetric.web_key(asymmetric.ours(each).public) for each in ("RS256", "ES512")]
    odd = [{"kty": "oct", "k": "AA"}, {"kty": "EC", "crv": "P-0", "x": "AA", "y": "AA"}, 7, {}]
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [*odd, *shown]}))
    texts = signing_keys({"JWKS_FILE": "jwks.json"}, tmp_path)
    found = altered(token("RS256"), Credential.PUBLIC_KEY, *texts)
    assert found.signature == signature("HS256", found.signed, asymmetric.ours("RS256").text)
    assert len(asymmetric.pairs(texts)) == 2
    assert Credential.EXPIRED not in applicable(token("RS256"), *texts)
    (alone,) = asymmetric.pairs([json.dumps(shown[1])])
    assert alone.text == asymmetric.ours("ES512").text
    assert asymmetric.pairs(['{"kty"', '{"kty": []}', '["kty"]']) == ()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_brings_the_key_along_that_it_is_signed_with(algorithm: str) -> None:
    found = altered(token(algorithm), Credential.BROUGHT_KEY)
    key: dict[str, Any] = found.header["jwk"]
    assert found.header["alg"] == algorithm
    assert asymmetric.verifies(found, asymmetric.ours(algorithm).public)
    assert key == asymmetric.web_key(asymmetric.ours(algorithm).public)


def test_a_secret_is_brought_along_as_well() -> None:
    signed = joined({"alg": "HS256"}, CLAIMS)
    found = altered(
        f"{signed}.{signature('HS256', signed, 'of the service')}", Credential.BROUGHT_KEY
    )
    secret = decoded(found.header["jwk"]["k"]).decode()
    assert found.signature == signature("HS256", found.signed, secret)


def test_a_key_is_named_where_the_token_names_one() -> None:
    found = altered(token("RS256"), Credential.NAMED_KEY)
    assert found.header["kid"].endswith("/dev/null")
    assert found.signature == signature("HS256", found.signed, "")
    nameless = joined({"alg": "HS256"}, CLAIMS)
    assert Credential.NAMED_KEY not in applicable(f"{nameless}.x")


def test_without_its_key_only_what_needs_none_is_tried() -> None:
    kinds = applicable(token("RS256"))
    assert {Credential.WRONG_KEY, Credential.BROUGHT_KEY, Credential.UNSIGNED} <= kinds
    assert not {Credential.EXPIRED, Credential.PUBLIC_KEY, Credential.WEAK_KEY} & kinds
    assert applicable(token("RS256"), private_pem("ES256"), "-----BEGIN nonsense") == kinds
    public = applicable(token("RS256"), asymmetric.ours("RS256").text)
    assert public - kinds == {Credential.PUBLIC_KEY}


def test_keys_are_texts_of_the_environment_and_files_that_they_name(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(private_pem("ES256"))
    (tmp_path / "notes.txt").write_text("no key")
    environment = {
        "KEY_FILE": "key.pem",
        "NOTES": "notes.txt",
        "DATABASE_URL": "{database.url}",
        "SECRET": "a-secret",
        "ODD": "a\0b",
        "LONG": "x" * 5000,
    }
    found = signing_keys(environment, tmp_path)
    given = [each for name, each in environment.items() if name != "DATABASE_URL"]
    assert list(found) == [*given, private_pem("ES256")]
