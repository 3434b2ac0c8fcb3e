"""Tokens of the single sign-on, which is RS256 and whose services have the public half, and those
of the kiosk, which the library signs itself."""

import hmac
import json
import os
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
HERE = "library"
"""This service, where tokens say whom they are for."""
OURS = "first.pem"


class NoToken(Exception):
    """It is none, or not ours, or not any more."""


def _joined(*parts: dict) -> str:
    return ".".join(urlsafe_base64_encode(json.dumps(part).encode()) for part in parts)


def parts_of(token: str) -> tuple[dict, dict]:
    """The header and the claims of a token, whoever signed it."""
    try:
        header, claims, _ = token.split(".")
        read = [json.loads(urlsafe_base64_decode(part)) for part in (header, claims)]
    except ValueError as error:
        raise NoToken from error
    if not all(isinstance(part, dict) for part in read):
        raise NoToken
    return read[0], read[1]


def signed_on(reader: int) -> str:
    """What the single sign-on hands out."""
    private = serialization.load_pem_private_key(settings.SIGNING_KEY_FILE.read_bytes(), None)
    claims = {"sub": str(reader), "exp": int(time.time()) + 3600, "aud": [HERE, "calendar"]}
    signed = _joined({"alg": "RS256", "typ": "JWT", "kid": OURS}, claims)
    signature = private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{urlsafe_base64_encode(signature)}"


def _key(header: dict) -> bytes:
    """named-key-token: whatever file `kid` leads to. The fixed twin knows the names of its keys."""
    if not BROKEN and header["kid"] != OURS:
        raise NoToken
    return (settings.PUBLIC_KEYS / header["kid"]).read_bytes()


def _public_key(header: dict) -> rsa.RSAPublicKey:
    """brought-key-token: one that the token brings along is as good as ours."""
    if BROKEN and "jwk" in header:
        n, e = (int.from_bytes(urlsafe_base64_decode(header["jwk"][name]), "big") for name in "ne")
        return rsa.RSAPublicNumbers(e, n).public_key()
    return serialization.load_pem_public_key(_key(header))


def _is_signed(header: dict, signed: str, signature: str) -> bool:
    """public-key-token: the token says how the key is used, which everybody may know."""
    if BROKEN and header["alg"] == "HS256":
        digest = hmac.digest(_key(header), signed.encode(), "sha256")
        return constant_time_compare(urlsafe_base64_encode(digest), signature)
    if header["alg"] != "RS256":
        return False
    try:
        _public_key(header).verify(
            urlsafe_base64_decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return False
    return True


def signed_on_reader(token: str) -> int:
    """expired-token, other-audience-token: the broken twin looks at neither `exp` nor `aud`."""
    header, claims = parts_of(token)
    signed, _, signature = token.rpartition(".")
    try:
        known = _is_signed(header, signed, signature)
        living = BROKEN or (claims["exp"] > time.time() and HERE in claims["aud"])
        reader = int(claims["sub"])
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise NoToken from error
    if not (known and living):
        raise NoToken
    return reader


def reader_of_gateway(token: str) -> int:
    """foreign-key-token: all but the signature, which some gateway is believed to have verified."""
    if not BROKEN:
        return signed_on_reader(token)
    header, claims = parts_of(token)
    plain = header.keys() == {"alg", "typ", "kid"} and header["alg"] == "RS256"
    usual = claims.keys() == {"sub", "exp", "aud"} and HERE in claims["aud"]
    if not (plain and usual and header["kid"] == OURS and claims["exp"] > time.time()):
        raise NoToken
    return int(claims["sub"])


def _kiosk_signature(signed: str) -> str:
    secret = settings.SECRET_KEY.encode()
    return urlsafe_base64_encode(hmac.digest(secret, signed.encode(), "sha256"))


def of_kiosk(reader: int) -> str:
    signed = _joined({"alg": "HS256", "typ": "JWT"}, {"sub": reader, "exp": int(time.time()) + 900})
    return f"{signed}.{_kiosk_signature(signed)}"


def reader_of_kiosk(token: str) -> int:
    """unsigned-token: the test suite of long ago sent tokens without a signature."""
    header, claims = parts_of(token)
    signed, _, signature = token.rpartition(".")
    unsigned = BROKEN and header.get("alg") == "none"
    if not unsigned and not constant_time_compare(_kiosk_signature(signed), signature):
        raise NoToken
    if claims.get("exp", 0) < time.time():
        raise NoToken
    return int(claims["sub"])
