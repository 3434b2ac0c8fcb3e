"""What is answered to some calls: answers and faults in turn, the last as often as it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from seamproof.boundaries.http_stub import Reply
from seamproof.core.experiment import FaultKind
from seamproof.core.model import Json
from seamproof.testing.stubs.asked import Asked
from seamproof.testing.stubs.matcher import Matcher

Answering = Callable[[Asked], Any]
_UNAVAILABLE = 503


@dataclass(frozen=True, slots=True)
class Break:
    """A fault in the place of an answer, or on its way."""

    kind: FaultKind
    status: int | None = None


Outcome = Reply | Answering | Break
"""What a call may meet."""


class Rule:
    """Answers to calls that a matcher means. What is added comes in turn; the last one repeats."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._turns: list[tuple[Outcome, int | None]] = []
        self._taken = 0

    # Answers

    def reply(
        self,
        status: int | Answering = 200,
        *,
        json: Json = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
    ) -> Rule:
        """Answer with this. Texts may have placeholders, as in the configuration:
        `{request.json.amount}`, `{request.path.id}`, `{uuid}`, `{number}`, `{now}`.

        A function in the place of the status is given the call, and returns a JSON value, or a
        status and a JSON value. It runs in the engine's own thread: it may keep what it is told,
        and must not ask the service or wait for anything.
        """
        if callable(status):
            return self._then(status)
        if json is not None and text is not None:
            raise TypeError("an answer has json or text, and not both")
        return self._then(Reply(status, dict(headers or {}), json, text, delay))

    # Faults

    def error(self, status: int = _UNAVAILABLE) -> Rule:
        """Refuse with this status, as the configuration's `errors` have it; nothing is done."""
        return self._then(Break(FaultKind.ERROR, status))

    def refused(self) -> Rule:
        """Refuse the connection."""
        return self._then(Break(FaultKind.REFUSED))

    def resets(self) -> Rule:
        """End the connection before anything is done."""
        return self._then(Break(FaultKind.CUT))

    def stalls(self) -> Rule:
        """Take the call, and never answer it."""
        return self._then(Break(FaultKind.STALL))

    def loses_answer(self) -> Rule:
        """Do what is asked, and end the connection in the place of the answer."""
        return self._then(Break(FaultKind.REPLY_LOST))

    def truncated(self) -> Rule:
        """Do what is asked, and end the answer in the middle of its body."""
        return self._then(Break(FaultKind.TRUNCATED))

    def malformed(self) -> Rule:
        """Do what is asked, and answer with a body that is not what its type says."""
        return self._then(Break(FaultKind.MALFORMED))

    # How often

    def times(self, count: int) -> Rule:
        """Have what was added last come so often. When all is over, the rule is as if it were not
        there: an earlier one answers, or the configuration.
        """
        if not self._turns:
            raise TypeError("nothing was added that could come so often: write .reply(…) first")
        if count < 1:
            raise ValueError(f"{count} times is never")
        self._turns[-1] = (self._turns[-1][0], count)
        return self

    def _then(self, outcome: Outcome) -> Rule:
        if self._turns and self._turns[-1][1] is None:
            self._turns[-1] = (self._turns[-1][0], 1)
        self._turns.append((outcome, None))
        return self

    def begin(self) -> None:
        """Start with the first answer."""
        self._taken = 0

    @property
    def ready(self) -> bool:
        """Whether it has something for another call."""
        return self._at() is not None

    def take(self) -> Outcome:
        """What the next call meets."""
        found = self._at()
        if found is None:
            raise LookupError("the rule is over")
        self._taken += 1
        return found

    def _at(self) -> Outcome | None:
        passed = 0
        for outcome, count in self._turns:
            if count is None or self._taken < passed + count:
                return outcome
            passed += count
        return None

    def __repr__(self) -> str:
        return f"<on {self.matcher}>"
