"""The search for one operation's scenario.

    first draft -> try -> refused -> what the refusal asks for, or another way -> try -> …

Each new refusal opens the ways that may answer it, the likeliest first; a refusal that was seen
before opens nothing. So the search goes deep while it makes progress, and goes back where not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from seamproof.core.document import Declaration
from seamproof.core.experiment import Act, Experiment, Phase
from seamproof.core.history import History
from seamproof.core.model import Operation, Scenario, Step
from seamproof.core.protocols import Exploration
from seamproof.plan.generation import Generator
from seamproof.plan.synthesis.drafts import Draft
from seamproof.plan.synthesis.knowledge import Knowledge
from seamproof.plan.synthesis.order import changes
from seamproof.plan.synthesis.outcome import Outcome, judge
from seamproof.plan.synthesis.results import Attempt, Death
from seamproof.plan.synthesis.steps import feeds
from seamproof.plan.synthesis.vigil import Vigil
from seamproof.plan.synthesis.ways import Ways

_OPENED = 12
"""Ways that one refusal opens."""
_FOR_EFFECT = 5
"""Further tries once there is a 2xx that changes nothing."""
_KNOCK = Act(Step(Operation("GET", "/")))
"""A request of which only that it arrives matters."""
_DEATHS = 2
"""Requests of an operation that end the service each time, before it is asked no more."""


_NEARNESS = (409, 412, 422, 400, 404, 403, 401)
"""Refusals, the one that is nearest to a success first."""


def distance(status: int | None) -> int:
    """How far an answer is from a success."""
    if status in _NEARNESS:
        return _NEARNESS.index(status) + 1
    return 0 if status is not None and 200 <= status < 300 else len(_NEARNESS) + 1


@dataclass(slots=True)
class Trail:
    """What was tried for one operation, over all passes."""

    declaration: Declaration
    tried: set[str] = field(default_factory=set)
    attempts: list[Attempt] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    refusals: dict[str, tuple[Draft, Outcome]] = field(default_factory=dict)
    """One try for each kind of refusal: what answers it may be learned later."""
    given_up: bool = False
    anew: bool = False
    """Whether what was refused says nothing: the service was shut, and is started anew."""


@dataclass(frozen=True, slots=True)
class Found:
    """A scenario that answers as it should."""

    scenario: Scenario
    outcome: Outcome


class Search:
    """Searches one operation after the other, all with the same knowledge."""

    def __init__(
        self,
        knowledge: Knowledge,
        generator: Generator,
        on_attempt: Callable[[Attempt], None],
    ) -> None:
        self._knowledge = knowledge
        self._ways = Ways(knowledge, generator)
        self._on_attempt = on_attempt
        self._vigil = Vigil(knowledge)
        self.experiments = 0

    def one(self, trail: Trail, limit: int, weak: Found | None = None) -> Exploration[Found | None]:
        """Search one operation until it was tried `limit` times in all.

        `weak` is what was found before and changes nothing: it stays where nothing better is found.
        """
        declaration = trail.declaration
        beginnings = self._ways.beginnings
        identity = beginnings.identity(declaration)
        # What is learned since may answer what was refused: the nearest refusal is on top.
        known = sorted(trail.refusals.values(), key=lambda each: -distance(each[1].status))
        open_ = [
            beginnings.drafts(declaration, identity),
            *(self._after(draft, declaration, outcome) for draft, outcome in known),
        ]
        if weak is not None:
            open_ = [
                self._after(draft, declaration, outcome)
                for draft, outcome in trail.refusals.values()
                if outcome.reached
            ]
        while open_ and len(trail.attempts) < limit and not trail.given_up:
            draft = next(open_[-1], None)
            if draft is None:
                open_.pop()
                continue
            if draft.key in trail.tried:
                continue
            outcome = yield from self.tried(trail, draft)
            if trail.anew:
                trail.anew = False
                open_ = [beginnings.drafts(declaration, identity)]
                continue
            found = Found(draft.scenario(), outcome)
            if outcome.reached:
                if outcome.effect or not changes(declaration):
                    return (yield from self._shortest(trail, draft, found))
                if weak is None:
                    weak, limit = found, min(limit, len(trail.attempts) + _FOR_EFFECT)
                    open_.clear()
            elif weak is not None:
                continue
            signature = f"{draft.identity}/{outcome.status}/{outcome.signature}"
            if signature not in trail.refusals:
                trail.refusals[signature] = draft, outcome
                open_.append(self._after(draft, declaration, outcome))
        return weak

    def _after(self, draft: Draft, declaration: Declaration, outcome: Outcome) -> Iterator[Draft]:
        return islice(self._ways.after(draft, declaration, outcome), _OPENED)

    def tried(self, trail: Trail, draft: Draft) -> Exploration[Outcome]:
        """Try a draft, and learn what any try tells."""
        trail.tried.add(draft.key)
        outcome = yield from self.sent(draft.experiment())
        if outcome.died:
            # Not of the act: a reset takes rows from under a job, and some services end then.
            outcome = yield from self.sent(draft.experiment())
        self._knowledge.note(draft.operation, outcome)
        scenario = draft.scenario()
        attempt = Attempt(
            draft.operation,
            len(trail.attempts) + 1,
            scenario.act,
            scenario.arrangement,
            outcome.status,
            outcome.refusal,
            draft.reason,
        )
        trail.attempts.append(attempt)
        self._on_attempt(attempt)
        self._vigil.note(scenario, outcome)
        if self._vigil.due:
            yield from self._examine(trail)
        if outcome.died:
            trail.deaths.append(
                Death(draft.operation, scenario.act, scenario.arrangement, outcome.died)
            )
        if outcome.hopeless or len(trail.deaths) >= _DEATHS:
            trail.given_up = True
        return outcome

    def sent(self, experiment: Experiment) -> Exploration[Outcome]:
        """Run an experiment. A service that is not there is waited for, and it is run again."""
        history: History = yield experiment
        self.experiments += 1
        outcome = judge(history, self._knowledge.ambient)
        if outcome.absent:
            yield Experiment((Phase((_KNOCK,)),), purpose="see whether the service is there")
            history = yield experiment
            self.experiments += 2
            outcome = judge(history, self._knowledge.ambient)
        return outcome

    def _examine(self, trail: Trail) -> Exploration[None]:
        """Ask what is known to work. Where that is refused now, start the service anew, and forget
        what was refused meanwhile."""
        vigil = self._vigil
        canary = vigil.canary()
        if canary is None:
            vigil.well()
            return
        outcome = yield from self.sent(Experiment.of(canary, purpose="see whether it lets in"))
        if outcome.reached:
            vigil.well()
            return
        yield from self._start_anew(canary, outcome)
        trail.refusals.clear()
        del trail.attempts[-len(vigil.doubted) :]
        trail.tried.clear()
        trail.anew = True
        vigil.doubted.clear()

    def again(self, scenario: Scenario) -> Exploration[Outcome]:
        """Run once more what was reached; where it is refused now, once with the service anew."""
        experiment = Experiment.of(scenario, purpose=f"again {scenario.name}")
        outcome = yield from self.sent(experiment)
        if not outcome.reached and self._vigil.shut(outcome):
            outcome = yield from self._start_anew(scenario, outcome)
        self._vigil.note(scenario, outcome)
        return outcome

    def _start_anew(self, canary: Scenario, outcome: Outcome) -> Exploration[Outcome]:
        """Start the service anew, and ask what is known to work: where that helps, the operation
        behind which it was refused is to blame."""
        restart = self._vigil.restart(canary, outcome)
        if restart is None:
            return outcome
        self._knowledge.harmful.add(self._vigil.culprit)
        yield from self.sent(restart)
        outcome = yield from self.sent(Experiment.of(canary, purpose="see whether it lets in"))
        if not outcome.reached:
            self._knowledge.harmful.discard(self._vigil.culprit)
        return outcome

    def _shortest(self, trail: Trail, draft: Draft, found: Found) -> Exploration[Found]:
        """Without the steps that give nothing to later ones, where it is reached so too."""
        scenario = found.scenario
        useful = feeds(scenario.arrangement, scenario.act)
        if all(useful):
            return found
        kept = tuple(
            step for step, feeding in zip(scenario.arrangement, useful, strict=True) if feeding
        )
        shorter = replace(draft, arrangement=kept).because("with fewer steps")
        if shorter.key in trail.tried:
            return found
        outcome = yield from self.tried(trail, shorter)
        if outcome.reached and bool(outcome.effect) == bool(found.outcome.effect):
            return Found(shorter.scenario(), outcome)
        return found
