"""A service that counts in a table. MODE says how it misbehaves."""

import http.server
import os
import socket
import sys
import time

import psycopg

MODE = os.environ.get("MODE", "")
URL = os.environ.get("TINY_URL", "")
if MODE == "needs":
    print("started with", os.environ["TINY_SECRET"])
if MODE == "hangs":
    time.sleep(600)
if MODE == "dies":
    raise SystemExit("cannot go on")
if MODE == "elsewhere":
    kept = socket.create_connection(("127.0.0.1", int(os.environ["ELSEWHERE"])))
if MODE == "other-database":
    psycopg.conninfo.make_conninfo(URL)
    URL = psycopg.conninfo.make_conninfo(URL, dbname="postgres")
if MODE == "migrates":
    with psycopg.connect(URL) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS counted (n int)")
if MODE not in ("lazy", "never"):
    connected = psycopg.connect(URL, autocommit=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if MODE == "never" or (MODE == "lazy" and self.path != "/count"):
            self.answer("fine")
            return
        with psycopg.connect(URL) as connection:
            (count,) = connection.execute("SELECT count(*) FROM counted").fetchone()
        self.answer(str(count))

    def do_POST(self):
        if self.path == "/die":
            os._exit(3)
        if self.path == "/leave":
            self.answer("bye")
            server.shutdown()
            return
        with psycopg.connect(URL) as connection:
            connection.execute("INSERT INTO counted VALUES (1)")
        self.answer("counted")

    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.serve_forever(poll_interval=0.01)
server.socket.close()
time.sleep(0.5)
os._exit(4)
