from fastapi import APIRouter, HTTPException
from sqlalchemy import func, select

from app.database import Database
from app.models import Book, Loan
from app.schemas import NewBook, NewLoan
from app.security import CurrentMember

router = APIRouter(tags=["books"])


@router.get("/books")
def books(database: Database) -> list[dict[str, object]]:
    found = database.scalars(select(Book).order_by(Book.id))
    return [{"id": each.id, "title": each.title, "copies": each.copies} for each in found]


@router.post("/books", status_code=201)
def add(body: NewBook, database: Database, _: CurrentMember) -> dict[str, int]:
    book = Book(title=body.title, copies=body.copies)
    database.add(book)
    database.commit()
    return {"id": book.id}


@router.post("/loans", status_code=201)
def lend(body: NewLoan, database: Database, member: CurrentMember) -> dict[str, int]:
    book = database.get(Book, body.book_id)
    if book is None:
        raise HTTPException(404, "no such book")
    lent = database.scalar(select(func.count()).where(Loan.book_id == book.id))
    if lent >= book.copies:
        raise HTTPException(409, "all copies are lent")
    loan = Loan(member_id=member.id, book_id=book.id)
    database.add(loan)
    database.commit()
    return {"id": loan.id}
