"""What `injection` can find, for people."""

from __future__ import annotations

from seamproof.core.verdict import FindingClass

_OWASP = "https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html"
_API8 = "API8:2023"
_API10 = "API10:2023"
_BIND = (
    "Bind the value: `WHERE name = $1` with the value beside the statement. What cannot be bound, "
    "as the column of an ORDER BY, is chosen from a list of the service's own."
)

SQL_INJECTION = FindingClass(
    name="sql-injection",
    title="{operation} puts {input} into its SQL as it comes",
    consequence=(
        "On the wire its quote ended what it was put into: {wire}. Whoever may send this request "
        "writes the rest of the statement."
    ),
    why=(
        "The statement is built by joining texts. A quote in the value ends the literal that was "
        "meant to hold it, and what follows is no value any more but SQL, run with the rights of "
        "the service: it reads other tenants' rows, changes them, or drops them."
    ),
    fix=_BIND,
    example="""
        1  GET /products?search=rope'
        2  SELECT * FROM products WHERE name ILIKE '%rope'%'
                                                        ^ the literal ends here

        With rope' OR true -- in its place the answer has every tenant's products.
    """,
    broken="SQL",
    cwe=(89,),
    owasp=(_API8,),
    references=(_OWASP,),
)

STORED_INJECTION = FindingClass(
    name="stored-sql-injection",
    title="what {operation} stores is put into the SQL of {later} as it comes",
    consequence=(
        "{input} was stored as it is, rightly. {later} built a statement of it, in which its quote "
        "ended the literal: {wire}."
    ),
    why=(
        "A value is not safe because it comes out of the database: it is what somebody once sent. "
        "The first statement bound it, and the second joined it into its text."
    ),
    fix=f"{_BIND} That holds for values that were read from a table as well.",
    example="""
        1  POST /tags stores the name O'Brien. It is bound, and all is well.
        2  GET /reports reads the names, and runs SELECT count(*) FROM t WHERE tag = 'O'Brien'
    """,
    broken="SQL",
    cwe=(89,),
    owasp=(_API8,),
    references=(_OWASP,),
)

ANSWER_INJECTION = FindingClass(
    name="answer-sql-injection",
    title="{operation} puts an answer of {call} into its SQL as it comes",
    consequence=(
        "A quote in {input} ended the literal that it was put into: {wire}. Whoever speaks for "
        "that service writes statements in this one."
    ),
    why=(
        "Answers of other services are trusted as if they were the service's own values. They are "
        "made of what other people typed, and the other side may be taken over, or be another."
    ),
    fix=f"{_BIND} An answer is input like any other.",
    example="""
        1  POST /addresses asks a geocoder, which answers {"city": "L'Aquila"}.
        2  INSERT INTO addresses (city) VALUES ('L'Aquila')
    """,
    broken="SQL",
    cwe=(89, 20),
    owasp=(_API10,),
    references=(_OWASP,),
)

CHOSEN_NAME = FindingClass(
    name="client-names-column",
    title="{operation} takes {input} for the name of a column or a table",
    consequence=(
        "It stands where a column or a table is named: {wire}. It did not get out of that place; "
        "but the client names any column, also one that it is not to know."
    ),
    why=(
        "A name cannot be bound, so it is quoted or stripped and put into the text. That keeps "
        "the syntax whole. It does not keep a client from sorting by a password's hash, and from "
        "reading it off the order of the rows."
    ),
    fix="Choose the name from a list of those that clients may use.",
    example="""
        GET /users?sort=password_hash
        SELECT id, name FROM users ORDER BY "password_hash"
    """,
    broken="SQL",
    cwe=(943,),
    owasp=(_API8,),
    references=(_OWASP,),
)

LIKE_WILDCARDS = FindingClass(
    name="like-wildcards",
    title="{operation} leaves wildcards of {input} to LIKE",
    consequence=(
        "A % and a _ came to the pattern as they were sent: {wire}. A search for 100% finds 1000 "
        "as well."
    ),
    why=(
        "A bound value is safe from being read as SQL. LIKE reads it once more, as a pattern, and "
        "there % and _ stand for anything."
    ),
    fix="Escape \\, % and _ in what is searched for; most libraries have a function that does.",
    example="""
        GET /products?search=%
        SELECT * FROM products WHERE name LIKE '%' || $1 || '%'      finds every product
    """,
    broken="SQL",
    cwe=(155,),
    owasp=(_API8,),
    references=("https://www.postgresql.org/docs/current/functions-matching.html#FUNCTIONS-LIKE",),
)

CLASSES = (SQL_INJECTION, STORED_INJECTION, ANSWER_INJECTION, CHOSEN_NAME, LIKE_WILDCARDS)
