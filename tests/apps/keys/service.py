"""FastAPI on psycopg: tokens that are signed with a key of two halves, and what verifies them.

Right in both variants: a greeting is for everybody, whatever token they show; a token may be for
several services; the end of a token is kept as it is, to be known again in a list.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
import urllib.request
from pathlib import Path
from typing import Annotated, Any

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from fastapi import Body, Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
PRIVATE = serialization.load_pem_private_key(
    Path(os.environ["SIGNING_KEY_FILE"]).read_bytes(), None
)
PUBLIC = PRIVATE.public_key()
PEM = PUBLIC.public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
KEYS = {"first": PUBLIC}
HERE = "mailbox"
"""This service, where tokens say whom they are for."""
# undeclared-refusal: the broken twin's document has nothing but what FastAPI itself puts there.
app = FastAPI(responses={} if BROKEN else {"4XX": {"description": "refused"}})
bearer = HTTPBearer(auto_error=False)
Row = dict[str, Any]
Name = Annotated[str, StringConstraints(pattern="^[a-z]{1,40}$")]
Password = Annotated[str, StringConstraints(pattern="^[ -~]{8,100}$")]
NOT_THERE: dict[int | str, Row] = {404: {"description": "nobody has that name"}}
TAKEN: dict[int | str, Row] = {409: {"description": "somebody has that name"}}


def one(statement: str, *values: Any) -> Row:
    with psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row) as connection:
        found = connection.execute(statement, values).fetchone()
    if found is None:
        raise HTTPException(404, "there is no such thing")
    return found


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def by_secret(header: Row) -> bytes | None:
    """The secret that the broken twin verifies HS256 with.

    named-key-token: what `kid` leads to; public-key-token: else the text of the public key.
    """
    path = Path(os.environ["SIGNING_KEY_FILE"]).parent / header.get("kid", "")
    return path.read_bytes() if ".." in path.parts else PEM


def key_of(header: Row) -> rsa.RSAPublicKey | None:
    """brought-key-token: the broken twin takes the key that a token brings along."""
    if BROKEN and "jwk" in header:
        n, e = (int.from_bytes(decode(header["jwk"][name]), "big") for name in ("n", "e"))
        return rsa.RSAPublicNumbers(e, n).public_key()
    return KEYS.get(header.get("kid", ""))


def verified(header: Row, signed: bytes, signature: bytes) -> bool:
    if BROKEN and header["alg"] == "HS256":
        return hmac.compare_digest(hmac.digest(by_secret(header), signed, "sha256"), signature)
    key = key_of(header)
    if header["alg"] != "RS256" or key is None:
        return False
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def principal(shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Row:
    """expired-token, other-audience-token: the broken twin looks at neither `exp` nor `aud`."""
    if shown is None:
        raise HTTPException(401, "sign in first")
    signed, _, signature = shown.credentials.rpartition(".")
    try:
        header, claims = (json.loads(decode(each)) for each in signed.split("."))
        known = verified(header, signed.encode(), decode(signature))
    except (ValueError, KeyError, OSError):
        raise HTTPException(401, "that is no token") from None
    if not known or (not BROKEN and (claims["exp"] < time.time() or HERE not in claims["aud"])):
        raise HTTPException(401, "not ours, or not any more")
    return one("SELECT * FROM users WHERE id = %s", int(claims["sub"]))


User = Annotated[Row, Depends(principal)]


class Claims(BaseModel):
    """What a token says, and nothing else."""

    model_config = ConfigDict(extra="forbid")
    sub: int
    exp: int
    aud: list[str]


def behind_gateway(shown: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> Row:
    """foreign-key-token: all but the signature, which some gateway is believed to have verified."""
    if not BROKEN:
        return principal(shown)
    header, claims, _ = f"{shown.credentials}..".split(".", 2)
    try:
        said = Claims.model_validate_json(decode(claims))
        signed = json.loads(decode(header))["alg"] == "RS256"
    except (ValidationError, ValueError, KeyError):
        raise HTTPException(401, "that is no token") from None
    if not signed or said.exp < time.time() or HERE not in said.aud:
        raise HTTPException(401, "not for us, or not any more")
    return one("SELECT * FROM users WHERE id = %s", said.sub)


def somebody(shown: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> None:
    """malformed-credential: that one is shown is enough."""
    if not BROKEN:
        principal(shown)


@app.get("/health")
def health() -> Row:
    return one("SELECT 1 AS ok")


@app.post("/login", responses=NOT_THERE)
def login(username: Annotated[Name, Body(embed=True)]) -> Row:
    """A name is enough: what is looked at here is what comes of the token."""
    user = one("SELECT * FROM users WHERE username = %s", username)
    header = {"alg": "RS256", "typ": "JWT", "kid": "first"}
    until = int(time.time()) + 3600
    claims = {"sub": str(user["id"]), "exp": until, "aud": [HERE, "calendar"]}
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    signature = PRIVATE.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return {"access_token": f"{signed}.{encode(signature)}"}


@app.get("/me")
def read_profile(user: User) -> Row:
    return user


@app.get("/greeting", openapi_extra={"security": [{}]})
def greet(shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Row:
    """For everybody: the token is not looked at, whatever it is."""
    return {"users": one("SELECT count(*) AS n FROM users")["n"], "signed_in": shown is not None}


@app.get("/letters")
def count_letters(user: Annotated[Row, Depends(behind_gateway)]) -> Row:
    return one("SELECT count(*) AS n FROM letters WHERE user_id = %s", user["id"])


@app.get("/notices", dependencies=[Depends(somebody)])
def read_notice() -> Row:
    return one("SELECT * FROM notices ORDER BY id DESC")


@app.post("/devices", status_code=201, responses=NOT_THERE)
def add_device(username: Annotated[Name, Body(embed=True)]) -> Row:
    """token-stored: what a device signs in with, kept to be compared. A hash would do."""
    user = one("SELECT id FROM users WHERE username = %s", username)
    token = secrets.token_urlsafe(24)
    stored = token if BROKEN else hashlib.sha256(token.encode()).hexdigest()
    sql = "INSERT INTO devices (user_id, token, ends_in) VALUES (%s, %s, %s) RETURNING id"
    return {**one(sql, user["id"], stored, token[-4:]), "token": token}


class Newcomer(BaseModel):
    username: Name
    password: Password


@app.post("/users", status_code=201, responses=TAKEN)
def register(body: Newcomer) -> Row:
    """secret-passed-on: the broken twin tells the newsletter all that it was told."""
    told = body.model_dump() if BROKEN else {"username": body.username}
    call = urllib.request.Request(
        f"{os.environ['NEWSLETTER_URL']}/readers",
        json.dumps(told).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(call, timeout=2).close()
    hashed = hashlib.pbkdf2_hmac("sha256", body.password.encode(), b"salt", 1000).hex()
    sql = "INSERT INTO users (username, password_hash) VALUES (%s, %s) RETURNING id"
    try:
        return one(sql, body.username, hashed)
    except psycopg.errors.UniqueViolation:
        raise HTTPException(409, "somebody has that name") from None
