"""The check `contract`: what is answered is what the document says, and what it said before.

- `check`     judges the answers that all checks provoked, and confirms what was seen
- `judgement` one answer against its declaration: status, media type, headers, body
- `promises`  what the document promised and does not promise any more
- `classes`   the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.contract.check import Contract

__all__ = ["Contract"]
