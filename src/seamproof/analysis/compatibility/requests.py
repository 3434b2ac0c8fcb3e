"""What is asked of a client in two versions: parameters, bodies and who may ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seamproof.analysis.compatibility.change import Change, ChangeKind, Side, pointer
from seamproof.analysis.compatibility.pairing import Pair
from seamproof.analysis.compatibility.schemas import Comparison
from seamproof.analysis.compatibility.shapes import print_of
from seamproof.core.document import Document, Parameter, Place

K = ChangeKind
_WORD = re.compile(r"[^a-z0-9]+")


def of_requests(pair: Pair, old: Document, new: Document) -> Iterator[Change]:
    """The changes of one operation that a client's requests meet."""
    yield from _Parameters(pair, old, new).changes()
    yield from _bodies(pair, old, new)
    yield from _security(pair)


class _Parameters:
    """The parameters of one operation in both documents."""

    def __init__(self, pair: Pair, old: Document, new: Document) -> None:
        self._pair = pair
        self._operation = pair.old.operation.id
        self._compare = Comparison(old, new, self._operation, Side.REQUEST)
        self._documents = old, new
        self._new = {(each.place, _key(each)): each for each in pair.new.parameters}
        self._gone: list[Parameter] = []

    def changes(self) -> Iterator[Change]:
        for each in self._pair.old.parameters:
            key = each.place, _key(each, self._pair.name(each.name))
            if key in self._new:
                yield from self._kept(each, self._new.pop(key))
            else:
                self._gone.append(each)
        # All that is still in `_new` is new; some of it is what is gone.
        for each in self._gone:
            other = self._other(each)
            yield self._moved(each, other) if other else self._removed(each)
        yield from (self._added(each) for each in self._new.values())

    def _kept(self, old: Parameter, new: Parameter) -> Iterator[Change]:
        place = _place(old)
        if old.required != new.required:
            kind = K.REQUIRED if new.required else K.OPTIONAL
            word = "required" if new.required else "optional"
            yield self._change(
                kind, place, f"{new.name} is {word} now", old, new, breaking=new.required
            )
        yield from self._compare.changes(old.schema, new.schema, place)

    def _other(self, gone: Parameter) -> Parameter | None:
        """What a parameter became: the same name elsewhere, else the only one like it here."""
        named = [each for each in self._new.values() if _key(each) == _key(gone)]
        wanted = print_of(gone.schema, self._documents[0])
        alike = [
            each
            for each in self._new.values()
            if each.place is gone.place
            and each.required == gone.required
            and print_of(each.schema, self._documents[1]) == wanted
        ]
        found = next(iter(named), alike[0] if len(alike) == 1 and len(self._gone) == 1 else None)
        if found is not None:
            del self._new[found.place, _key(found)]
        return found

    def _moved(self, old: Parameter, new: Parameter) -> Change:
        if old.place is new.place:
            words = f"{old.name} is {new.name} now"
            return self._change(K.PARAMETER_RENAMED, _place(old), words, old, new, breaking=True)
        words = f"{old.name} is in the {new.place} now, was in the {old.place}"
        return self._change(K.PARAMETER_MOVED, _place(old), words, old, new, breaking=True)

    def _removed(self, old: Parameter) -> Change:
        words = f"{old.name} is gone"
        return self._change(K.PARAMETER_REMOVED, _place(old), words, old, None, breaking=False)

    def _added(self, new: Parameter) -> Change:
        words = f"{new.name} is new" + (" and required" if new.required else "")
        breaking = new.required
        return self._change(K.PARAMETER_ADDED, _place(new), words, None, new, breaking=breaking)

    def _change(
        self,
        kind: ChangeKind,
        place: str,
        words: str,
        old: Parameter | None,
        new: Parameter | None,
        *,
        breaking: bool,
    ) -> Change:
        was = f"{old.place} {old.name}" if old else None
        now = f"{new.place} {new.name}" if new else None
        return Change(kind, breaking, self._operation, place, words, Side.REQUEST, was, now)


def _bodies(pair: Pair, old: Document, new: Document) -> Iterator[Change]:
    operation = pair.old.operation.id
    was = {each.content_type: each for each in pair.old.bodies}
    now = {each.content_type: each for each in pair.new.bodies}
    place = "/requestBody"
    if bool(was) != bool(now):
        required = any(each.required for each in now.values())
        kind = K.BODY_ADDED if now else K.BODY_REMOVED
        words = ("a body is asked for" if required else "a body may be sent") if now else "no body"
        yield Change(kind, required, operation, place, words, Side.REQUEST)
        return
    for each in [name for name in was if name not in now]:
        words = f"{each} is taken no more, but {', '.join(now)}"
        at = place + pointer(each)
        yield Change(K.MEDIA_TYPE_REMOVED, True, operation, at, words, Side.REQUEST, each)
    for each in [name for name in now if name not in was]:
        at, words = place + pointer(each), f"{each} is taken too"
        yield Change(K.MEDIA_TYPE_ADDED, False, operation, at, words, Side.REQUEST, None, each)
    for name in filter(now.__contains__, was):
        one, other = was[name], now[name]
        if one.required != other.required:
            kind = K.REQUIRED if other.required else K.OPTIONAL
            words = f"the body is {'required' if other.required else 'optional'} now"
            yield Change(kind, other.required, operation, place, words, Side.REQUEST)
        compare = Comparison(old, new, operation, Side.REQUEST)
        yield from compare.changes(one.schema, other.schema, place + pointer(name))


def _security(pair: Pair) -> Iterator[Change]:
    """Whoever was let in and is no more. Nothing declared says nothing."""
    was, now = set(pair.old.security), set(pair.new.security)
    if was == now or not was or not now:
        return
    gone = [each for each in was if not any(other <= each for other in now)]
    names = " or ".join(
        sorted(" and ".join(sorted(each)) or "nobody in particular" for each in now)
    )
    words = f"lets in {names}"
    yield Change(K.SECURITY, bool(gone), pair.old.operation.id, "/security", words, Side.REQUEST)


def _key(parameter: Parameter, name: str = "") -> str:
    """A parameter's name; those of headers have no case (RFC 9110, section 5.1)."""
    name = name or parameter.name
    return _WORD.sub("-", name.lower()) if parameter.place is Place.HEADER else name


def _place(parameter: Parameter) -> str:
    return "/parameters" + pointer(str(parameter.place), parameter.name)
