"""A kiosk with two defects, and time to take: KIOSK_DELAY seconds a request. `service.py PORT`.

POST /orders commits the order before it takes it from the stock; POST /notes swallows errors of the
database. The other operations are sound.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

URL = os.environ["DATABASE_URL"]
DELAY = float(os.environ["KIOSK_DELAY"])
TOKEN = "a token that nobody may see"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        with psycopg.connect(URL) as connection:
            connection.execute("SELECT 1")
        self.answer(200, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/login":
            self.answer(200, {"token": TOKEN})
            return
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, {})
            return
        time.sleep(DELAY)
        try:
            self.answer(*self.work(body))
        except psycopg.Error:
            self.answer(503, {"detail": "try again"})

    do_PUT = do_POST

    def work(self, body: dict[str, object]) -> tuple[int, object]:
        with psycopg.connect(URL) as connection:
            if self.path == "/orders":
                connection.execute("INSERT INTO orders (item) VALUES (%s)", [body["item"]])
                connection.commit()
                connection.execute(
                    "UPDATE stock SET units = units - 1 WHERE item = %s", [body["item"]]
                )
            elif self.path == "/notes":
                try:
                    connection.execute("INSERT INTO notes (body) VALUES (%s)", [body["body"]])
                    connection.commit()
                except psycopg.Error:
                    connection.close()
            elif self.path == "/visits":
                connection.execute("INSERT INTO visits (page) VALUES (%s)", [body["page"]])
            else:
                item = self.path.rpartition("/")[2]
                connection.execute(
                    "UPDATE stock SET units = %s WHERE item = %s", [body["units"], item]
                )
        return 201, {}

    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
