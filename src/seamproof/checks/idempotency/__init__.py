"""The check `idempotency`: a request that is sent again has one effect.

- `check`     the act sent again in every way, until one has another effect than one request
- `attempts`  those ways: lost answers, kills, overlaps
- `misuse`    what a key does that comes with another body, from another identity, or not at all
- `judgement` what the state after a retry is, against the effect of one request
- `report`    verdicts with their evidence
- `classes`   the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.idempotency.check import Idempotency

__all__ = ["Idempotency"]
