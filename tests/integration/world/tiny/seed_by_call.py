"""Stores the id that another service gives."""

import json
import os
import urllib.request

import psycopg

with urllib.request.urlopen(os.environ["PAYMENTS"] + "/charges", b"{}", timeout=5) as answer:
    made = json.load(answer)["id"]
with psycopg.connect(os.environ["TINY_URL"]) as connection:
    connection.execute("INSERT INTO references_ VALUES (%s)", [made])
