"""The check `mass-assignment`: a request sets what it declares, and nothing else of the row.

- `check`       the act with columns of the catalog added to its body
- `protected`   which columns of the rows that it writes are the service's to set
- `values`      a value that differs from the one that the service sets
- `bodies`      where in a body the fields of a table stand
- `classes`     the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.mass_assignment.check import MassAssignment

__all__ = ["MassAssignment"]
