"""What is normal for one service: learned, shown, reviewed once, stored beside its config."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Profile:
    """What equal runs of the service differ in, and what it writes for reasons of its own."""

    volatile: frozenset[str] = frozenset()
    """`table.column` whose values differ between equal runs."""
    references: frozenset[str] = frozenset()
    """`table.column -> other` that hold keys of new rows of the other table though no foreign key
    says so, as an entry in a log; `table.column` alone holds those of any table."""
    optional: frozenset[str] = frozenset()
    """Tables whose number of changed rows differs between equal runs."""
    ambient: frozenset[str] = frozenset()
    """Tables that harmless reads insert into or delete from, and `table.column` where they only
    update: sessions, last seen."""
    audit: frozenset[str] = frozenset()
    """Tables that unrelated operations insert into, refused ones also, and that none's 2xx effect
    is made of."""
    records: frozenset[str] = frozenset()
    """Tables that most operations insert a note of what they did into, and do no more with."""
    background: frozenset[str] = frozenset()
    """Statement shapes of the service's own jobs, seen while nobody asked for anything."""
    tail: float = 0.0
    """Seconds after a response within which the service's last crossing came; 0 where none did."""
    warm_rounds: int = 0
    """Requests that each replica needed until its crossings were stable."""
    effects: frozenset[str] = frozenset()
    """Tables that some operation's 2xx changes: what a verdict is about, and never audit."""
    fresh_sequences: bool = False
    """Whether only sequences never used before prove the reset: the service remembers ids."""
    disturbed: str = ""
    """Why state outside the database makes every verdict inconclusive; empty where it does not."""
    notes: tuple[str, ...] = field(default=())

    @property
    def ignored(self) -> frozenset[str]:
        """Tables that no verdict looks at."""
        return self.optional | self.ambient | self.audit

    @property
    def kept_up(self) -> frozenset[str]:
        """Tables of which harmless reads update a column, as the expiry of a session."""
        return frozenset(name.rpartition(".")[0] for name in self.ambient if "." in name)
