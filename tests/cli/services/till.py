"""A service that misbehaves as TILL_VARIANT says: python till.py PORT.

Its variants are named in the code that they change; an empty one behaves well.
"""

import json
import os
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg

VARIANT = os.environ.get("TILL_VARIANT", "")
URL = os.environ["TILL_DATABASE"]
PORT = int(os.environ.get("TILL_PORT", sys.argv[1]))
FOREVER = 600
GRAVE = Path("grave")
sessions: set[str] = set()

if VARIANT == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if VARIANT == "hangs at start":
    time.sleep(FOREVER)
if VARIANT == "dies on errors" and GRAVE.exists():
    raise SystemExit("not after what happened")
if VARIANT == "dies at start":
    raise SystemExit("no licence was found")
if VARIANT == "other database":
    URL = psycopg.conninfo.make_conninfo(URL, dbname="postgres")
if VARIANT == "other server":
    elsewhere = socket.socket(socket.AF_UNIX)
    elsewhere.connect(os.environ["TILL_ELSEWHERE"])
if VARIANT == "counts in memory":
    counted = iter(range(1, 10**6))


def stock() -> dict[str, int]:
    with psycopg.connect(URL) as connection:
        (count,) = connection.execute("SELECT count(*) FROM sales").fetchone()
        return {"sales": count}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if VARIANT == "garbage at start":
            self.wfile.write(b"\x00\x01 no HTTP at all\r\n\r\n")
            self.close_connection = True
        elif self.path == "/health":
            self.answer(200, {} if VARIANT == "never connects" else stock())
        elif self.path == "/openapi.json":
            self.answer(200, DOCUMENT)
        elif self.path == "/slow":
            time.sleep(FOREVER)
        else:
            self.answer(404, {"detail": "there is nothing here"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
        if self.path == "/login":
            self.login(body)
        elif self.path == "/sales":
            self.sell(body)
        elif self.path == "/die":
            print("the till is on fire", flush=True)
            os._exit(3)
        elif self.path == "/garbage":
            self.wfile.write(b"\x00\x01 no HTTP at all\r\n\r\n")
            self.close_connection = True
        else:
            self.answer(404, {"detail": "there is nothing here"})

    def login(self, body: dict[str, str]) -> None:
        if VARIANT == "login hangs":
            time.sleep(FOREVER)
        elif VARIANT == "login closes":
            print("login: no cashier with", body["password"], flush=True)
            self.close_connection = True
        elif VARIANT == "login refused" or body["password"] != "correct horse":
            self.answer(401, {"detail": "wrong password"})
        else:
            token = f"token-of-{os.getpid()}" if VARIANT == "sessions in memory" else "token"
            sessions.add(token)
            self.answer(200, {"token": token})

    def sell(self, body: dict[str, str]) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if VARIANT == "sessions in memory" and token not in sessions:
            self.answer(401, {"detail": "sign in first"})
            return
        if VARIANT == "slow to sell":
            time.sleep(0.4)
        price = next(counted) if VARIANT == "counts in memory" else 3
        try:
            with psycopg.connect(URL) as connection:
                query = "INSERT INTO sales (item, price) VALUES (%s, %s) RETURNING id"
                (number,) = connection.execute(query, [body["item"], price]).fetchone()
        except psycopg.Error:
            if VARIANT == "dies on errors":
                GRAVE.touch()
                os._exit(3)
            self.answer(503, {"detail": "try again"})
            return
        self.answer(201, {"id": number})

    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "till", "version": "1"},
    "paths": {
        "/login": {"post": {"responses": {}}},
        "/sales": {"post": {"responses": {}}},
        "/health": {"get": {"responses": {}}},
    },
}

ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
