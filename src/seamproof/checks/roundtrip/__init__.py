"""The check `roundtrip`: what was sent, what is stored and what is read back agree.

- `check`    sends telling values, one field at a time, and confirms what came out otherwise
- `trying`   which of them are tried in which field
- `values`   which values are telling, by a field's schema, its column and what is sent there
- `nested`   fields that stand inside of a column: of JSON, of an array
- `agreeing` whether two values mean the same, and how they differ where they do not
- `reading`  a later read of what was written, and a field's value in an answer
- `omission` what a change of a part leaves out
- `judgement` what came out otherwise of one value
- `report`   verdicts with their evidence
- `classes`  the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.roundtrip.check import Roundtrip

__all__ = ["Roundtrip"]
