"""FastAPI on psycopg2, which writes values into the statement itself: what leaks, what seems to.

Right in both variants: escaped literals, arrays and JSON · words of a search one by one · comments
of sqlcommenter · one's own e-mail and key · a capped page · a list of
what there may be a few of · rows loaded by one IN · a call that is configured as meant · redirects
on a host that is allowed.
"""

import json
import logging
import os
import threading
import traceback
import urllib.parse
import urllib.request
from typing import Annotated, Any, Literal

import psycopg2
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi_methods import tell_all_methods
from psycopg2.extras import Json, RealDictCursor
from pydantic import BaseModel, Field

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
TOKENS = {"alice-token": "alice", "bob-token": "bob"}
ALLOWED = "a.example"
bearer = HTTPBearer()
Row = dict[str, Any]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]


def sql(statement: str, values: Any = None, *, path: str = "") -> list[Row]:
    told = urllib.parse.quote(path, safe="").replace("%", "%%")
    comment = f" /*framework='fastapi',path='{told}'*/" if path else ""
    connection = psycopg2.connect(os.environ["DATABASE_URL"], cursor_factory=RealDictCursor)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement + comment, values)
        found = [dict(row) for row in cursor.fetchall()] if cursor.description else []
    connection.close()
    return found


def fetch(url: str, *handlers: urllib.request.BaseHandler) -> str:
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=1) as answer:
            return answer.read(100).decode()
    except (OSError, ValueError):
        return ""


app = FastAPI(responses={"4XX": {"description": "refused"}})
tell_all_methods(app)


@app.exception_handler(psycopg2.Error)
def on_database_error(request: Request, error: Exception) -> JSONResponse:
    logging.warning("the database failed: %r", error)
    if BROKEN:
        return JSONResponse({"error": "".join(traceback.format_exception(error))}, 500)
    detail = "the order of the tables is not known; select one from the list at /articles"
    return JSONResponse({"title": "try again", "status": 503, "detail": detail}, 503)


