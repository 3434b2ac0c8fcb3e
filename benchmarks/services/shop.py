"""A small service as they are written: FastAPI, SQLAlchemy and psycopg, under uvicorn.

    python benchmarks/services/shop.py DATABASE_URL     prints its port, ends with its input

`POST /orders/7` is one transaction of five statements: BEGIN, SELECT, INSERT, UPDATE, COMMIT.
Everything is as it comes: the defaults of each library, and nothing that makes it slower or faster.
"""

from __future__ import annotations

import socket
import sys
import threading

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

URL = sys.argv[1].replace("postgresql://", "postgresql+psycopg://", 1)


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    stock: Mapped[int]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    product: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]


class Ordered(BaseModel):
    order: int
    product: int
    quantity: int


app = FastAPI()
new_session = sessionmaker(create_engine(URL), expire_on_commit=False)


@app.post("/orders/{product}", status_code=201)
def make_order(product: int) -> Ordered:
    with new_session.begin() as session:
        order = _made(session, product)
    return Ordered(order=order.id, product=order.product, quantity=order.quantity)


def _made(session: Session, product: int) -> Order:
    found = session.get(Product, product)
    if found is None or found.stock < 1:
        raise HTTPException(409, "there is none left")
    order = Order(product=product, quantity=1)
    session.add(order)
    session.flush()
    found.stock -= 1
    return order


def main() -> None:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))

    def end() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=end, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
