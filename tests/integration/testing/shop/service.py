"""A shop that is quick to start. `service.py PORT`.

It sells in one transaction, charges by another service, mails in the background, and has one
endpoint that fails at the database (`POST /broken`) and one that asks for each row (`GET /slow`).
"""

import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
from psycopg.rows import dict_row

URL = os.environ["DATABASE_URL"]
PAYMENTS = os.environ.get("PAYMENTS_URL", "")
MAIL_DELAY = 0.1


class Refused(Exception):
    def __init__(self, status: int, body: object) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def connect() -> psycopg.Connection:
    return psycopg.connect(URL, row_factory=dict_row)


def sell(connection, buyer, body):
    total, lines = Decimal(0), []
    for line in body["items"]:
        if line["quantity"] < 1:
            error = {"loc": ["body", "items", 0, "quantity"], "msg": "must be positive"}
            raise Refused(422, {"detail": [error]})
        query = "SELECT * FROM products WHERE id = %s FOR UPDATE"
        product = connection.execute(query, [line["product"]]).fetchone()
        if product is None or product["stock"] < line["quantity"]:
            raise Refused(409, {"detail": "there is not enough"})
        left = product["stock"] - line["quantity"]
        connection.execute("UPDATE products SET stock = %s WHERE id = %s", [left, product["id"]])
        total += product["price"] * line["quantity"]
        lines.append((product["id"], line["quantity"]))
    query = "INSERT INTO orders (buyer, total) VALUES (%s, %s) RETURNING id"
    order = connection.execute(query, [buyer, total]).fetchone()["id"]
    for product, quantity in lines:
        connection.execute(
            "INSERT INTO order_items VALUES (%s, %s, %s)", [order, product, quantity]
        )
    if PAYMENTS:
        charge({"amount": int(total * 100)})
    return {"id": order, "total": str(total), "items": body["items"]}


def charge(body):
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{PAYMENTS}/charges", data, method="POST")
    request.add_header("Content-Type", "application/json")
    try:
        urllib.request.urlopen(request, timeout=5).read()
    except urllib.error.URLError as error:
        raise Refused(502, {"detail": "the charge failed"}) from error


def mail(recipient):
    time.sleep(MAIL_DELAY)
    with connect() as connection:
        connection.execute("INSERT INTO mails (recipient) VALUES (%s)", [recipient])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"null")
        try:
            with connect() as connection:
                status, answer = self.work(connection, body)
        except Refused as refused:
            status, answer = refused.status, refused.body
        except psycopg.Error as error:
            print(f"the database said: {error}", file=sys.stderr, flush=True)
            status, answer = 500, {"detail": "it failed"}
        data = json.dumps(answer, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = handle_any

    def buyer(self, connection):
        name = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        found = connection.execute("SELECT id FROM users WHERE name = %s", [name]).fetchone()
        if found is None:
            raise Refused(401, {"detail": "who are you?"})
        return found["id"]

    def work(self, connection, body):
        if self.path == "/health":
            connection.execute("SELECT 1")
            return 200, {}
        if self.path == "/login":
            return 200, {"token": body["name"]}
        buyer = self.buyer(connection)
        if (self.command, self.path) == ("POST", "/orders"):
            return 201, sell(connection, buyer, body)
        if (self.command, self.path) == ("GET", "/orders"):
            query = "SELECT * FROM orders WHERE buyer = %s"
            return 200, connection.execute(query, [buyer]).fetchall()
        if self.path == "/mails":
            threading.Thread(target=mail, args=[body["to"]]).start()
            return 202, {}
        if self.path == "/broken":
            connection.execute("INSERT INTO users (name) VALUES ('alice')")
        if self.path == "/slow":
            ids = [row["id"] for row in connection.execute("SELECT id FROM products").fetchall()]
            for each in ids * 3:
                connection.execute("SELECT * FROM products WHERE id = %s", [each])
            return 200, {}
        return 404, {"detail": "there is no such thing"}

    def log_message(self, *arguments: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