def signed_in(by: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
    if by.credentials not in TOKENS:
        raise HTTPException(401)
    return TOKENS[by.credentials]


Me = Annotated[str, Depends(signed_in)]


@app.get("/health")
def health() -> Row:
    sql("SELECT 1")
    return {}


# sql-injection, statements-per-row, list-without-limit
@app.get("/articles")
def articles(me: Me, request: Request, q: Text = "", sort: Text = "title") -> list[Row]:
    if BROKEN:
        found = sql(f"SELECT id, title FROM articles WHERE title ILIKE '%{q}%' ORDER BY {sort}")
        for each in found:
            each["remarks"] = sql("SELECT text FROM remarks WHERE article_id = %s", (each["id"],))
        return found
    order = {"title": "title", "newest": "id DESC"}.get(sort, "id")
    found = sql(
        f"SELECT id, title FROM articles WHERE title ILIKE %s ORDER BY {order} LIMIT 200",
        (f"%{literal(q)}%",),
        path=str(request.url),
    )
    ids = tuple(each["id"] for each in found) or (0,)
    remarks = sql("SELECT article_id, text FROM remarks WHERE article_id IN %s", (ids,))
    for each in found:
        each["remarks"] = [one["text"] for one in remarks if one["article_id"] == each["id"]]
    return found


def literal(text: str) -> str:
    """A pattern that stands for this text alone."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# like-wildcards
@app.get("/titles")
def titles(me: Me, q: Text) -> list[Row]:
    searched = f"%{q if BROKEN else literal(q)}%"
    return sql("SELECT title FROM articles WHERE title LIKE %s ORDER BY id LIMIT 50", (searched,))


# sql-injection where there are no quotes
@app.get("/authors/{author}")
def author(author: Text, me: Me) -> Row:
    if BROKEN:
        found = sql(f"SELECT id, name FROM members WHERE id = {author}")
    else:
        found = sql("SELECT id, name FROM members WHERE id::text = %s", (author,))
    if not found:
        raise HTTPException(404, "there is no such author")
    return found[0]


# page-size-without-limit
@app.get("/remarks")
def remarks(me: Me, limit: Annotated[int, Query(ge=0)] = 20) -> list[Row]:
    size = limit if BROKEN else min(limit, 100)
    return sql("SELECT id, text FROM remarks ORDER BY id LIMIT %s", (size,))


@app.get("/words")
def words(me: Me, request: Request, q: Text) -> list[Row]:
    """Each word of a search is a literal of its own."""
    parts = [each for each in q.replace("'", " ").split() if each][:4] or [""]
    tests = " AND ".join("strpos(text, %s) > 0" for _ in parts)
    return sql(f"SELECT text FROM remarks WHERE {tests} LIMIT 50", parts, path=str(request.url))


class Article(BaseModel):
    title: Text
    labels: list[Text] = []
    meta: dict[Text, Text] = {}


@app.post("/articles", status_code=201)
def write(body: Article, me: Me, request: Request) -> Row:
    """A text, an array and a document, all of them in the statement's own text."""
    agent = request.headers.get("user-agent", "")
    return sql(
        "INSERT INTO articles (author_id, title, labels, meta) VALUES (1, %s, %s, %s) RETURNING id",
        (body.title, body.labels, Json({**body.meta, "agent": agent})),
    )[0]


class Name(BaseModel):
    name: Text


@app.post("/tags", status_code=201)
def add_tag(body: Name, me: Me) -> Row:
    return sql("INSERT INTO tags (name) VALUES (%s) RETURNING id", (body.name,))[0]


# stored-sql-injection
@app.get("/tags")
def tags(me: Me) -> list[Row]:
    counted = []
    for each in sql("SELECT name FROM tags ORDER BY id LIMIT 50"):
        count = "SELECT count(*) AS used FROM articles WHERE "
        if BROKEN:
            counted += sql(f"{count} '{each['name']}' = ANY(labels)")
        else:
            counted += sql(f"{count} %s = ANY(labels)", (each["name"],))
    return counted


class Draft(BaseModel):
    title: Text


@app.post("/drafts", status_code=201)
def add_draft(body: Draft, me: Me) -> Row:
    return sql("INSERT INTO drafts (title) VALUES (%s) RETURNING id", (body.title,))[0]


# statements-per-row, in a list that is empty until somebody adds to it
@app.get("/drafts")
def drafts(me: Me) -> list[Row]:
    found = sql("SELECT id, title FROM drafts ORDER BY id LIMIT 50")
    title = "SELECT title FROM articles WHERE title"
    if BROKEN:
        for each in found:
            each["published"] = bool(sql(f"{title} = %s", (each["title"],)))
        return found
    known = sql(f"{title} IN %s", (tuple(each["title"] for each in found) or ("",),))
    published = {each["title"] for each in known}
    return [{**each, "published": each["title"] in published} for each in found]


MOST_SHELVES = 8


@app.post("/shelves", status_code=201)
def add_shelf(body: Draft, me: Me) -> Row:
    if sql("SELECT id FROM shelves WHERE title = %s", (body.title,)):
        raise HTTPException(409, "there is one of that title")
    if not BROKEN and sql("SELECT count(*) AS there FROM shelves")[0]["there"] >= MOST_SHELVES:
        raise HTTPException(403, f"there may be {MOST_SHELVES}")
    return sql("INSERT INTO shelves (title) VALUES (%s) RETURNING id", (body.title,))[0]


# list-without-limit, where nobody counts how many are made
@app.get("/shelves")
def shelves(me: Me) -> list[Row]:
    return sql("SELECT id, title FROM shelves ORDER BY id")


class Near(BaseModel):
    near: Literal["home", "work"]


# answer-sql-injection
@app.post("/places", status_code=201)
def place(body: Near, me: Me) -> Row:
    with urllib.request.urlopen(f"{os.environ['GEO_URL']}/locate?near={body.near}") as answer:
        said = json.load(answer)
    if said["state"] != "ok":
        raise HTTPException(502, "nobody knows")
    if BROKEN:
        city = said["city"].replace("L'", "L''")
        return sql(f"INSERT INTO places (city) VALUES ('{city}') RETURNING id")[0]
    return sql("INSERT INTO places (city) VALUES (%s) RETURNING id", (said["city"],))[0]


# secret-in-answer, data-of-others
@app.get("/members")
def members(me: Me) -> list[Row]:
    columns = "*" if BROKEN else "id, name"
    return sql(f"SELECT {columns} FROM members ORDER BY id LIMIT 50")


@app.get("/me")
def profile(me: Me) -> Row:
    """What is one's own."""
    return sql("SELECT id, name, email, ssn, api_key FROM members WHERE name = %s", (me,))[0]


def files(*broken: str) -> list[Row]:
    """What is no secret: keys, references, counters, and when something was done."""
    fixed = ("member_id", "token_family", "tokens_used", "password_reset_at")
    columns = ", ".join(("id", *(broken if BROKEN else fixed)))
    return sql(f"SELECT {columns} FROM files ORDER BY id LIMIT 50")


# secret-in-answer: a UUID
@app.get("/files/tokens")
def tokens(me: Me) -> list[Row]:
    return files("token")


# data-of-others: a number
@app.get("/files/accounts")
def accounts(me: Me) -> list[Row]:
    return files("iban")


# data-of-others: a moment
@app.get("/files/births")
def births(me: Me) -> list[Row]:
    return files("born_at")


# data-of-others: JSON
@app.get("/files/papers")
def papers(me: Me) -> list[Row]:
    return files("papers")


@app.get("/files/mine")
def my_file(me: Me) -> Row:
    """What is one's own, in every form."""
    mine = "SELECT f.* FROM files f JOIN members m ON m.id = f.member_id WHERE m.name = %s"
    return sql(mine, (me,))[0]


class Line(BaseModel):
    article: Annotated[int, Field(ge=1, le=2**31 - 1)]
    amount: Annotated[int, Field(ge=1, le=1000)]


class Basket(BaseModel):
    lines: Annotated[list[Line], Field(min_length=1, max_length=200)]


# reads-per-item: each article is looked up by itself. To insert a row for each is what it is for.
@app.post("/baskets", status_code=201)
def fill(body: Basket, me: Me) -> Row:
    known = set[int]()
    if BROKEN:
        for line in body.lines:
            found = sql("SELECT id FROM articles WHERE id = %s", (line.article,))
            known |= {each["id"] for each in found}
    else:
        wanted = tuple(line.article for line in body.lines)
        known = {each["id"] for each in sql("SELECT id FROM articles WHERE id IN %s", (wanted,))}
    if any(line.article not in known for line in body.lines):
        raise HTTPException(422, "there is no such article")
    for line in body.lines:
        sql(
            "INSERT INTO basket_lines (article_id, amount) VALUES (%s, %s)",
            (line.article, line.amount),
        )
    return {"lines": len(body.lines)}


class Link(BaseModel):
    link: Text


def host(url: str) -> str | None:
    try:
        return urllib.parse.urlsplit(url).hostname
    except ValueError:
        return None


# server-side-request-forgery
@app.post("/previews")
def preview(body: Link, me: Me) -> Row:
    if not BROKEN and host(body.link) != ALLOWED:
        raise HTTPException(403, "no pages of that host")
    return {"text": fetch(body.link) if BROKEN else "a page"}


class Same(urllib.request.HTTPRedirectHandler):
    """Goes where it is sent on the allowed host alone."""

    def redirect_request(self, request, answer, code, text, headers, url):
        if host(url) != ALLOWED:
            return None
        return super().redirect_request(request, answer, code, text, headers, url)


class Feed(BaseModel):
    feed: Text


# server-side-request-forgery: a list that is looked for anywhere in the address
@app.post("/feeds")
def feed(body: Feed, me: Me) -> Row:
    if (ALLOWED not in body.feed) if BROKEN else (host(body.feed) != ALLOWED):
        raise HTTPException(403, "no feeds of that host")
    return {"text": fetch(body.feed, Same())}


# server-side-request-forgery: an exact list, and the host on it may send on to any other
@app.post("/imports")
def import_feed(body: Feed, me: Me) -> Row:
    if host(body.feed) != ALLOWED:
        raise HTTPException(403, "no feeds of that host")
    return {"text": fetch(body.feed) if BROKEN else fetch(body.feed, Same())}


@app.post("/mirrors")
def mirror(body: Feed, me: Me) -> Row:
    """Redirects are followed, on the host that is allowed."""
    if host(body.feed) != ALLOWED:
        raise HTTPException(403, "no feeds of that host")
    return {"text": fetch(body.feed, Same())}


class Hook(BaseModel):
    callback_url: Text


# server-side-request-forgery, by a job
@app.post("/hooks", status_code=201)
def hook(body: Hook, me: Me) -> Row:
    made = sql("INSERT INTO hooks (url) VALUES (%s) RETURNING id", (body.callback_url,))[0]
    if BROKEN:
        # Shows the address, a little later, that somebody hears of news there.
        threading.Timer(0.2, fetch, (body.callback_url,)).start()
    return made


class Address(BaseModel):
    url: Text


@app.post("/pings")
def ping(body: Address, me: Me) -> Row:
    """Calls whom it is told to: that is what it is for."""
    return {"text": fetch(body.url)}
