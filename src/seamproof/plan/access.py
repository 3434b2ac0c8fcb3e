"""Who is let in to what: each scenario's act is sent by everybody once.

It is asked before any check runs, for whether a role is an administrator's, and whether a path is
for some alone, is seen only where all operations are looked at together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from seamproof.analysis.changes import effect
from seamproof.analysis.masks import Mask
from seamproof.analysis.ownership import Ownership
from seamproof.analysis.trouble import trouble
from seamproof.core.access import Attempt
from seamproof.core.experiment import NOBODY, Act, Experiment, Phase, Settings
from seamproof.core.history import History
from seamproof.core.model import Identity
from seamproof.core.protocols import Exploration
from seamproof.plan.runs import LearnedScenario

_NOBODY = "nobody"
_USER = "user"
"""The role of who has none."""


def attempts(
    learned: Sequence[LearnedScenario],
    identities: Sequence[Identity],
    ownership: Ownership,
    mask: Mask,
) -> Exploration[tuple[Attempt, ...]]:
    """What everybody was answered at each operation, who owns what is asked for among them."""
    found: list[Attempt] = []
    by_name = {each.name: each for each in identities}
    for each in learned:
        act = each.scenario.act
        owner = by_name.get(act.identity or "")
        clean = each.clean
        if owner is None or clean is None or not each.reached or not clean.section.exchange.ok:
            continue
        found.append(_attempt(each, owner.name, f"{role(owner)}, its own", clean))
        others = list(_others(owner, identities, ownership))
        found += yield from _asked(each, others, mask)
    return tuple(found)


def role(identity: Identity) -> str:
    """The role of an identity, as the configuration names it."""
    return identity.role or _USER


def _others(
    owner: Identity, identities: Iterable[Identity], ownership: Ownership
) -> Iterator[tuple[str, str]]:
    """Everybody else and what they are to the owner, the farthest first: who is not let in leaves
    the state as it is for the next."""
    yield NOBODY, _NOBODY
    rest = [each for each in identities if each.name != owner.name]
    rest.sort(key=lambda each: not _apart(owner, each, ownership))
    for each in rest:
        if _apart(owner, each, ownership):
            yield each.name, f"{role(each)} of another tenant"
        else:
            yield each.name, f"another {role(each)}" if each.role == owner.role else role(each)


def _apart(owner: Identity, other: Identity, ownership: Ownership) -> bool:
    if owner.tenant and other.tenant:
        return owner.tenant != other.tenant
    return ownership.apart(owner.name, other.name)


def _asked(
    learned: LearnedScenario, others: Sequence[tuple[str, str]], mask: Mask
) -> Exploration[list[Attempt]]:
    """Each of the others once, in one experiment for as long as nothing is changed."""
    found: list[Attempt] = []
    scenario, left = learned.scenario, list(others)
    while left:
        phases = tuple(Phase((Act(scenario.act, identity=name),)) for name, _ in left)
        settings = Settings(fresh_sequences=mask.profile.fresh_sequences)
        history: History = yield Experiment(
            phases, scenario.arrangement, settings=settings, purpose="who is let in"
        )
        if trouble(history):
            return found
        for section, (name, standing) in zip(history.sections, tuple(left), strict=True):
            left.pop(0)
            one = replace(history, sections=(section,))
            wrote = bool(effect(section.changes, mask))
            found.append(replace(_attempt(learned, name, standing, one), wrote=wrote))
            if wrote:
                break
    return found


def _attempt(learned: LearnedScenario, name: str, standing: str, history: History) -> Attempt:
    scenario = learned.scenario
    status = history.section.exchange.status
    return Attempt(scenario.name, scenario.operation.id, name, standing, status)
