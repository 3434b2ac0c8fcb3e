"""Prints a token of ann's, as an operator's command does."""

import psycopg
from service import URL, admit

with psycopg.connect(URL) as connection:
    print("a token for ann:")
    print(admit(connection, "ann@gate.example"))
