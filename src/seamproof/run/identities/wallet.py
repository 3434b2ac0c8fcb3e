"""Who is signed in, until when, and what they were answered.

Credentials that live shorter than a run are renewed between two experiments. When they are due is
known from what the service says of them; where it says nothing, from an answer 401. Where the same
act is let in by itself, what came before it is why. Else whoever got it signs in again and the
experiment is run once more, and where it is 401 again that is the answer.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seamproof.core.errors import ConfigurationError
from seamproof.core.experiment import Act, Credential, Experiment
from seamproof.core.history import Exchange, History
from seamproof.run.experiment.requests import Credentials
from seamproof.run.identities import tampering
from seamproof.run.identities.admission import Admission, described
from seamproof.run.identities.admitted import Admitted

if TYPE_CHECKING:
    from seamproof.config.identities import IdentityConfig

_UNAUTHENTICATED = 401
"""RFC 9110, section 15.5.2."""
_REFUSALS = frozenset({_UNAUTHENTICATED, 403})
_LONGEST_MARGIN = 30.0
"""Seconds before their end at which credentials are renewed at the latest: an experiment takes
that long at most, and of a short life the half is left for it."""


@dataclass(slots=True)
class _Held:
    """One identity's credentials."""

    admitted: Admitted
    since: float
    """When it signed in."""
    welcome: bool = False
    """Whether it got a 2xx since."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """An answer 401: who got it, and for what."""

    identity: str
    operation: str
    faults: tuple[str, ...] = ()


def _acts(history: History) -> Iterator[tuple[Exchange, tuple[str, ...]]]:
    """Each act's exchange, with the faults that its phase met."""
    for phase, section in zip(history.experiment.phases, history.sections, strict=False):
        faults = tuple(f"{each.label} at {each.at.shape}" for each in phase.faults)
        yield from ((exchange, faults) for exchange in section.exchanges)


