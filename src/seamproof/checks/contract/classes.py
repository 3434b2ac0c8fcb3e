"""What `contract` can find, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_OPENAPI = "https://spec.openapis.org/oas/v3.1.0"
_RESPONSES = f"{_OPENAPI}#responses-object"

SCHEMA_VIOLATION = FindingClass(
    name="schema-violation",
    title="{operation} answers {answer} with a body that its document forbids",
    consequence="At {at}: {message}. The document says otherwise: {schema}.",
    why=(
        "Clients are generated from the document, or written by it. A property that is missing, or "
        "of another type, ends them far from here, where nobody can tell why."
    ),
    fix=(
        "Make the answer by the same model that the document is made of, and let nothing pass "
        "around it; or correct the document."
    ),
    example="""
        The document says that an invoice has `due_on`, a date.
        1  GET /invoices/7 answers 200 {"id": 7, "order": 3, "total": 12.5}.

        A client that sorts by due_on fails on every invoice.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="contract",
    cwe=(684,),
    references=(_RESPONSES,),
)

UNDECLARED_STATUS = FindingClass(
    name="undeclared-status",
    title="{operation} answers {answer}, which its document does not have",
    consequence="The document has {declared}. A client by the document does not know this success.",
    why=(
        "A generated client takes a status that is not declared for an error, or drops the body "
        "of an answer that was a success."
    ),
    fix="Declare the status with its body, or answer one that is declared.",
    example="""
        The document has 201 of POST /orders.
        1  The service answers 200.

        A generated client looks for 201, and tells its user that the order failed.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="contract",
    cwe=(684,),
    references=(_RESPONSES,),
)

UNDECLARED_REFUSAL = FindingClass(
    name="undeclared-refusal",
    title="refusals are not in the document",
    consequence="{operation} answers {statuses}. The document has {declared}.",
    why=(
        "Clients learn of an error that they should handle when their users meet it: nothing that "
        "is generated from the document has a type for it."
    ),
    fix="Declare the refusals, once for all operations: a `4XX` or a `default` answer will do.",
    example="""
        The document of GET /orders/{order} has 200 and 422.
        1  GET /orders/9 answers 404.

        No generated client has a type for that body.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="contract",
    cwe=(684,),
    references=(_RESPONSES,),
)

UNDECLARED_MEDIA_TYPE = FindingClass(
    name="undeclared-media-type",
    title="{operation} answers {answer} as {media}, which its document does not have",
    consequence="The document has {declared}. {message}",
    why=(
        "A client reads a body by its media type: it fails, or shows what was meant as data as a "
        "text, or worse renders it."
    ),
    fix="Answer the declared media type on every path, errors included; or declare this one.",
    example="""
        The document has application/json.
        1  GET /reports/3 answers 200 with text/html, and JSON in it.

        A browser renders what was meant as data.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="contract",
    cwe=(436, 684),
    references=(f"{_OPENAPI}#media-type-object",),
)

MISSING_HEADER = FindingClass(
    name="missing-header",
    title="{operation} answers {answer} without the header {header}",
    consequence="The document says that it is always there.",
    why=(
        "A client that pages, retries or caches by the header was told that it may rely on it: it "
        "does not do so, or fails."
    ),
    fix="Send the header on every path that answers so, or declare it as optional.",
    example="""
        The document says that 201 of POST /orders has a Location.
        1  The service answers 201 with no Location.

        A client that goes there next goes nowhere.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="contract",
    cwe=(684,),
    references=(f"{_OPENAPI}#header-object",),
)

BREAKING_CHANGE = FindingClass(
    name="breaking-change",
    title="{operation}: the document breaks a promise that it made",
    consequence="{changes}. Clients of the document as it was may fail.",
    why=(
        "The document in .seamproof/contract.json is the one that clients were written by. What "
        "it promised is not promised any more, or more is asked than it asked for."
    ),
    fix=(
        "Keep what was promised beside what is new until no client needs it. Where the change is "
        "meant, delete .seamproof/contract.json: the next run keeps the document as it is then."
    ),
    example="""
        OrderOut had `total`; now it has `amount`.
        1  A client shows order.total.

        It shows nothing, and no test of the service fails.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="contract",
    cwe=(439,),
    references=("https://www.rfc-editor.org/rfc/rfc8594",),
)

CLASSES = (
    SCHEMA_VIOLATION,
    UNDECLARED_STATUS,
    UNDECLARED_REFUSAL,
    UNDECLARED_MEDIA_TYPE,
    MISSING_HEADER,
    BREAKING_CHANGE,
)
