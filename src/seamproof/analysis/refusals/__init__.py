"""What a refusal says of the request, and which row was looked for: pure, over what was seen.

- `reading`    the entrance: all complaints of one exchange, and successes that say they are none
- `complaint`  what is complained about, in one vocabulary
- `wording`    plain texts: "is required", "must be one of"; `phrases` is its table
- `sent`       what the request had, by name and by value
- `sql`        SQL errors at the wire, with what the catalog knows of them
- `conditions` what a CHECK constraint asks of a column
- `saying`     one complaint of a text, and what a style knows beside it
- `traces`     where a value that was sent arrives; `columns` reads it from a statement

One file for each style in which services list what is wrong: `pydantic`, `by_field` (Django REST
framework, Rails, Laravel, ASP.NET, marshmallow), `ajv`, `zod`, `cornice`, `jsonapi`, and `entries`
(RFC 9457, express-validator, Spring, Joi, and all others with a message and a place each).

Bodies are hostile: what is read of them is bounded.
"""

from seamproof.analysis.refusals.complaint import Complaint, ComplaintKind, Steps, Where
from seamproof.analysis.refusals.reading import complaints, denial
from seamproof.analysis.refusals.traces import traces

__all__ = ["Complaint", "ComplaintKind", "Steps", "Where", "complaints", "denial", "traces"]
