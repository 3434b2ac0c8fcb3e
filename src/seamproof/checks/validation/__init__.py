"""The check `validation`: bad input is blocked before any write, and says so in one way.

- `check`     sends the invalid requests, many in one experiment, and confirms what was seen
- `judgement` what one answer to an invalid request is: right, or which defect
- `stored`    whether what was stored is what the document forbids
- `omission`  whether null was only taken for a field that is not there
- `shapes`    whether errors have one shape
- `report`    verdicts with their evidence
- `classes`   the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.validation.check import Validation

__all__ = ["Validation"]
