"""Other ways to ask for the same: as somebody else, after another request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from seamproof.core.model import Json, Step
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.drafts import Draft, put
from seamproof.plan.synthesis.knowledge import Knowledge, Reached
from seamproof.plan.synthesis.outcome import Outcome
from seamproof.plan.synthesis.steps import (
    Steps,
    feeding,
    merged,
    references,
    references_something,
    renamed,
)
from seamproof.plan.synthesis.suppliers import leaves

_ARRANGED = 3
_PREDECESSORS = 6
_TOO_MUCH = frozenset({"already", "exists", "exist", "duplicate", "taken"})
_WORD = re.compile(r"[a-z]{4,}")


class Alternatives:
    """Changes who asks, and what was done before."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    # Who asks

    def identities(self, draft: Draft) -> Iterator[Draft]:
        """The same as each other identity, then as nobody."""
        for name in (*self._knowledge.identities, None):
            if name == draft.identity:
                continue
            reason = f"as {name or 'nobody'}"
            if draft.arrangement and name is not None:
                steps = tuple(_as(each, draft.identity, name) for each in draft.arrangement)
                if steps != draft.arrangement:
                    yield replace(draft, identity=name, arrangement=steps, reason=reason)
            yield replace(draft, identity=name, reason=reason)

    # What was done before

    def predecessors(self, draft: Draft, outcome: Outcome) -> Iterator[Draft]:
        """The same behind one more request, the likeliest to bring about what is missing first."""
        if len(draft.arrangement) > _ARRANGED:
            return
        read = self._knowledge.looked_into(outcome)
        said = set(_WORD.findall(outcome.refusal.lower()))
        ranked: list[tuple[float, str, Reached]] = []
        rarity = Counter(
            table
            for each in self._knowledge.reached.values()
            for table in {row.table for row in each.outcome.effect}
        )
        for name, reached in self._knowledge.reached.items():
            if not reached.effective or name in {draft.operation.id, *self._knowledge.harmful}:
                continue
            weight = _weight(draft, reached, read, said, rarity)
            if weight > 0:
                ranked.append((-weight, name, reached))
        for _, name, reached in sorted(ranked, key=lambda each: each[:2])[:_PREDECESSORS]:
            made = self._taking(behind(draft, reached), name).because(f"behind {name}")
            theirs = reached.scenario.act.identity
            if theirs not in {None, draft.identity}:
                # What somebody brought about may be theirs alone.
                yield replace(made, identity=theirs)
            yield made

    def _taking(self, draft: Draft, maker: str) -> Draft:
        """The draft with what the request before made, where its path has a guess."""
        path = draft.operation.path
        for prefix, name in zip(naming.prefixes(path), naming.parameters(path), strict=True):
            if references(draft.path.get(name)) or references_something(draft.path.get(name)):
                continue
            wanted = {naming.collection(prefix), naming.split(name)[0]}
            for given in self._knowledge.given_by(maker):
                identifies = given.attribute in naming.IDENTIFYING
                if given.created and given.source and identifies and given.thing in wanted:
                    value, steps = given.draw()
                    arrangement, names = merged(draft.arrangement, steps)
                    taken = {**draft.path, name: renamed(value, names)}
                    draft = replace(draft, arrangement=arrangement, path=taken)
                    break
        return draft


def _weight(
    draft: Draft,
    reached: Reached,
    read: frozenset[str],
    said: set[str],
    rarity: Counter[str],
) -> float:
    """How likely a request brings about what a refused one misses."""
    written = {row.table for row in reached.outcome.effect}
    path = reached.scenario.operation.path
    overlap = sum(1.0 / rarity[table] for table in written & read)
    parts, other = naming.segments(draft.operation.path), naming.segments(path)
    common = naming.shared(parts, other)
    nested = 3.0 if "{}" in parts[:common] else 1.0 if common >= min(len(parts), len(other)) else 0
    nested += 2.0 * (parts == other)
    if reached.scenario.operation.method == "DELETE":
        # To take something away helps only where it is too much.
        nested += 3.0 if said & _TOO_MUCH else -3.0
    words = {word for each in naming.segments(path) for word in naming.words(each)}
    told = sum(max((_akin(word, each) for each in said), default=0.0) for word in words)
    if not written & read and nested <= 0:
        return 0.0
    length = 0.3 * len(reached.scenario.arrangement)
    return 4.0 * overlap + nested + told - length


def _akin(word: str, other: str) -> float:
    """How much two words look like forms of one: `paid` and `payment`, `archived` and `archive`."""
    if len(word) < 4 or word[0] != other[0]:
        return 0.0
    common = naming.shared(word, other)
    return 2.0 if common >= min(5, len(word)) else 0.5 if common >= 2 else 0.0


def behind(draft: Draft, reached: Reached) -> Draft:
    """The draft with another request done before it, on the same things where it can be told."""
    path = dict(draft.path)
    act = reached.scenario.act
    ours = naming.prefixes(draft.operation.path)
    theirs = naming.prefixes(act.operation.path)
    mine = naming.parameters(draft.operation.path)
    other = naming.parameters(act.operation.path)
    for prefix, name in zip(ours, mine, strict=True):
        if prefix in theirs:
            value = act.path_parameters.get(other[theirs.index(prefix)])
            if value is not None:
                path[name] = value
    own = {name: value for name, value in path.items() if value == draft.path.get(name)}
    kept = _still_needed(draft, own)
    steps, names = merged(kept, reached.steps)
    moved = {name: value if name in own else renamed(value, names) for name, value in path.items()}
    body = _about_the_same(draft.body, act, names)
    return replace(draft, arrangement=steps, path=moved, body=body)


def _about_the_same(body: Json, act: Step, names: Mapping[str, str]) -> Json:
    """A body whose references name the things that the request before was about."""
    path = act.operation.path
    about = {
        naming.collection(prefix): renamed(act.path_parameters.get(name), names)
        for prefix, name in zip(naming.prefixes(path), naming.parameters(path), strict=True)
    }
    for place, name, _, value in leaves(body, ""):
        other = about.get(naming.split(name)[0])
        if other is not None and references_something(value):
            body = put(body, place, other)
    return body


def _still_needed(draft: Draft, path: dict[str, Json]) -> Steps:
    """The arrangement without the steps that gave only what is taken from elsewhere now."""
    rest = [draft.query, draft.headers, draft.body]
    before = feeding(draft.arrangement, [draft.path, *rest])
    after = feeding(draft.arrangement, [path, *rest])
    return tuple(each for each in draft.arrangement if each in after or each not in before)


def _as(step: Step, before: str | None, identity: str) -> Step:
    return replace(step, identity=identity) if step.identity == before else step
