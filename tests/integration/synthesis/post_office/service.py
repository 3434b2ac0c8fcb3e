"""A post office: what its letters are named by, only the links of its document tell.

The number of a parcel is in a header of the answer, and its seal is called otherwise everywhere.
"""

import json
import os
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

URL = os.environ["DATABASE_URL"]
TEXT = {"type": "string"}
LINK = {
    "operationId": "label",
    "parameters": {"number": "$response.header.Tracking", "wax": "$response.body#/made/seal"},
}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Post office", "version": "1"},
    "paths": {
        "/letters": {
            "post": {
                "operationId": "post",
                "responses": {"201": {"description": "Posted", "links": {"label": LINK}}},
            }
        },
        "/parcels/{number}": {
            "put": {
                "operationId": "label",
                "parameters": [
                    {"name": "number", "in": "path", "required": True, "schema": TEXT},
                    {"name": "wax", "in": "query", "required": True, "schema": TEXT},
                ],
                "responses": {"200": {"description": "Labelled"}},
            }
        },
    },
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/openapi.json":
            self.answer(200, DOCUMENT)
            return
        with psycopg.connect(URL) as connection:
            connection.execute("SELECT count(*) FROM letters")
        self.answer(200, {})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        tracking, seal = secrets.token_hex(8), secrets.token_hex(8)
        with psycopg.connect(URL) as connection:
            values = [f"{tracking}!", f"{seal}!"]
            connection.execute("INSERT INTO letters (tracking, seal) VALUES (%s, %s)", values)
        self.answer(201, {"made": {"seal": seal}}, Tracking=tracking)

    def do_PUT(self) -> None:
        path, _, wax = self.path.partition("?wax=")
        values = [f"{path.rpartition('/')[2]}!", f"{wax}!"]
        with psycopg.connect(URL) as connection:
            where = "WHERE tracking = %s AND seal = %s"
            done = connection.execute(f"UPDATE letters SET label = 'a' {where}", values)
        self.answer(200 if done.rowcount else 404, {})

    def answer(self, status: int, body: object, **headers: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (*headers.items(), ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the log still."""


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
