"""A service that stores what a call to another service answers. It calls whom it is asked to."""

import http.server
import os
import sys
import urllib.error
import urllib.request

import psycopg

kept = psycopg.connect(os.environ["TINY_URL"], autocommit=True)
PLACES = {"/charge": os.environ["PAYMENTS"] + "/charges", "/away": "http://api.example.com/v1/7"}


def call(url):
    request = urllib.request.Request(url, b'{"amount": 5}', {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 599, type(error).__name__


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with psycopg.connect(os.environ["TINY_URL"]) as connection:
            connection.execute("SELECT 1")
        self.answer(200, "fine")

    def do_POST(self):
        status, text = call(PLACES.get(self.path) or os.environ["PAYMENTS"] + self.path)
        self.answer(status, text)

    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