@dataclass(slots=True)
class Wallet(Mapping[str, Credentials]):
    """The credentials of everybody, by name. `clock` gives seconds."""

    identities: Mapping[str, IdentityConfig]
    admission: Admission | None = None
    """None where nobody can sign in: the credentials stay as they are."""
    clock: Callable[[], float] = time.monotonic
    signing_keys: tuple[str, ...] = ()
    """What the service may sign with: texts of its environment, and keys in files."""
    _held: dict[str, _Held] = field(default_factory=dict)
    _settled: set[_Doubt] = field(default_factory=set)
    """Answers 401 that good credentials get as well."""
    _answers: dict[str, Counter[tuple[str, int]]] = field(default_factory=dict)
    """By name, how often each operation answered with each status."""

    @classmethod
    def of(cls, credentials: Mapping[str, Credentials]) -> Wallet:
        """Credentials that are given and stay as they are."""
        held = {name: _Held(Admitted(each), 0.0) for name, each in credentials.items()}
        return cls({}, _held=held)

    def __getitem__(self, name: str) -> Credentials:
        return self._held[name].admitted.credentials

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def applicable(self, name: str) -> tuple[Credential, ...]:
        """What may be wrong with somebody's credential."""
        return tampering.applicable(self[name], self.signing_keys)

    def altered(self, name: str, kind: Credential) -> Credentials:
        """Somebody's credential with this wrong. Raises ValueError where it cannot be."""
        return tampering.altered(self[name], kind, self.signing_keys)

    async def sign_in(self) -> None:
        """Register and sign in everybody. Raises ServiceError where that is refused."""
        for name, identity in self.identities.items():
            await self.add(name, identity)

    async def add(self, name: str, identity: IdentityConfig) -> None:
        """Register and sign in one. Raises ServiceError where that is refused."""
        if self.admission is not None:
            began = self.clock()
            self._held[name] = _Held(await self.admission.first(name, identity, self), began)
            self.identities = {**self.identities, name: identity}

    def hold(self, name: str, admitted: Admitted) -> None:
        """Keep the credentials of somebody who has signed in elsewhere."""
        self._held[name] = _Held(admitted, self.clock())

    async def renew(self, names: Collection[str]) -> None:
        """Sign these in again. Raises ServiceError where that is refused."""
        for name in names:
            if self.admission is not None:
                began = self.clock()
                admitted = await self.admission.again(name, self.identities[name])
                self._held[name] = _Held(admitted, began)

    def due(self, experiment: Experiment) -> tuple[str, ...]:
        """Whose credentials may not last for an experiment."""
        takes = experiment.settings.wait + experiment.settings.extra_quiet
        return tuple(name for name, held in self._held.items() if self._ends(held, takes))

    def _ends(self, held: _Held, takes: float) -> bool:
        lifetime = held.admitted.lifetime
        if lifetime is None or not held.admitted.renewable:
            return False
        age = self.clock() - held.since
        # Fresh ones are as good as can be had, however short they live.
        return age > 0 and lifetime - age < min(lifetime / 2, _LONGEST_MARGIN) + takes

    def doubtful(self, history: History) -> tuple[str, ...]:
        """Who got an answer 401 that may be of expired credentials."""
        return tuple(
            dict.fromkeys(
                doubt.identity for doubt in self._doubts(history) if doubt not in self._settled
            )
        )

    def refused(self, history: History, name: str) -> Act | None:
        """The first act for which somebody got such an answer; None where that was a step of the
        arrangement."""
        found = (e.act for e in history.arranged for doubt in self._doubt(e))
        if any(act.sender == name for act in found):
            return None
        acts = (e.act for e, faults in _acts(history) for _ in self._doubt(e, faults))
        return next((act for act in acts if act.sender == name), None)

    def settle(self, history: History) -> None:
        """Take the answers 401 of an experiment with good credentials as the service's word."""
        self._settled.update(self._doubts(history))

    def _doubts(self, history: History) -> Iterator[_Doubt]:
        for exchange in history.arranged:
            yield from self._doubt(exchange)
        for exchange, faults in _acts(history):
            yield from self._doubt(exchange, faults)

    def _doubt(self, exchange: Exchange, faults: tuple[str, ...] = ()) -> Iterator[_Doubt]:
        name = exchange.act.sender
        held = self._held.get(name)
        if exchange.status != _UNAUTHENTICATED or held is None or exchange.act.raw is not None:
            return
        if exchange.act.credential is not None:
            return  # It was altered to be refused.
        # A fault may be what is answered so; with a known end there is no doubt about it.
        certain = faults and held.admitted.lifetime is not None
        if held.admitted.renewable and held.welcome and not certain:
            yield _Doubt(name, exchange.act.step.operation.id, faults)

    def note(self, history: History) -> None:
        """Take note of what everybody was answered."""
        acts = [
            exchange
            for phase, section in zip(history.experiment.phases, history.sections, strict=False)
            if not phase.faults
            for exchange in section.exchanges
        ]
        for exchange in (*history.arranged, *acts):
            held = self._held.get(exchange.act.sender)
            if exchange.act.credential is not None:
                continue
            if held is not None and exchange.status is not None:
                held.welcome = held.welcome or exchange.ok
                answered = (exchange.act.step.operation.id, exchange.status)
                self._answers.setdefault(exchange.act.sender, Counter())[answered] += 1

    @property
    def shunned(self) -> bool:
        """Whether who signed in was refused at no fewer operations than let in: what lets them in
        may be open to everybody."""
        asked = {answered for answers in self._answers.values() for answered in answers}
        refused = {operation for operation, status in asked if status in _REFUSALS}
        welcome = {operation for operation, status in asked if 200 <= status < 300}
        return len(refused - welcome) >= max(1, len(welcome))

    def turned_away(self, public: Collection[str] = ()) -> ConfigurationError | None:
        """The error for a run in which nobody who signed in was let in; None where somebody was,
        or where it was not for who they are. A 2xx of a `public` operation says nothing."""
        everything: Counter[int] = Counter()
        for answers in self._answers.values():
            for (operation, status), count in answers.items():
                if operation not in public:
                    everything[status] += count
        welcome = any(200 <= status < 300 for status in everything)
        if welcome or not _REFUSALS & everything.keys():
            return None
        refused = sum(everything[status] for status in _REFUSALS)
        return ConfigurationError(
            f"authentication does not work: of {everything.total()} requests of who signed in none "
            f"was answered with a 2xx, and {refused} with 401 or 403",
            hint="see how they sign in under [identities]: the header and scheme, or the cookies, "
            "that the service expects, and the rights that the accounts have",
            details=tuple(self._tried(name, answers) for name, answers in self._answers.items()),
        )

    def _tried(self, name: str, answers: Counter[tuple[str, int]]) -> str:
        found = self.identities.get(name)
        how = f"{described(found)}: " if found is not None else ""
        by_status: Counter[int] = Counter()
        for (_, status), count in answers.items():
            by_status[status] += count
        counted = ", ".join(f"{status} ({count})" for status, count in sorted(by_status.items()))
        return f"{name}: {how}{answers.total()} requests, answered {counted}"
