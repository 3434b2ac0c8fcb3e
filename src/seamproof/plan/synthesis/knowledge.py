"""What the search has learned so far: who gives which value, and what every request writes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from seamproof.analysis.statements import names as names_in
from seamproof.core.catalog import Catalog, Stored
from seamproof.core.document import Document
from seamproof.core.history import CrossingKind
from seamproof.core.model import SAFE_METHODS, Identity, Json, Operation, Scenario
from seamproof.plan.synthesis import naming
from seamproof.plan.synthesis.links import linked
from seamproof.plan.synthesis.outcome import Outcome, Writing, writing
from seamproof.plan.synthesis.ownership import Belongings
from seamproof.plan.synthesis.steps import Steps, references, tidied
from seamproof.plan.synthesis.suppliers import Supplier, harvest

_UNIQUE = re.compile(r"\{unique\}|\{uuid\}")
_COLUMN = re.compile(r"[\w-]+")
_TABLE = re.compile(r"[A-Za-z_][\w.-]*")
_READERS = 2
_REFUSED = 3
"""Operations that must write a table although they only read, or are refused, before that counts
as what every request writes."""
_COMMON = 6
"""Operations that may ask a table before it can be one that most of them ask."""
_SHUT = 2
"""Operations that turn nobody away, before the document's word that all may come in is no more
believed."""
_KEPT = 6
"""Ways to fill one path that are remembered."""


@dataclass(frozen=True, slots=True)
class PathSupply:
    """Values for all parameters of a path's prefix, that were accepted together."""

    values: tuple[Json, ...]
    arrangement: Steps
    identity: str | None
    operation: str


@dataclass(frozen=True, slots=True)
class Reached:
    """An operation with a baseline."""

    scenario: Scenario
    outcome: Outcome

    @property
    def steps(self) -> Steps:
        """All of it, as the arrangement of another."""
        return (*self.scenario.arrangement, self.scenario.act)

    @property
    def carried(self) -> bool:
        """Whether its act shows a credential that its arrangement extracted."""
        act = self.scenario.act
        return act.identity is None and bool(references(act.headers))

    @property
    def effective(self) -> bool:
        """Whether it changes rows of its own."""
        return bool(self.outcome.effect)


