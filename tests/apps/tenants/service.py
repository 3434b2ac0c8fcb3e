"""FastAPI on psycopg: two tenants, and what each forgets to ask of whom."""

import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from typing import Annotated, Any

import psycopg
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi_methods import tell_all_methods
from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict, Field

BROKEN = os.environ["SEAMPROOF_VARIANT"] == "broken"
# weak-key: the word of the tutorial.
SECRET = b"secret" if BROKEN else os.environ["TOKEN_SECRET"].encode()
app = FastAPI(responses={"4XX": {"description": "refused"}})
tell_all_methods(app)
bearer = HTTPBearer(auto_error=False)
Row = dict[str, Any]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


def sql(statement: str, *values: Any) -> list[Row]:
    with psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def one(statement: str, *values: Any) -> Row:
    rows = sql(statement, *values)
    if not rows:
        raise HTTPException(404, "there is no such thing")
    return rows[0]


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def sign(signed: str) -> str:
    return encode(hmac.digest(SECRET, signed.encode(), "sha256"))


def verify(token: str) -> Row:
    """The claims. The broken twin believes `none`, old tokens, and those that were logged out."""
    signed, _, signature = token.rpartition(".")
    header, _, claims = signed.partition(".")
    try:
        said, found = dict(decode(header)), decode(claims)
    except (ValueError, TypeError):
        raise HTTPException(401, "that is no token") from None
    if BROKEN and said.get("alg") == "none":
        return found
    if not hmac.compare_digest(sign(signed).encode(), signature.encode()):
        raise HTTPException(401, "not ours")
    if not BROKEN:
        if found["exp"] < time.time():
            raise HTTPException(401, "expired")
        if sql("SELECT 1 FROM ended_sessions WHERE token_id = %s", found["jti"]):
            raise HTTPException(401, "logged out")
    return found


def principal(shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Row:
    if shown is None:
        raise HTTPException(401, "sign in first")
    claims = verify(shown.credentials)
    return {**one("SELECT * FROM users WHERE id = %s", int(claims["sub"])), "jti": claims["jti"]}


User = Annotated[Row, Depends(principal)]


def hashed(password: str) -> str:
    """The broken twin stores passwords as they come."""
    if BROKEN:
        return password
    return hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 1000).hex()


class Credentials(BaseModel):
    username: Text
    password: Text


@app.get("/health")
def health() -> Row:
    return one("SELECT 1 AS ok")


@app.post("/login")
def login(body: Credentials) -> Row:
    user = one("SELECT * FROM users WHERE username = %s", body.username)
    # The seed's passwords are plain.
    if body.password != user["password"]:
        raise HTTPException(401, "wrong")
    claims = {"sub": str(user["id"]), "jti": uuid.uuid4().hex, "exp": int(time.time()) + 3600}
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    signed = ".".join(encode(json.dumps(part).encode()) for part in parts)
    return {"access_token": f"{signed}.{sign(signed)}"}


@app.post("/logout", status_code=204)
def logout(user: User) -> None:
    """ended-session: it is noted, and the broken twin does not look."""
    sql("INSERT INTO ended_sessions VALUES (%s) ON CONFLICT DO NOTHING", user["jti"])


@app.post("/users", status_code=201)
def register(body: Credentials) -> Row:
    """password-stored."""
    if sql("SELECT 1 FROM users WHERE username = %s", body.username):
        raise HTTPException(409, "that name is taken")
    statement = "INSERT INTO users (tenant_id, username, password) VALUES (1, %s, %s) RETURNING id"
    return one(statement, body.username, hashed(body.password))


class Reset(BaseModel):
    token: Text
    password: Text


@app.post("/password/reset")
def reset(body: Reset) -> Row:
    """token-used-twice: the broken twin leaves the token where it is."""
    if BROKEN:
        found = one("SELECT user_id FROM resets WHERE token = %s", body.token)
    else:
        found = one("DELETE FROM resets WHERE token = %s RETURNING user_id", body.token)
    digest = hashlib.sha256(f"{uuid.uuid4()}{body.password}".encode()).hexdigest()
    return one(
        "UPDATE users SET password = %s WHERE id = %s RETURNING id", digest, found["user_id"]
    )


class DocumentIn(BaseModel):
    title: Text


class DocumentOut(BaseModel):
    id: uuid.UUID
    title: str


@app.post("/documents", status_code=201, response_model=DocumentOut)
def add_document(body: DocumentIn, user: User) -> Row:
    return one(
        "INSERT INTO documents (tenant_id, user_id, title) VALUES (%s, %s, %s) RETURNING id, title",
        *(user["tenant_id"], user["id"], body.title),
    )


def document(key: uuid.UUID, user: Row) -> Row:
    """The user's own; an administrator's those of the tenant. What is not theirs is not there."""
    found = one("SELECT * FROM documents WHERE id = %s AND NOT deleted", key)
    mine = found["user_id"] == user["id"]
    if not mine and (user["role"] != "admin" or found["tenant_id"] != user["tenant_id"]):
        raise HTTPException(404, "there is no such thing")
    return found


