"""Idempotency keys: what is left out of each, and the draft's way, which leaves out nothing."""

import hashlib
import json
from typing import Annotated

import asyncpg
from base import BROKEN, User, transaction
from fastapi import APIRouter, Header, HTTPException, Response
from pydantic import BaseModel

CLAIM = (
    "INSERT INTO scoped_keys (user_id, key, fingerprint, answer) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT DO NOTHING"
)
NEW = "INSERT 0 1"
CLAIMED = "SELECT fingerprint, answer FROM scoped_keys WHERE user_id = $1 AND key = $2"
router = APIRouter()


class Payment(BaseModel):
    amount: int


def _fingerprint(payment: Payment) -> str:
    return hashlib.sha256(payment.model_dump_json().encode()).hexdigest()


async def _pay(db: asyncpg.Connection, user: int, payment: Payment) -> str:
    number = await db.fetchval(
        "INSERT INTO payments (user_id, amount) VALUES ($1, $2) RETURNING id", user, payment.amount
    )
    return json.dumps({"id": number, "amount": payment.amount})


def _answer(text: str) -> Response:
    return Response(text, 201, media_type="application/json")


async def _once(user: int, key: str, payment: Payment) -> Response:
    """The key, its effect and the answer in one transaction: what the draft describes."""
    async with transaction() as db:
        if await db.execute(CLAIM, user, key, _fingerprint(payment), None) == NEW:
            answer = await _pay(db, user, payment)
            await db.execute(
                "UPDATE scoped_keys SET answer = $3 WHERE user_id = $1 AND key = $2",
                user,
                key,
                answer,
            )
            return _answer(answer)
        stored = await db.fetchrow(CLAIMED, user, key)
    return _again(stored, payment)


async def _claimed(
    user: int, key: str, payment: Payment, answer: str | None = None
) -> asyncpg.Record | None:
    """Commits the key before its effect: None where it is new, else what it was stored with."""
    async with transaction() as db:
        if await db.execute(CLAIM, user, key, _fingerprint(payment), answer) == NEW:
            return None
        return _same(await db.fetchrow(CLAIMED, user, key), payment)


async def _first(db: asyncpg.Connection, user: int, key: str, payment: Payment) -> Response:
    """The effect, and its answer under the key."""
    answer = await _pay(db, user, payment)
    await db.execute(
        "INSERT INTO keys (user_id, key, fingerprint, answer) VALUES ($1, $2, $3, $4)",
        user,
        key,
        _fingerprint(payment),
        answer,
    )
    return _answer(answer)


def _again(stored: asyncpg.Record, payment: Payment) -> Response:
    """What the key was answered, for the same request."""
    return _answer(_same(stored, payment)["answer"])


def _same(stored: asyncpg.Record, payment: Payment) -> asyncpg.Record:
    if stored["fingerprint"] != _fingerprint(payment):
        raise HTTPException(422, "the key is of another request")
    return stored


Key = Annotated[str, Header(alias="Idempotency-Key")]


@router.post("/payments/after")
async def pay_key_after(user: User, key: Key, payment: Payment) -> Response:
    """Broken: the key is stored once the effect has been committed."""
    if not BROKEN:
        return await _once(user, key, payment)
    async with transaction() as db:
        stored = await db.fetchval(
            "SELECT answer FROM keys WHERE key = $1 AND user_id = $2", key, user
        )
    if stored is not None:
        return _answer(stored)
    async with transaction() as db:
        answer = await _pay(db, user, payment)
    async with transaction() as db:
        await db.execute(
            "INSERT INTO keys (user_id, key, answer) VALUES ($1, $2, $3)", user, key, answer
        )
    return _answer(answer)


@router.post("/payments/looked")
async def pay_key_looked_at(user: User, key: Key, payment: Payment) -> Response:
    """Broken: two requests with one key may both look before either stores it."""
    if not BROKEN:
        return await _once(user, key, payment)
    async with transaction() as db:
        row = await db.fetchrow(
            "SELECT fingerprint, answer FROM keys WHERE key = $1 AND user_id = $2", key, user
        )
        return _again(row, payment) if row else await _first(db, user, key, payment)


@router.post("/payments/bare")
async def pay_key_without_fingerprint(user: User, key: Key, payment: Payment) -> Response:
    """Broken: another body is answered with the first one's answer."""
    if not BROKEN:
        return await _once(user, key, payment)
    async with transaction() as db:
        await db.execute("SELECT pg_advisory_xact_lock(hashtext($1))", key)
        stored = await db.fetchval(
            "SELECT answer FROM keys WHERE key = $1 AND user_id = $2", key, user
        )
        if stored is not None:
            return _answer(stored)
        answer = await _pay(db, user, payment)
        await db.execute(
            "INSERT INTO keys (user_id, key, answer) VALUES ($1, $2, $3)", user, key, answer
        )
    return _answer(answer)


@router.post("/payments/shared")
async def pay_key_not_scoped(user: User, key: Key, payment: Payment) -> Response:
    """Broken: whoever sends the key gets the answer of its owner."""
    if not BROKEN:
        return await _once(user, key, payment)
    async with transaction() as db:
        await db.execute("SELECT pg_advisory_xact_lock(hashtext($1))", key)
        row = await db.fetchrow("SELECT fingerprint, answer FROM keys WHERE key = $1", key)
        return _again(row, payment) if row else await _first(db, user, key, payment)


@router.post("/payments/first")
async def pay_key_first(user: User, key: Key, payment: Payment) -> Response:
    """Broken: the key is stored as in progress, and stays so where the effect does not come."""
    if not BROKEN:
        return await _once(user, key, payment)
    stored = await _claimed(user, key, payment)
    if stored and stored["answer"] is None:
        raise HTTPException(409, "in progress")
    if stored:
        return _answer(stored["answer"])
    async with transaction() as db:
        answer = await _pay(db, user, payment)
        await db.execute(
            "UPDATE scoped_keys SET answer = $3 WHERE user_id = $1 AND key = $2", user, key, answer
        )
    return _answer(answer)


@router.post("/payments/promised")
async def pay_answer_first(user: User, key: Key, payment: Payment) -> Response:
    """Broken: the answer is stored under the key before the effect is certain."""
    if not BROKEN:
        return await _once(user, key, payment)
    answer = json.dumps({"amount": payment.amount})
    stored = await _claimed(user, key, payment, answer)
    if stored:
        return _answer(stored["answer"])
    async with transaction() as db:
        await _pay(db, user, payment)
    return _answer(answer)


@router.post("/payments/vague")
async def pay_with_a_vague_refusal(user: User, key: Key, payment: Payment) -> Response:
    """Broken: the key with another body is told to wait, as if the first were in progress."""
    try:
        return await _once(user, key, payment)
    except HTTPException as error:
        raise HTTPException(409 if BROKEN else error.status_code, error.detail) from error