class Knowledge:
    """Grows with each try."""

    def __init__(
        self,
        document: Document,
        catalog: Catalog,
        stored: Stored,
        identities: Sequence[Identity],
    ) -> None:
        self.document = document
        self.catalog = catalog
        self.stored = stored
        self.identities = tuple(each.name for each in identities)
        self.belongings = Belongings.of(catalog, stored, identities)
        self.reached: dict[str, Reached] = {}
        self.supplies: dict[naming.Prefix, list[PathSupply]] = defaultdict(list)
        self.harmful: set[str] = set()
        """Operations behind which the service let nobody in, until it was started anew."""
        self.places: dict[naming.Prefix, tuple[str, str]] = {}
        """The table and column that the last parameter of a prefix is looked up in."""
        self._things: dict[str, list[Supplier]] = defaultdict(list)
        self._columns: dict[tuple[str, str], list[Supplier]] = defaultdict(list)
        self._links: dict[tuple[str, str], list[Supplier]] = defaultdict(list)
        """By operation and parameter, what Link Objects give."""
        self._readers: dict[Writing, set[str]] = defaultdict(set)
        self._refused: dict[Writing, set[str]] = defaultdict(set)
        self._read: dict[str, set[str]] = defaultdict(set)
        self._asked: set[str] = set()
        self._shut: set[str] = set()
        self._tables = {naming.concept(name): name for name in catalog.tables}
        self._collections = {
            naming.collection(prefix)
            for each in document.declarations
            for prefix in naming.prefixes(each.operation.path)
        }
        self._admitted: dict[naming.Prefix, str | None] = {}
        """Who was let in last, by the path of the collection."""

    # Learning

    @property
    def ambient(self) -> frozenset[Writing]:
        """What requests write whatever they are for."""
        return frozenset(
            {each for each, readers in self._readers.items() if len(readers) >= _READERS}
            | {each for each, others in self._refused.items() if len(others) >= _REFUSED}
        )

    @property
    def nobody_is_refused(self) -> bool:
        """Whether what the document opens to all was found shut to nobody."""
        return len(self._shut) >= _SHUT

    def note(self, operation: Operation, outcome: Outcome) -> None:
        """Learn from any try what it writes beside its purpose."""
        if outcome.arranged:
            self._asked.add(operation.id)
            for table in self._named(outcome):
                self._read[table].add(operation.id)
            assert outcome.exchange is not None
            if outcome.status == 401 and outcome.exchange.act.step.identity is None:
                self._shut.add(operation.id)
        written = set(map(writing, outcome.effect))
        if operation.method in SAFE_METHODS:
            for each in written:
                self._readers[each].add(operation.id)
        elif outcome.status is not None and 400 <= outcome.status < 500:
            for each in written:
                self._refused[each].add(operation.id)

    def learn(self, scenario: Scenario, outcome: Outcome) -> None:
        """Learn from a try that was reached what it gives to others."""
        operation = scenario.operation
        self.reached[operation.id] = Reached(scenario, outcome)
        self._admitted[_root(operation)] = scenario.act.identity
        for supplier in harvest(scenario, outcome, self.catalog):
            self._add(supplier)
        declaration = self.document.declaration(operation)
        for each in linked(declaration, scenario, outcome) if declaration else ():
            self._links[each.operation, each.parameter].append(each.supplier)
        self._add_supplies(scenario)

    def looked_into(self, outcome: Outcome) -> frozenset[str]:
        """The tables that an act asked, without those that most requests ask."""
        most = max(_COMMON, len(self._asked) // 2)
        return frozenset(table for table in self._named(outcome) if len(self._read[table]) <= most)

    def tables_in(self, statement: str) -> list[str]:
        """The tables that a statement names."""
        return sorted(names_in(statement) & self.catalog.tables.keys())

    def _named(self, outcome: Outcome) -> set[str]:
        tables = self.catalog.tables.keys()
        asking = {CrossingKind.READ, CrossingKind.WRITE}
        return {
            table
            for crossing in outcome.crossings
            if crossing.kind in asking
            for table in names_in(crossing.statement) & tables
        }

    def forget(self, operation: Operation) -> None:
        """Take back what turned out not to be repeatable."""
        self.reached.pop(operation.id, None)
        for suppliers in chain.from_iterable(
            index.values() for index in (self._things, self._columns, self._links)
        ):
            suppliers[:] = [each for each in suppliers if each.operation != operation.id]
        for supplies in self.supplies.values():
            supplies[:] = [each for each in supplies if each.operation != operation.id]

    def learn_more(self, scenario: Scenario, outcome: Outcome, made: Collection[str]) -> None:
        """Learn from another answer of a reached operation what it shows of things just made."""
        for supplier in harvest(scenario, outcome, self.catalog):
            if supplier.thing in made and supplier.source:
                self._add(replace(supplier, created=True))

    def _add(self, supplier: Supplier) -> None:
        self._things[supplier.thing].append(supplier)
        if supplier.table:
            self._columns[supplier.table, supplier.column].append(supplier)

    def _add_supplies(self, scenario: Scenario) -> None:
        act = scenario.act
        names = naming.parameters(act.operation.path)
        for index, prefix in enumerate(naming.prefixes(act.operation.path)):
            used = {name: act.path_parameters.get(name) for name in names[: index + 1]}
            values = tuple(used.values())
            if any(isinstance(each, str) and _UNIQUE.search(each) for each in values):
                continue
            arrangement = tidied(scenario.arrangement, replace(act, path_parameters=used))
            supply = PathSupply(values, arrangement, act.identity, act.operation.id)
            known = self.supplies[prefix]
            equal = [(each.values, each.arrangement) for each in known]
            if len(known) < _KEPT and (values, arrangement) not in equal:
                known.append(supply)

    # Asking

    def likeliest(self, operation: Operation) -> str | None:
        """Who is likely to be let in: who was nearby, else the first identity."""
        first = self.identities[0] if self.identities else None
        return self._admitted.get(_root(operation)) or first

    def of_thing(self, thing: str) -> Iterator[Supplier]:
        """Who gives values of a thing: answers, then stored rows."""
        yield from self._things.get(thing, ())

    def of_column(self, table: str, column: str) -> Iterator[Supplier]:
        """Who gives values of a column."""
        yield from self._columns.get((table, column), ())

    def linked(self, operation: str, parameter: str) -> Iterator[Supplier]:
        """Who gives a parameter of an operation by a link of the document."""
        yield from self._links.get((operation, parameter), ())

    def given_by(self, operation: str) -> Iterator[Supplier]:
        """What one operation gives."""
        for suppliers in self._things.values():
            yield from (each for each in suppliers if each.operation == operation)

    def properties(self, schema: Json) -> Iterator[tuple[str, dict[str, Json]]]:
        """The properties of a schema and of its branches, each with what it says."""
        schema = self.document.resolve(schema)
        if not isinstance(schema, dict):
            return
        properties = schema.get("properties")
        for name, each in (properties if isinstance(properties, dict) else {}).items():
            plain = self.document.resolve(each)
            if isinstance(plain, dict):
                yield name, plain
        for keyword in ("oneOf", "anyOf", "allOf"):
            branches = schema.get(keyword)
            for each in branches if isinstance(branches, list) else []:
                yield from self.properties(each)

    def table_of(self, thing: str) -> str:
        """The table that a thing is kept in, as far as its name tells."""
        if not thing:
            return ""
        if thing in self._tables:
            return self._tables[thing]
        endings = [name for known, name in self._tables.items() if known.endswith(thing)]
        return endings[0] if len(endings) == 1 else ""

    def akin(self, thing: str) -> Iterator[str]:
        """Things whose name ends like this one, or begins: `tagtype` for `type`."""
        if len(thing) < 4:
            return
        for known in self._things:
            if (
                known != thing
                and len(known) > 3
                and (known.endswith(thing) or thing.endswith(known))
            ):
                yield known

    def is_entity(self, thing: str) -> bool:
        """Whether a thing is kept or served as one: a table, or a collection of the document."""
        return bool(thing) and (thing in self._tables or thing in self._collections)

    def columns_called(self, name: str) -> Iterator[tuple[str, str]]:
        """Columns of that very name, in tables with rows; none for a name that all tables use."""
        wanted = naming.words(name)
        if not wanted or (len(wanted) == 1 and wanted[0] in naming.ATTRIBUTES):
            return
        for table, described in self.catalog.tables.items():
            if self.stored.get(table):
                for column in described.columns:
                    if naming.words(column.name) == wanted:
                        yield table, column.name

    def rows(self, table: str, column: str, identity: str | None) -> Iterator[tuple[Supplier, int]]:
        """Values of a column in stored rows, nearest to the identity first, with how near."""
        if not (_TABLE.fullmatch(table) and _COLUMN.fullmatch(column)):
            return
        thing, attribute = naming.concept(table), naming.split(column)[1]
        found: list[tuple[int, bool, int, Json]] = []
        values: list[Json] = []
        for number, row in enumerate(self.stored.get(table, ())):
            value = row.get(column)
            if value is None or isinstance(value, dict | list | bool) or value in values:
                continue
            values.append(value)
            near = self.belongings.closeness(identity, table, row, number)
            # One's own row, and that of another who signs in, come last: to change it does harm.
            own = self.belongings.of_an_identity(table, number)
            found.append((-near, own, number, value))
        for near, _, number, value in sorted(found, key=lambda each: each[:3]):
            yield (
                Supplier(
                    thing,
                    attribute,
                    thing,
                    "",
                    (),
                    value=f"{{row.{table}.{number}.{column}}}",
                    sample=value,
                    table=table,
                    column=column,
                ),
                -near,
            )


def _root(operation: Operation) -> naming.Prefix:
    """The path of the collection that an operation is on, with its method's kind."""
    parts = naming.segments(operation.path)
    kind = "write" if operation.mutates else "read"
    return (kind, *parts[: parts.index("{}") if "{}" in parts else len(parts)])
