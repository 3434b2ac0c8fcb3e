"""Keys of two halves, which sign tokens and verify them (RFC 7518, sections 3.3 to 3.5).

Importing this needs the package cryptography.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from seamproof.run.identities.tokens import Token, decoded, encoded

Private: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Public: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES: dict[str, ec.EllipticCurve] = {
    "ES256": ec.SECP256R1(),
    "ES384": ec.SECP384R1(),
    "ES512": ec.SECP521R1(),
}
_NAMES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
"""Curves as JSON Web Keys call them (RFC 7518, section 6.2.1.1)."""
ALGORITHMS = frozenset(f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in _HASHES)


@dataclass(frozen=True, slots=True)
class Pair:
    """A key, and how it is written."""

    public: Public
    text: str
    """The public half as PEM: as it was found, or as it follows from the private one."""
    private: Private | None = None


def pairs(texts: Iterable[str]) -> tuple[Pair, ...]:
    """The keys that these texts hold, each once: PEM, whose line breaks may be written `\\n`, and
    JSON Web Keys, one or a set of them (RFC 7517, sections 4 and 5)."""
    found: dict[bytes, Pair] = {}
    for pair in (each for text in texts for each in _held(text)):
        name = _der(pair.public)
        known = found.get(name)
        if known is None:
            found[name] = pair
        elif pair.private is None:
            found[name] = replace(known, text=pair.text)
        else:
            found[name] = replace(known, private=pair.private)
    return tuple(found.values())


def signer(token: Token, known: Iterable[Pair]) -> Pair | None:
    """The key that a token is signed with."""
    return next((each for each in known if verifies(token, each.public)), None)


def verifies(token: Token, public: Public) -> bool:
    """Whether a token has been signed with the other half of a key."""
    algorithm, data = token.header.get("alg"), token.signed.encode()
    if algorithm not in ALGORITHMS:
        return False
    try:
        raw = decoded(token.signature)
        if isinstance(public, rsa.RSAPublicKey):
            if algorithm.startswith("ES"):
                return False
            public.verify(raw, data, _padding(algorithm), _HASHES[algorithm[2:]])
        else:
            half = len(raw) // 2
            both = (int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
            public.verify(encode_dss_signature(*both), data, ec.ECDSA(_HASHES[algorithm[2:]]))
    except (InvalidSignature, ValueError):
        return False
    return True


def signature(algorithm: str, signed: str, private: Private) -> str:
    """The signature of what is signed."""
    data, digest = signed.encode(), _HASHES[algorithm[2:]]
    if isinstance(private, rsa.RSAPrivateKey):
        return encoded(private.sign(data, _padding(algorithm), digest))
    size = (private.curve.key_size + 7) // 8
    both = decode_dss_signature(private.sign(data, ec.ECDSA(digest)))
    return encoded(b"".join(each.to_bytes(size, "big") for each in both))


@lru_cache(maxsize=8)
def ours(algorithm: str) -> Pair:
    """A key for an algorithm that no service has."""
    private: Private
    if algorithm in _CURVES:
        private = ec.generate_private_key(_CURVES[algorithm])
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return Pair(private.public_key(), _pem(private.public_key()), private)


def web_key(public: Public) -> dict[str, Any]:
    """A public key as a JSON Web Key (RFC 7517)."""
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": _integer(numbers.n), "e": _integer(numbers.e)}
    point, size = public.public_numbers(), (public.curve.key_size + 7) // 8
    x, y = (encoded(each.to_bytes(size, "big")) for each in (point.x, point.y))
    return {"kty": "EC", "crv": _NAMES[public.curve.name], "x": x, "y": y}


def _integer(number: int) -> str:
    """A positive integer as a JSON Web Key has it (RFC 7518, section 2)."""
    return encoded(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _held(text: str) -> Iterator[Pair]:
    """The keys in one text."""
    if "-----BEGIN " in text:
        pair = _pair(text.replace("\\n", "\n"))
        if pair is not None:
            yield pair
    elif '"kty"' in text:
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            return
        keys = whole.get("keys", [whole]) if isinstance(whole, dict) else []
        for each in keys if isinstance(keys, list) else ():
            public = _of_web_key(each)
            if public is not None:
                yield Pair(public, _pem(public))


def _of_web_key(key: Any) -> Public | None:
    """The public half that a JSON Web Key says; None where it is of another kind, or says none."""
    try:
        if key["kty"] == "RSA":
            return rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
        curve = next(each for each in _CURVES.values() if _NAMES[each.name] == key["crv"])
        point = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), curve)
        return point.public_key()
    except (ValueError, TypeError, KeyError, AttributeError, StopIteration):
        return None


def _number(text: str) -> int:
    return int.from_bytes(decoded(text), "big")


def _pair(text: str) -> Pair | None:
    key = _read(text)
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return Pair(key.public_key(), _pem(key.public_key()), key)
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return Pair(key, text)
    return None


def _read(text: str) -> object:
    """What a text is as PEM, a private key or a public one; None where it is neither."""
    data = text.encode()
    try:
        if "PRIVATE KEY" in text:
            return serialization.load_pem_private_key(data, None)
        return serialization.load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _padding(algorithm: str) -> padding.AsymmetricPadding:
    if algorithm.startswith("RS"):
        return padding.PKCS1v15()
    digest = _HASHES[algorithm[2:]]
    return padding.PSS(padding.MGF1(digest), digest.digest_size)


def _pem(public: Public) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.PEM, form).decode()


def _der(public: Public) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.DER, form)
