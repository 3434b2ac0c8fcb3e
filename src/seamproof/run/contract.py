"""What a service's document declared when a person last looked at it.

    .seamproof/contract.json    committed; delete it when what has changed is meant

It is written where there is none, and follows the document as long as nothing that it promised is
broken: so what is new is promised from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seamproof.analysis.compatibility import changes
from seamproof.core.document import Document
from seamproof.core.errors import SeamproofError
from seamproof.core.events import Event, Notice
from seamproof.discovery import snapshot

FILE = ".seamproof/contract.json"
"""Where it is, below the project's folder."""


def promised(
    document: Document, before: Document | None, path: Path, emit: Callable[[Event], None]
) -> Document | None:
    """What the document promised before, None where nobody kept it. Keeps what it promises now
    where that breaks nothing."""
    kept = before is not None and document.declarations == before.declarations
    if kept and before is not None and document.definitions == before.definitions:
        return before
    if before is None or not any(each.breaking for each in changes(before, document)):
        try:
            snapshot.store(document, path)
        except SeamproofError as error:
            text = f"what the document promises is not kept: {error.problem}"
            emit(Notice(text, hint=error.hint, warning=True))
    return before
