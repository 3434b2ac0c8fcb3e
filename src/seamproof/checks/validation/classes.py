"""What `validation` can find, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_VALIDATION = "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html"
_ERRORS = "https://www.rfc-editor.org/rfc/rfc9457"
_STATUS = "https://www.rfc-editor.org/rfc/rfc9110#section-15.5"

WRITTEN_BEFORE_VALIDATION = FindingClass(
    name="written-before-validation",
    title="{operation} refuses an invalid request and keeps rows of it",
    consequence=(
        "{field} breaks `{constraint}`. The client was told {answer}, and {left_rows} changed rows "
        "stay in {tables}."
    ),
    why=(
        "The operation stores first and validates afterwards, or fails on its way with a part "
        "committed. The client was told that nothing happened; the rows say otherwise, and a "
        "corrected request meets them."
    ),
    fix="Validate before the first write, or do both in one transaction that a refusal rolls back.",
    example="""
        1  POST /coupons {"code": "X", "percent": 150} inserts the coupon and commits.
        2  The service looks at the percentage, and answers 422.

        The coupon is there, and gives 150 percent.
    """,
    broken="validation",
    cwe=(20, 696),
    references=(_VALIDATION,),
)

ACCEPTED_INVALID = FindingClass(
    name="accepted-invalid",
    title="{operation} accepts what its document forbids",
    consequence=(
        "{field} breaks `{constraint}` ({says}), and the answer is {answer}. {stored}{others}"
    ),
    why=(
        "The document promises a constraint that the code does not hold. Other code, other "
        "services and reports rely on it, and fail far from here on the row that was let in."
    ),
    fix=(
        "Let the code validate by the schema that the document is made of, and give the column a "
        "constraint; or correct the document."
    ),
    example="""
        The document says that quantity is at least 1.
        1  POST /orders {"product": 3, "quantity": -5} answers 201.
        2  order_items has a row with quantity -5.

        The order's total is negative: the shop pays its customer.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="validation",
    cwe=(20, 1284),
    references=(_VALIDATION,),
)

UNHANDLED_INPUT = FindingClass(
    name="unhandled-input",
    title="{operation} fails on invalid input where it must refuse",
    consequence=(
        "{field} breaks `{constraint}` ({says}), and the answer is {answer}. {error}{others}"
    ),
    why=(
        "A 5xx says that the service is at fault, so clients and proxies try again, alarms go off, "
        "and the client never learns what to correct. It also shows that input passes unchecked "
        "to where it breaks something."
    ),
    fix=(
        "Refuse it before it is used, with a 4xx that names the field; turn what the database "
        "refuses into a 4xx in one place."
    ),
    example="""
        1  POST /users {"name": "Ann\\u0000"}: JSON allows the character U+0000.
        2  INSERT INTO users: PostgreSQL's texts cannot hold it (22021).
        3  Nobody handles the error: 500.

        One line of a script makes every operation with a text fail.
    """,
    broken="validation",
    cwe=(20, 248, 755),
    references=(_VALIDATION, _STATUS),
)

ENDED_BY_INPUT = FindingClass(
    name="ended-by-input",
    title="{operation}: one invalid request ends the service",
    consequence="{field} breaks `{constraint}` ({says}). The process ended: {death}.",
    why="Whoever may send this request can keep the service down with one request now and then.",
    fix="Handle the error where the request is handled: no input may reach the process's end.",
    example="""
        1  POST /alerts with a body that is no object.
        2  An error is thrown in a callback, where nobody catches it. The process ends.

        All other requests that it was serving are lost.
    """,
    broken="validation",
    cwe=(20, 248, 400),
    owasp=("API4:2023",),
    references=(_VALIDATION,),
)

MISROUTED = FindingClass(
    name="misrouted",
    title="{operation}: a request that there is no route for has an effect",
    consequence="{field}: {constraint}. It was answered {answer}, and changed {left_rows} rows.",
    why=(
        "A path or method that the document does not have is served by something. What is not in "
        "the document is not reviewed, not tested and not rate-limited."
    ),
    fix="Answer 404 to unknown paths and 405 to other methods (RFC 9110, sections 15.5.5, 15.5.6).",
    example="""
        The document has GET and POST of /orders.
        1  DELETE /orders answers 204.

        All orders are gone.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="routing",
    cwe=(749,),
    owasp=("API9:2023",),
    references=(_STATUS,),
)

UNEVEN_ERRORS = FindingClass(
    name="uneven-errors",
    title="errors have several shapes",
    consequence="{operation}: {shapes}.",
    why=(
        "Clients handle errors by their shape. Where each kind of refusal has its own, some are "
        "shown as nothing or as a page of HTML."
    ),
    fix="One handler for all errors of the service, RFC 9457's problem details for instance.",
    example="""
        400  {"error": "quantity is required"}
        404  <!DOCTYPE html><pre>Cannot GET /orders/9</pre>

        A client that reads `error` has nothing to say of the second.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="validation",
    cwe=(755,),
    references=(_ERRORS,),
)

CLASSES = (
    WRITTEN_BEFORE_VALIDATION,
    ACCEPTED_INVALID,
    UNHANDLED_INPUT,
    ENDED_BY_INPUT,
    MISROUTED,
    UNEVEN_ERRORS,
)
