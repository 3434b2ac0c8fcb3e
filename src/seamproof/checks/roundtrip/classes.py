"""What `roundtrip` can find, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_NUMERIC = "https://www.postgresql.org/docs/current/datatype-numeric.html"
_TIMES = "https://www.rfc-editor.org/rfc/rfc3339"

ALTERED_VALUE = FindingClass(
    name="altered-value",
    title="{operation} stores another {kind} than it was sent",
    consequence=(
        "{field} was {sent}; {column} has {stored}, and the answer is {answer}: {difference}."
    ),
    why=(
        "The value goes through something that cannot hold it: a binary float, a shorter column, "
        "another character set, a clock without an offset. The client is told of success, and "
        "finds out when the numbers do not add up."
    ),
    fix=(
        "Keep decimals as decimals (or whole cents) from the parser to the column, times with "
        "their offset, texts whole; refuse with a 4xx what cannot be kept."
    ),
    example="""
        1  POST /products {"price": 19.99} answers 201.
        2  The price was made whole cents by int(price * 100): products.price has 19.98.

        A cent is lost with every sale, and nobody was told.
    """,
    cwe=(681, 682),
    references=(_NUMERIC, _TIMES),
)

READS_OTHERWISE = FindingClass(
    name="reads-otherwise",
    title="{operation} stores a {kind} as it was sent, and it is read otherwise",
    consequence=(
        "{field} was {sent}, and {column} has {stored}; {where} says {read}: {difference}."
    ),
    why=(
        "What writes the answer cannot hold the value: a number of JavaScript beyond 2^53, a float "
        "in the place of a decimal, a time without its offset. A client that sends back what it "
        "read overwrites the right value."
    ),
    fix="Write decimals and large integers as texts, and times with an offset (RFC 3339).",
    example="""
        1  PUT /devices/4 {"serial": 9007199254740993}: devices.serial has that.
        2  GET /devices/4 answers {"serial": 9007199254740992}.

        The next client saves the form that it was shown, and the serial is another one.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="serialization",
    cwe=(681,),
    references=("https://www.rfc-editor.org/rfc/rfc8259#section-6", _TIMES),
)

NORMALISED_VALUE = FindingClass(
    name="normalised-value",
    title="{operation} stores a {kind} in another form than it was sent",
    consequence="{field} was {sent}; {column} has {stored}: {difference}. Nothing may be lost.",
    why=(
        "Trimmed spaces, lower case, composed characters and rounded digits are often meant. A "
        "client that compares what it sent with what it reads sees a difference all the same."
    ),
    fix="Say so in the document, and accept the note with that as the reason.",
    example="""
        1  POST /users {"email": "Ann@Example.com"} answers 201.
        2  users.email has ann@example.com.

        That is meant, and a client that looks for Ann@Example.com must know it.
    """,
    cwe=(179,),
    references=("https://www.unicode.org/reports/tr15/",),
)

WIPED_BY_OMISSION = FindingClass(
    name="wiped-by-omission",
    title="{operation} wipes {column} where the request leaves it out",
    consequence=(
        "{column} had {sent}. The request does not name {field}; it was answered {answer}, and "
        "{column} has {stored}."
    ),
    why=(
        "A field that is not there has become one that is null, or its default, on the way from "
        "the parser to the statement. PATCH changes what it names and nothing else: the client "
        "that sets a name loses an address."
    ),
    fix=(
        "Tell what was sent from what is a default: `model_dump(exclude_unset=True)`, "
        "`partial=True`, a look at whether the key is there."
    ),
    example="""
        1  alice's row: name Al, about "I climb".
        2  PATCH /profiles/1 {"name": "Alice"} answers 200.
        3  UPDATE profiles SET name = 'Alice', about = NULL. What she wrote is gone.
    """,
    cwe=(471,),
    references=("https://www.rfc-editor.org/rfc/rfc5789#section-2",),
)

CLASSES = (WIPED_BY_OMISSION, ALTERED_VALUE, READS_OTHERWISE, NORMALISED_VALUE)
