"""A service with a gate of every kind: python service.py PORT.

A session lives as long as GATE_SECONDS says, which an answer tells only at /login/told.
"""

import json
import os
import secrets
import sys
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

import psycopg

URL = os.environ["DATABASE_URL"]
SECONDS = float(os.environ.get("GATE_SECONDS", "600"))
KEY = "key-of-ann"
PAGE = '<form method="post"><input name="csrfmiddlewaretoken" type="hidden" value="{}"></form>'


def admit(connection: psycopg.Connection, email: str) -> str:
    token = secrets.token_hex(12)
    values = [token, email, time.time() + SECONDS]
    connection.execute("INSERT INTO sessions VALUES (%s, %s, %s)", values)
    return token


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.serve(b"")

    def do_POST(self) -> None:
        self.serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def serve(self, body: bytes) -> None:
        url = urlsplit(self.path)
        self.query = parse_qs(url.query)
        self.cookies = {k: v.value for k, v in SimpleCookie(self.headers.get("Cookie", "")).items()}
        form = dict(parse_qsl(body.decode())) if "form" in self.kind else {}
        data = json.loads(body) if "json" in self.kind and body else {}
        with psycopg.connect(URL) as self.connection:
            name = f"{self.command} {url.path}"
            known = {
                "GET /health": lambda: self.answer(200, {}),
                "POST /users": lambda: self.register(data),
                "POST /login": lambda: self.login(data),
                "POST /login/told": lambda: self.login(data, told=True),
                "GET /accounts/login/": self.page,
                "POST /accounts/login/": lambda: self.browse(form),
                "POST /oauth/token": lambda: self.exchange(form),
                "POST /notes": lambda: self.write(data),
                "GET /notes": self.read,
            }
            known.get(name, lambda: self.answer(404, {}))()

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type", "")

    def account(self, email: str, password: str) -> bool:
        query = "SELECT 1 FROM users WHERE email = %s AND password = %s"
        return self.connection.execute(query, [email, password]).fetchone() is not None

    def register(self, data: dict[str, str]) -> None:
        try:
            self.connection.execute(
                "INSERT INTO users (email, nick, password) VALUES (%s, %s, %s)",
                [data["email"], data["nick"], data["password"]],
            )
        except psycopg.errors.UniqueViolation:
            self.connection.rollback()
            self.answer(409, {"detail": "taken"})
            return
        self.answer(201, {"email": data["email"]})

    def login(self, data: dict[str, str], *, told: bool = False) -> None:
        if not self.account(data["email"], data["password"]):
            self.answer(401, {"detail": "wrong password"})
            return
        body = {"token": admit(self.connection, data["email"])}
        self.answer(200, body | ({"expires_in": SECONDS} if told else {}))

    def page(self) -> None:
        token = secrets.token_hex(8)
        header = ("Set-Cookie", f"csrftoken={token}; Path=/")
        self.answer(200, PAGE.format(token), header, kind="text/html")

    def forged(self) -> bool:
        sent = self.headers.get("X-CSRFToken")
        return not sent or sent != self.cookies.get("csrftoken")

    def browse(self, form: dict[str, str]) -> None:
        if self.forged() or form.get("csrfmiddlewaretoken") != self.cookies["csrftoken"]:
            self.answer(403, "<h1>CSRF verification failed</h1>", kind="text/html")
        elif not self.account(form["email"], form["password"]):
            self.answer(200, '<input type="password" name="password">', kind="text/html")
        else:
            session = f"sid={admit(self.connection, form['email'])}; Path=/; HttpOnly"
            token = f"csrftoken={secrets.token_hex(8)}; Path=/"
            self.answer(302, "", ("Set-Cookie", session), ("Set-Cookie", token))

    def exchange(self, form: dict[str, str]) -> None:
        if form.get("client_secret") != "of the client":
            self.answer(401, {"error": "invalid_client"})
            return
        token = admit(self.connection, "ann@gate.example")
        body = {"access_token": token, "token_type": "bearer", "expires_in": SECONDS}
        self.answer(200, body)

    def who(self) -> str | None:
        keys = [self.headers.get("X-Key"), self.cookies.get("key"), *self.query.get("key", ())]
        if KEY in keys:
            return "ann@gate.example"
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token and self.command == "POST" and self.forged():
            return None
        found = self.connection.execute(
            "SELECT email FROM sessions WHERE token = %s AND ends > %s",
            [token or self.cookies.get("sid"), time.time()],
        ).fetchone()
        return found and found[0]

    def write(self, data: dict[str, str]) -> None:
        author = self.who()
        if author is None:
            self.answer(401, {"detail": "sign in first"})
            return
        query = "INSERT INTO notes (author, text) VALUES (%s, %s) RETURNING id"
        (number,) = self.connection.execute(query, [author, data["text"]]).fetchone()
        self.answer(201, {"id": number, "author": author})

    def read(self) -> None:
        author = self.who()
        if author is None:
            self.answer(401, {"detail": "sign in first"})
            return
        query = "SELECT id, text FROM notes WHERE author = %s ORDER BY id"
        self.answer(200, [list(each) for each in self.connection.execute(query, [author])])

    def answer(
        self, status: int, body: object, *headers: tuple[str, str], kind: str = "application/json"
    ) -> None:
        self.connection.commit()
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in (*headers, ("Content-Type", kind), ("Content-Length", str(len(data)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
