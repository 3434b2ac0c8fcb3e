"""Flask on psycopg 3, with connections that the service keeps by itself."""

import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from flask import Flask, request

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
app = Flask(__name__)
free: queue.LifoQueue[psycopg.Connection | None] = queue.LifoQueue()
free.put(None)


@app.errorhandler(psycopg.Error)
def on_database_error(error: psycopg.Error) -> tuple[dict[str, str], int]:
    app.logger.warning("the database failed: %r", error)
    return {"detail": "sorry"}, 500 if BROKEN else 503


@contextmanager
def kept() -> Iterator[psycopg.Connection]:
    """The service's connection. The broken twin gives it back as it is."""
    connection = free.get(timeout=10)
    try:
        if connection is None or connection.closed:
            connection = None
            connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=False)
        yield connection
    except BaseException:
        if not BROKEN and connection is not None:
            connection.close()
        raise
    finally:
        free.put(connection)


@app.get("/health")
def health() -> dict[str, str]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("SELECT 1")
    return {"status": "ok"}


@app.post("/notes")
def write_note() -> tuple[dict[str, int], int]:
    """poisoned-pool: after an error the connection is given back inside its failed transaction."""
    with kept() as connection:
        row = connection.execute(
            "INSERT INTO notes (body) VALUES (%s) RETURNING id", (request.json["body"],)
        ).fetchone()
        connection.commit()
    return {"id": row[0]}, 201


leaked: list[psycopg.Connection] = []


@app.post("/notes/<int:note>/likes")
def like(note: int) -> tuple[dict[str, int], int]:
    """left-in-transaction: the error path forgets the connection, which stays as it was."""
    connection = psycopg.connect(os.environ["DATABASE_URL"])
    try:
        connection.execute(
            "INSERT INTO likes (note_id, fan) VALUES (%s, %s)", (note, request.json["fan"])
        )
        connection.commit()
    except psycopg.Error:
        if BROKEN:
            leaked.append(connection)
        else:
            connection.close()
        raise
    connection.close()
    return {"note": note}, 201


@app.post("/notes/<int:note>/pins")
def pin(note: int) -> tuple[dict[str, int], int]:
    """transaction-left-open: what is written after the commit waits for another one."""
    connection = psycopg.connect(os.environ["DATABASE_URL"])
    try:
        connection.execute("INSERT INTO pins (note_id) VALUES (%s)", (note,))
        if BROKEN:
            connection.commit()
        connection.execute("INSERT INTO pinnings (note_id) VALUES (%s)", (note,))
        if not BROKEN:
            connection.commit()
    except psycopg.Error:
        connection.close()
        raise
    if BROKEN:
        leaked.append(connection)
    else:
        connection.close()
    return {"note": note}, 201


@app.put("/notes/<int:note>/tags")
def set_tags(note: int) -> dict[str, list[str]]:
    """partial-state that a retry heals, and duplicate-rows: every statement commits by itself."""
    tags = request.json["tags"]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=BROKEN) as connection:
        if not BROKEN:
            connection.execute("SELECT 1 FROM notes WHERE id = %s FOR UPDATE", (note,))
        connection.execute("DELETE FROM note_tags WHERE note_id = %s", (note,))
        for tag in tags:
            connection.execute("INSERT INTO note_tags VALUES (%s, %s)", (note, tag))
    return {"tags": tags}


importers: list[psycopg.Connection] = []


@app.post("/imports")
def import_notes() -> tuple[dict[str, int], int]:
    """poisoned-pool by a setting: the search path is put back only when all went well."""
    if not importers:
        importers.append(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True))
    (importer,) = importers
    try:
        (before,) = importer.execute("SELECT count(*) FROM notes").fetchone()
        importer.execute("SET search_path TO staging")
        with importer.transaction():
            for line in request.json["lines"]:
                importer.execute("INSERT INTO public.notes (body) VALUES (%s)", (line,))
        importer.execute("SET search_path TO public")
    except psycopg.Error:
        if importer.closed or not BROKEN:
            importer.close()
            importers.clear()
        raise
    return {"before": before}, 201
