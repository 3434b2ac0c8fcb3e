"""FastAPI on SQLAlchemy's asyncio extension with asyncpg."""

import logging
import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
log = logging.getLogger(__name__)
engine = create_async_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
new_session = async_sessionmaker(engine)
app = FastAPI()


@app.exception_handler(DBAPIError)
@app.exception_handler(OSError)
async def on_database_error(request: Request, error: Exception) -> JSONResponse:
    log.warning("the database failed: %r", error)
    return JSONResponse({"detail": "sorry"}, 500 if BROKEN else 503)


@app.get("/health")
async def health() -> int:
    async with new_session() as session:
        return await session.scalar(text("SELECT 1"))


class Booking(BaseModel):
    seat: str
    holder: str


@app.post("/bookings", status_code=201)
async def book(body: Booking) -> dict[str, int]:
    """stuck-retry: the seat is taken in one transaction and the ticket printed in the next."""
    async with new_session() as session:
        booking = await session.scalar(
            text("INSERT INTO bookings (seat, holder) VALUES (:seat, :holder) RETURNING id"),
            body.model_dump(),
        )
        if BROKEN:
            await session.commit()
        await session.execute(
            text("INSERT INTO tickets (booking_id) VALUES (:booking)"), {"booking": booking}
        )
        await session.commit()
    return {"id": booking}


@app.delete("/bookings/{booking}", status_code=204)
async def cancel(booking: int) -> None:
    """Sound in both: one transaction, and the second time there is nothing to delete."""
    async with new_session.begin() as session:
        gone = await session.execute(
            text("DELETE FROM bookings WHERE id = :booking"), {"booking": booking}
        )
        if gone.rowcount == 0:
            raise HTTPException(404, "no such booking")


class Visit(BaseModel):
    page: str


@app.post("/visits", status_code=201)
async def note_visit(body: Visit) -> Visit:
    """commit-rolled-back: COMMIT on a failed transaction answers ROLLBACK, and nobody looks."""
    insert = text("INSERT INTO visits (page) VALUES (:page)")
    async with new_session() as session:
        try:
            await session.execute(insert, body.model_dump())
        except DBAPIError as error:
            if not BROKEN or error.connection_invalidated:
                raise
            log.warning("visit was not noted")
        await session.commit()
    return body


async def unit_of_work() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session
        await session.commit()


class Review(BaseModel):
    stars: int
    body: str


Work = Annotated[
    AsyncSession, Depends(unit_of_work) if BROKEN else Depends(unit_of_work, scope="function")
]


@app.post("/reviews", status_code=201)
async def review(body: Review, session: Work) -> dict[str, int]:
    """early-answer: the dependency commits once the answer was sent."""
    review_id = await session.scalar(
        text("INSERT INTO reviews (stars, body) VALUES (:stars, :body) RETURNING id"),
        body.model_dump(),
    )
    return {"id": review_id}
