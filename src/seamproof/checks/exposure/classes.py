"""What `exposure` can find, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_PROPERTY = (
    "https://owasp.org/API-Security/editions/2023/en/"
    "0xa3-broken-object-property-level-authorization/"
)
_MISCONFIGURED = "https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/"
_FIX = (
    "Answer with a type that names the fields that clients are told, instead of the row, and "
    "select no more columns than that."
)

SECRET_IN_ANSWER = FindingClass(
    name="secret-in-answer",
    title="{operation} answers {column}",
    consequence=(
        "{kind} of {owner} was answered to {who}, in the field {field}. What is answered once is "
        "in logs, caches and browsers for good."
    ),
    why=(
        "The whole row goes into the answer: SELECT *, a serializer that takes every column, or a "
        "column that was added later. A hash is cracked off-line; a token is used as it is."
    ),
    fix=_FIX,
    example="""
        GET /users
        [{"id": 1, "username": "ann", "password_hash": "$2b$12$..."}]
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="serialization",
    cwe=(200, 522),
    owasp=("API3:2023",),
    references=(_PROPERTY,),
)

DATA_OF_OTHERS = FindingClass(
    name="data-of-others",
    title="{operation} answers {column} of somebody else",
    consequence=(
        "{kind} of {owner} was answered to {who}, in the field {field}: the row was on the wire, "
        "and its value in the answer."
    ),
    why=(
        "The answer has the same fields for whoever asks. What its owner may read of themselves is "
        "told to everybody who may see that the object is there."
    ),
    fix=f"{_FIX} Leave out for others what only the owner may read.",
    example="""
        GET /posts/7
        {"title": "Hello", "author": {"name": "Ann", "birth_date": "1990-02-01"}}
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="serialization",
    cwe=(359, 213),
    owasp=("API3:2023",),
    references=(_PROPERTY,),
)

DATABASE_IN_ERROR = FindingClass(
    name="database-in-error",
    title="errors of {operation} tell what the database was asked",
    consequence=(
        "An answer with status {answer} has it in words: {told}. Who probes for an injection reads "
        "there how the statement goes on, and which tables there are."
    ),
    why=(
        "An error of the driver is answered as it comes, by a handler that was meant for "
        "development, or by the framework in its debug mode."
    ),
    fix=(
        "Handle errors of the database in one place: log them, with an id of the request, and "
        "answer the id and nothing of theirs."
    ),
    example="""
        500 {"error": "(psycopg.errors.UniqueViolation) duplicate key value violates unique
             constraint \\"users_email_key\\" [SQL: INSERT INTO users (email, ..."}
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="serialization",
    cwe=(209,),
    owasp=("API8:2023",),
    references=(_MISCONFIGURED,),
)

CODE_IN_ERROR = FindingClass(
    name="code-in-error",
    title="errors of {operation} tell of the service's code",
    consequence=(
        "An answer with status {answer} has {kind} in it: {told}. It names the files, the "
        "libraries and their versions for whoever looks for a known hole in one."
    ),
    why=(
        "An exception that nobody handled is answered with its trace: the framework's debug mode "
        "is on, or a handler answers the exception's own text."
    ),
    fix="Turn debug mode off, and answer errors that nobody handles with a text of their own.",
    example="""
        500 {"stack": "TypeError: Cannot read properties of undefined (reading 'id')
                 at /app/src/orders.js:41:23"}
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="serialization",
    cwe=(209, 489),
    owasp=("API8:2023",),
    references=(_MISCONFIGURED,),
)

CLASSES = (SECRET_IN_ANSWER, DATA_OF_OTHERS, DATABASE_IN_ERROR, CODE_IN_ERROR)
