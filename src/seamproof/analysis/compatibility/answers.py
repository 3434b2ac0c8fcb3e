"""What is promised to a client in two versions: statuses, media types and bodies."""

from __future__ import annotations

from collections.abc import Iterator

from seamproof.analysis.compatibility.change import Change, ChangeKind, Side, pointer
from seamproof.analysis.compatibility.pairing import Pair
from seamproof.analysis.compatibility.schemas import Comparison
from seamproof.core.document import Answer, Document

K = ChangeKind


def of_answers(pair: Pair, old: Document, new: Document) -> Iterator[Change]:
    """The changes of one operation that a client meets in its answers."""
    operation = pair.old.operation.id
    was = {each.status.upper(): each for each in pair.old.answers}
    now = {each.status.upper(): each for each in pair.new.answers}
    more = [each for each in now if each not in was]
    for status, answer in was.items():
        place = "/responses" + pointer(answer.status)
        other = now.get(status) or now.get(f"{status[0]}XX")
        if other is None:
            words = f"{answer.status} is declared no more"
            added = [each for each in more if each[0] == status[0]]
            if added:
                words += f", but {', '.join(added)}"
            breaking = status.startswith("2") and bool(now)
            yield Change(
                K.STATUS_REMOVED, breaking, operation, place, words, Side.RESPONSE, answer.status
            )
            # A success is told of by another status: its body is what was promised all the same.
            other = now[added[0]] if added and status.startswith("2") else None
        if other is not None:
            yield from _contents(operation, answer, other, old, new)
    for status in more:
        place, words = "/responses" + pointer(status), f"{status} is declared now"
        yield Change(K.STATUS_ADDED, False, operation, place, words, Side.RESPONSE, None, status)


def _contents(
    operation: str, was: Answer, now: Answer, old: Document, new: Document
) -> Iterator[Change]:
    place = "/responses" + pointer(was.status)
    for media, schema in was.content.items():
        at = place + pointer(media)
        if media in now.content:
            compare = Comparison(old, new, operation, Side.RESPONSE)
            yield from compare.changes(schema, now.content[media], at)
        elif now.content:
            words = f"{media} is given no more, but {', '.join(now.content)}"
            yield Change(K.MEDIA_TYPE_REMOVED, True, operation, at, words, Side.RESPONSE, media)
    for name in [each for each in was.headers if each not in now.headers]:
        words = f"the header {name} is promised no more"
        at = place + pointer("headers", name)
        yield Change(K.PROPERTY_REMOVED, True, operation, at, words, Side.RESPONSE, name)
