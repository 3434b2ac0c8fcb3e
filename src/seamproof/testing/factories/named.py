"""What a name means: a table, in any number and case; a column of it, or the row it refers to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property

from seamproof.core.catalog import Catalog, ForeignKey, Table
from seamproof.plan.synthesis.naming import concept, words

_IRREGULAR = {
    **{"people": "person", "children": "child", "men": "man", "women": "woman", "data": "datum"},
    **{"indices": "index", "media": "medium", "criteria": "criterion", "feet": "foot"},
    **{"mice": "mouse", "analyses": "analysis", "statuses": "status", "addresses": "address"},
}
_ID = ("_id", "_uuid", "_pk", "_fk", "_code", "_key", "Id")


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean orders?`, or what there is."""
    offered = sorted(known)
    close = get_close_matches(name, offered, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are: {', '.join(offered)}" if offered else ""


def _meaning(name: str) -> str:
    """`OrderItems`, `order_item` and `order-items` as one."""
    parts = words(name.rpartition(".")[2])
    if parts and parts[-1] in _IRREGULAR:
        return "".join((*parts[:-1], _IRREGULAR[parts[-1]]))
    return concept(name)


class Tables:
    """The tables of a catalog by the names that people give them."""

    def __init__(self, catalog: Catalog) -> None:
        self._tables = catalog.tables

    def find(self, name: str) -> Table:
        """The table that a name means. Raises LookupError where it is none, or may be several."""
        if name in self._tables:
            return self._tables[name]
        meant = _meaning(name)
        found = self._meant.get(meant) or self._ending(name)
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(
                f"{name!r} may mean {' or '.join(each.name for each in found)}: "
                'write make("…") with the whole name'
            )
        raise LookupError(f"there is no table for {name!r}{nearest(name, self._tables)}")

    @cached_property
    def _meant(self) -> dict[str, list[Table]]:
        meant: dict[str, list[Table]] = {}
        for table in self._tables.values():
            meant.setdefault(_meaning(table.name), []).append(table)
        return meant

    def _ending(self, name: str) -> list[Table]:
        """Tables with a prefix before the name, the shortest: `user` may be `auth_user`."""
        wanted, found = _meaning(name), dict[str, int]()
        for table in self._tables:
            parts = _parts(table)
            for prefix in range(1, len(parts)):
                if "".join(parts[prefix:]) == wanted:
                    found[table] = prefix
        shortest = min(found.values(), default=0)
        return [self._tables[name] for name, prefix in found.items() if prefix == shortest]


def _parts(name: str) -> tuple[str, ...]:
    parts = words(name.rpartition(".")[2])
    return (*parts[:-1], _meaning(parts[-1])) if parts else ()


def relation(key: ForeignKey) -> str:
    """What the row is called that a foreign key refers to: `user` for `user_id`."""
    last = key.columns[-1]
    for ending in _ID:
        if last.endswith(ending) and len(last) > len(ending):
            return last.removesuffix(ending)
    return _meaning(key.references) if len(key.columns) > 1 else last


def relations(table: Table) -> dict[str, ForeignKey]:
    """The foreign keys of a table by what their rows are called."""
    found: dict[str, ForeignKey] = {}
    for key in table.foreign_keys:
        found.setdefault(relation(key), key)
    for key in table.foreign_keys:
        # The table's own name serves as well, where no other key means it.
        found.setdefault("_".join(_parts(key.references)), key)
    return found


def column_for(table: Table, name: str) -> str | None:
    """The column that a name means: itself, or with `_id` where no foreign key is declared."""
    columns = {each.name for each in table.columns}
    return next((each for each in (name, *(name + end for end in _ID)) if each in columns), None)


def unknown(table: Table, name: str) -> LookupError:
    """The error for what is neither a column nor a relation."""
    offered: Sequence[str] = [*(each.name for each in table.columns), *relations(table)]
    return LookupError(f"{table.name} has no column {name!r}{nearest(name, offered)}")
