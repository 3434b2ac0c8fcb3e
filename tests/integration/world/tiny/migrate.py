"""A migration that does not do what it should."""

import os
import socket
import time

import psycopg

MODE = os.environ["MODE"]
if MODE == "fails":
    psycopg.connect(os.environ["TINY_URL"])
    raise SystemExit("no more room")
if MODE == "elsewhere":
    kept = socket.create_connection(("127.0.0.1", int(os.environ["ELSEWHERE"])))
    time.sleep(600)