@app.get("/documents", response_model=list[DocumentOut])
def list_documents(user: User) -> list[Row]:
    return sql("SELECT * FROM documents WHERE user_id = %s AND NOT deleted", user["id"])


@app.get("/documents/{key}", response_model=DocumentOut)
def read_document(key: uuid.UUID, user: User) -> Row:
    """tenant-crossed: it is looked up by its id alone."""
    return one("SELECT * FROM documents WHERE id = %s", key) if BROKEN else document(key, user)


@app.put("/documents/{key}", response_model=DocumentOut)
def rename(key: uuid.UUID, body: DocumentIn, user: User) -> Row:
    """foreign-object: by its tenant alone."""
    if not BROKEN:
        document(key, user)
    return one(
        "UPDATE documents SET title = %s WHERE id = %s AND tenant_id = %s RETURNING id, title",
        *(body.title, key, user["tenant_id"]),
    )


@app.delete("/documents/{key}", openapi_extra={"security": [{"HTTPBearer": []}]})
def remove(
    key: uuid.UUID,
    shown: Annotated[str, Header(alias="Authorization", include_in_schema=False)] = "",
) -> Row:
    """open-to-nobody: a route that was added later. It deletes softly."""
    if not BROKEN:
        document(key, principal(HTTPAuthorizationCredentials(scheme="", credentials=shown[7:])))
    return one("UPDATE documents SET deleted = true WHERE id = %s RETURNING id", key)


class Archive(BaseModel):
    document: uuid.UUID


@app.post("/archive")
def archive(body: Archive, user: User) -> Row:
    """tenant-crossed, by an id in the body."""
    key = body.document if BROKEN else document(body.document, user)["id"]
    return one("UPDATE documents SET status = 'archived' WHERE id = %s RETURNING id", key)


@app.post("/exports", response_model=DocumentOut)
def export(user: User, key: Annotated[uuid.UUID, Header(alias="X-Document")]) -> Row:
    """tenant-crossed, by an id in a header."""
    return one("SELECT * FROM documents WHERE id = %s", key) if BROKEN else document(key, user)


class NoteOut(BaseModel):
    id: int
    body: str


@app.post("/documents/{key}/notes", status_code=201, response_model=NoteOut)
def add_note(key: uuid.UUID, user: User) -> Row:
    document(key, user)
    statement = "INSERT INTO notes (document_id, body) VALUES (%s, 'a thought of mine') RETURNING *"
    return one(statement, key)


@app.get("/documents/{key}/notes/{note}", response_model=NoteOut)
def read_note(key: uuid.UUID, note: Id, user: User) -> Row:
    """foreign-parent: that the note is one of this document is taken for granted."""
    document(key, user)
    if BROKEN:
        return one("SELECT * FROM notes WHERE id = %s", note)
    return one("SELECT * FROM notes WHERE id = %s AND document_id = %s", note, key)


def in_team(team: int, user: Row) -> None:
    one("SELECT 1 FROM memberships WHERE team_id = %s AND user_id = %s", team, user["id"])


@app.get("/teams/{team}/tasks")
def list_tasks(team: int, user: User) -> list[Row]:
    """tenant-crossed: a list that forgets to ask who is in the team."""
    if not BROKEN:
        in_team(team, user)
    return sql("SELECT * FROM tasks WHERE team_id = %s", team)


@app.get("/users/{member}/documents")
def list_documents_of(member: int, user: User) -> list[Row]:
    """foreign-object: a list by somebody's id, who need not be the one who asks."""
    if not BROKEN and member != user["id"]:
        raise HTTPException(404, "there is no such thing")
    statement = "SELECT * FROM documents WHERE user_id = %s AND tenant_id = %s"
    return sql(statement, member, user["tenant_id"])


@app.get("/meters/{meter}")
def read_meter(meter: uuid.UUID, user: User) -> Row:
    """tenant-crossed, of rows without a text: a moment tells whose it is."""
    found = one("SELECT * FROM meters WHERE id = %s", meter)
    if not BROKEN and found["user_id"] != user["id"]:
        raise HTTPException(404, "there is no such thing")
    return found


class Role(BaseModel):
    role: Text


@app.put("/users/{member}/role")
def give_role(member: Id, body: Role, user: User) -> Row:
    """role-bypassed: the client hides the button from who may not."""
    if not BROKEN and user["role"] != "admin":
        raise HTTPException(403, "this is for administrators")
    return one(
        "UPDATE users SET role = %s WHERE id = %s AND tenant_id = %s RETURNING id, role",
        *(body.role, member, user["tenant_id"]),
    )


def administrator(user: User) -> Row:
    if user["role"] != "admin":
        raise HTTPException(403, "this is for administrators")
    return user


administrators = [Depends(administrator)]


class Coupon(BaseModel):
    percent: Annotated[int, Field(ge=1, le=100)]


