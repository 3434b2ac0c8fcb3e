"""What `resources` can find, for people."""

from __future__ import annotations

from seamproof.core.verdict import FindingClass

_API4 = "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/"

STATEMENTS_PER_ROW = FindingClass(
    name="statements-per-row",
    title="{operation} asks the database again for each row of {table}",
    consequence=(
        "With {few} more rows in {table} it sent {few_statements} statements more, with {many} it "
        "sent {many_statements} more: {slope} for each row."
    ),
    why=(
        "The list is read with one statement, and then something of each row with one more: a "
        "relation that the mapper loads when it is first looked at, or a query in a loop. What it "
        "takes grows with the rows that one answer may have: where a page has a limit, up to that."
    ),
    fix=(
        "Load what belongs to the rows together with them: a join, or one statement with all "
        "their keys (selectinload, prefetch_related, include, a batched IN)."
    ),
    example="""
        SELECT id, total FROM orders WHERE user_id = $1          26 rows
        SELECT * FROM order_items WHERE order_id = $1            26 times
    """,
    broken="SQL",
    cwe=(1050,),
    owasp=("API4:2023",),
    references=(_API4,),
)

READS_PER_ITEM = FindingClass(
    name="reads-per-item",
    title="{operation} looks something up in {table} for each item of {input}",
    consequence=(
        "With 1, {few} and {many} items it was read {one_read}, {few_reads} and {many_reads} times."
    ),
    why=(
        "The items are gone through one by one, and what each refers to is loaded in the loop. To "
        "write a row for each is what the request is for; to read one by one is not."
    ),
    fix=(
        "Load what all items refer to with one statement before the loop (`WHERE id = ANY(...)`), "
        "and say how many items one request may have."
    ),
    example="""
        POST /orders {"items": [{"product": 1}, {"product": 2}, {"product": 3}, ...]}
        SELECT price FROM products WHERE id = $1         as often as there are items
    """,
    broken="SQL",
    cwe=(1050,),
    owasp=("API4:2023",),
    references=(_API4,),
)

PAGE_SIZE = FindingClass(
    name="page-size-without-limit",
    title="{operation} lets the client say how many rows are read, without a limit",
    consequence=(
        "{input} was sent as {asked}, and the statement had {limit}. One request reads the whole "
        "table, and the service holds it in memory."
    ),
    why=(
        "The size of a page goes into LIMIT as it comes. Nobody needs a page that large but who "
        "wants the service to be busy, or all of its data at once."
    ),
    fix="Refuse a size above a limit of the service's own, or take that limit in its place.",
    example="""
        GET /products?limit=100000
        SELECT ... FROM products LIMIT 100000
    """,
    broken="SQL",
    cwe=(770,),
    owasp=("API4:2023",),
    references=(_API4,),
)

LIST_WITHOUT_LIMIT = FindingClass(
    name="list-without-limit",
    title="{operation} answers every row of {table} that there is",
    consequence=(
        "With {many} more rows in {table} it read and answered {many} more: the statement has no "
        "LIMIT. {adding}"
    ),
    why=(
        "A list has no pages, and requests add to what it lists. As long as there are few rows "
        "nobody sees it."
    ),
    fix=(
        "Answer a page, with a size of the service's own where the client names none; or refuse to "
        "make more than there may be."
    ),
    example="""
        GET /orders
        SELECT ... FROM orders WHERE user_id = $1      every order since the account was opened
    """,
    broken="SQL",
    cwe=(770,),
    owasp=("API4:2023",),
    references=(_API4,),
)

BODY_SIZE = FindingClass(
    name="text-without-limit",
    title="{operation} stores a text of any length in {column}",
    consequence=(
        "{input} was sent with {length} characters, and all of it was read and stored. A few such "
        "requests fill the memory, and some more the disk."
    ),
    why=(
        "Neither the server in front, nor the framework, nor the schema says how long a request "
        "may be. What is stored once is read again with every list that shows it."
    ),
    fix=(
        "Limit the size of a body where it is read (413 is the answer to more), and the length of "
        "each text in the schema."
    ),
    example="""
        POST /reviews {"text": "xxxxxxxx…"}      10 MB
        201
    """,
    broken="validation",
    cwe=(770, 400),
    owasp=("API4:2023",),
    references=(_API4,),
)

CLASSES = (STATEMENTS_PER_ROW, READS_PER_ITEM, PAGE_SIZE, LIST_WITHOUT_LIMIT, BODY_SIZE)
