"""What `inventory` can find, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_API9 = "https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/"

UNDECLARED_ROUTE = FindingClass(
    name="undeclared-route",
    title="{route} answers, and is not in the document",
    consequence="As {who} it is answered {answer}, and it {sql}.",
    why=(
        "What is not in the document is not reviewed, not tested, not rate-limited, and not known "
        "to the gateway. Forgotten routes keep the permissions of the day they were written."
    ),
    fix="Declare it, or take it away; what is for operators only belongs on a port of their own.",
    example="""
        The document has GET /orders, for a user's own.
        1  GET /debug/orders, with no credentials, answers 200.

        It was written for one afternoon, and has everybody's orders in it.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="inventory",
    cwe=(1059, 489),
    owasp=("API9:2023",),
    references=(_API9,),
)

OLD_VERSION = FindingClass(
    name="old-version",
    title="{route} still answers beside the version that is in the document",
    consequence="As {who} it is answered {answer}, and it {sql}. The document has {declared}.",
    why=(
        "An old version is fixed last and watched by nobody. What the new one forbids, the old "
        "one mostly still does, on the same data."
    ),
    fix="Take it away, or declare it with `deprecated` and hold it to the same rules and tests.",
    example="""
        /v2/users/{user} asks for the token of the user.
        1  GET /v1/users/7 answers 200 to anybody.

        The rule was added to the new version only.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="inventory",
    cwe=(1059,),
    owasp=("API9:2023",),
    references=(_API9,),
)

OPEN_INTERNALS = FindingClass(
    name="open-internals",
    title="{route} shows the service's insides",
    consequence="As {who} it is answered {answer}, and it {sql}.",
    why=(
        "Metrics, environments, heap dumps and debuggers are made for operators. To others they "
        "give secrets, names of hosts and users, and at times a way to run code."
    ),
    fix="Serve it on a port of its own that is not reachable from outside, or switch it off.",
    example="""
        1  GET /actuator/env answers 200.

        The password of the database is among the 300 properties.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="inventory",
    cwe=(200, 489),
    owasp=("API8:2023", "API9:2023"),
    references=(_API9,),
)

CLASSES = (UNDECLARED_ROUTE, OLD_VERSION, OPEN_INTERNALS)