@app.post("/coupons", status_code=201, dependencies=administrators)
def add_coupon(body: Coupon) -> Row:
    return one("INSERT INTO coupons (percent) VALUES (%s) RETURNING id", body.percent)


@app.put("/coupons/{coupon}", dependencies=administrators)
def change_coupon(coupon: Id, body: Coupon) -> Row:
    statement = "UPDATE coupons SET percent = %s WHERE id = %s RETURNING id"
    return one(statement, body.percent, coupon)


@app.delete("/coupons/{coupon}", dependencies=administrators)
def remove_coupon(coupon: Id) -> Row:
    return one("DELETE FROM coupons WHERE id = %s RETURNING id", coupon)


@app.post(
    "/coupons/{coupon}/extension",
    dependencies=[Depends(principal)] if BROKEN else administrators,
)
def extend_coupon(coupon: Id) -> Row:
    """unlike-its-family: whoever signed in may, and nowhere else beside it."""
    return one("UPDATE coupons SET days = days + 30 WHERE id = %s RETURNING id", coupon)


class Profile(BaseModel):
    model_config = ConfigDict(extra="allow" if BROKEN else "ignore")
    display_name: Text


@app.get("/me")
def read_profile(user: User) -> Row:
    """unsigned-token, expired-token: see `verify`."""
    return {"id": user["id"], "username": user["username"], "name": user["display_name"]}


@app.patch("/me")
def change_profile(body: Profile, user: User) -> Row:
    """protected-column: what the body has becomes the row. The fixed twin ignores the rest."""
    known = {"display_name", "role", "verified", "tenant_id"}
    fields = {name: value for name, value in body.model_dump().items() if name in known}
    assigned = ", ".join(f"{name} = %s" for name in fields)
    statement = f"UPDATE users SET {assigned} WHERE id = %s RETURNING id, display_name"
    return one(statement, *fields.values(), user["id"])


# What looks like a defect and is none


@app.get("/posts")
def list_posts(user: User) -> list[Row]:
    """Everybody's posts are for everybody."""
    return sql("SELECT * FROM posts")


@app.get("/posts/{post}")
def read_post(post: Id, user: User) -> Row:
    return one("SELECT * FROM posts WHERE id = %s", post)


@app.post("/posts/{post}/likes", status_code=201)
def like(post: Id, user: User) -> Row:
    """A row of somebody else is counted up: that is what a like does."""
    one("SELECT 1 FROM posts WHERE id = %s", post)
    sql("INSERT INTO likes (post_id, user_id) VALUES (%s, %s)", post, user["id"])
    return one("UPDATE posts SET likes = likes + 1 WHERE id = %s RETURNING id, likes", post)


@app.get("/boards/{board}")
def read_board(board: Id, user: User) -> Row:
    """A board is the team's, whoever created it."""
    return one("SELECT * FROM boards WHERE id = %s AND tenant_id = %s", board, user["tenant_id"])


@app.put("/boards/{board}")
def rename_board(board: Id, body: DocumentIn, user: User) -> Row:
    return one(
        "UPDATE boards SET name = %s WHERE id = %s AND tenant_id = %s RETURNING id, name",
        *(body.title, board, user["tenant_id"]),
    )


@app.post("/teams/{team}/tasks", status_code=201)
def add_task(team: int, body: DocumentIn, user: User) -> Row:
    in_team(team, user)
    statement = "INSERT INTO tasks (team_id, user_id, title) VALUES (%s, %s, %s) RETURNING *"
    return one(statement, team, user["id"], body.title)


@app.get("/tasks/{task}")
def read_task(task: int, user: User) -> Row:
    """A task is one member's, and the whole team sees it in its list."""
    found = one("SELECT * FROM tasks WHERE id = %s", task)
    in_team(found["team_id"], user)
    return found


@app.get("/gauges")
def list_gauges(user: User) -> list[Row]:
    """What was read of late: with a moment of another century it is not in it."""
    recent = "SELECT * FROM gauges WHERE tenant_id = %s AND read_at > now() - interval '9 days'"
    return sql(recent, user["tenant_id"])


@app.get("/gauges/{gauge}")
def read_gauge(gauge: uuid.UUID, user: User) -> Row:
    """A gauge is read by one of the tenant, and shown to all of it."""
    return one("SELECT * FROM gauges WHERE id = %s AND tenant_id = %s", gauge, user["tenant_id"])


@app.get("/plans/{plan}")
def read_plan(plan: Id, user: User) -> Row:
    """Nobody's in particular."""
    return one("SELECT * FROM plans WHERE id = %s", plan)


class Question(BaseModel):
    question: Text
    remark: Text = ""


@app.post("/tickets", status_code=201)
def ask(body: Question, user: User) -> Row:
    """What is not declared is ignored; the remark is declared, and harmless."""
    statement = "INSERT INTO tickets (user_id, question, remark) VALUES (%s, %s, %s) RETURNING id"
    return one(statement, user["id"], body.question, body.remark)
