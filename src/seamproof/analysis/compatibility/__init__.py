"""What changed between two versions of a service's document, and whether that breaks its clients.

- `changes`   the entrance: all operations of two documents
- `change`    one change, in OpenAPI's terms
- `pairing`   which operation of the one document is which of the other
- `requests`  what is asked of a client: narrower is breaking
- `answers`   what is promised to a client: wider is breaking
- `schemas`   two schemas, property by property; `shapes` reads one of them

Documents are hostile: depth and number of what is compared are bounded.
"""

from seamproof.analysis.compatibility.change import Change, ChangeKind, Side
from seamproof.analysis.compatibility.changes import changes
from seamproof.analysis.compatibility.pairing import Pair, pairs, same_template

__all__ = ["Change", "ChangeKind", "Pair", "Side", "changes", "pairs", "same_template"]
