"""What `mass-assignment` can find, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

PROTECTED_COLUMN = FindingClass(
    name="protected-column",
    title="{operation} lets the client set {columns}",
    consequence=(
        "{owner} added {fields} to the body, which the request {declared}; it was answered "
        "{answer}, and the row of {table} has what was sent."
    ),
    why=(
        "The body is copied into the row, field by field, and the row has columns that were never "
        "meant to come from outside. Their names are guessed easily: answers show them."
    ),
    fix=(
        "Name the fields that are taken: a schema that knows no others, `fields` of a serializer, "
        "a list of permitted parameters; never `update(**body)` or `{...body}`."
    ),
    example="""
        1  PATCH /me {"display_name": "Al"} is what the document declares.
        2  PATCH /me {"display_name": "Al", "role": "admin"}
        3  UPDATE users SET display_name = 'Al', role = 'admin'. The service answers 200.
    """,
    boundary=BoundaryKind.SQL,
    broken="authorization",
    cwe=(915,),
    owasp=("API3:2023",),
    references=(
        "https://owasp.org/API-Security/editions/2023/en/"
        "0xa3-broken-object-property-level-authorization/",
    ),
)

CLASSES = (PROTECTED_COLUMN,)
