"""Lists: what somebody is shown in one is shared with them.

GET /orders                 shows it, and no id is needed     it is everybody's who is shown it
GET /teams/7/orders         shows it to a member of team 7    it is the team's
GET /users/1/orders         shows it, and user 1 is another   the list forgets to ask, too: it
                                                              says nothing
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from seamproof.analysis.changes import net
from seamproof.analysis.planting import Planted
from seamproof.analysis.statements import names
from seamproof.analysis.trouble import trouble
from seamproof.analysis.words import words_of
from seamproof.checks.authorization.inquiry import Inquiry
from seamproof.checks.authorization.judgement import Breach, Court, Trespass
from seamproof.core.access import Attempt
from seamproof.core.canaries import sighted
from seamproof.core.document import Place
from seamproof.core.experiment import Act
from seamproof.core.history import History, Row
from seamproof.core.leaves import json_leaves
from seamproof.core.model import Operation, Step
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject

_LISTS = 12
"""Lists that are looked through for an object, and as many of things that it is in."""
_PARAMETER = re.compile(r"\{([^{}]*)\}")


def unlisted(
    inquiry: Inquiry, attempt: Attempt, trespass: Trespass
) -> Exploration[Trespass | None]:
    """The trespass, where the object is not in a list of the one who sent it.

    What they may see they may not always change: that remains a note. A list that shows one's
    tenant's objects is for the team; one that shows another tenant's is the defect itself.
    """
    subject = inquiry.subject
    if trespass.breach in (Breach.NOBODY, Breach.ROLE):
        return trespass
    act = subject.scenario.act
    if not _PARAMETER.search(act.operation.path) and any(e.act == act for e in subject.reads):
        if trespass.breach is Breach.TENANT:
            return trespass
        # What is arranged may be what makes it everybody's, as that it is published.
        return replace(trespass, sure=False) if subject.scenario.arrangement else None
    lists = [each.act for each in subject.reads if not _PARAMETER.search(each.operation.path)]
    lists = lists[:_LISTS]
    if trespass.breach is Breach.PEER:
        lists += islice(_of_groups(inquiry.court, attempt.identity, trespass), _LISTS)
    if not lists:
        return trespass
    acts = [Act(each, identity=attempt.identity) for each in lists]
    history: History = yield inquiry.acts(acts, "their own lists")
    if trouble(history):
        return trespass
    listed = {
        each
        for section in history.sections
        if section.exchange.ok and section.exchange.response is not None
        for each in sighted(section.exchange.response.body)
    }
    planted = _planted(inquiry.court, trespass)
    found = planted is not None and bool(listed & planted.canaries)
    if planted is not None and planted.sorts and not found:
        plain = replace(inquiry, edits=())
        found = _has(inquiry.court, (yield plain.acts(acts, "their lists as they are")), trespass)
    if not found:
        return trespass
    if trespass.change is None or not trespass.sure:
        return None
    return replace(trespass, sure=False)


def _planted(court: Court, trespass: Trespass) -> Planted | None:
    """The canaries that stand in the row of a trespass."""
    if trespass.seen is not None:
        return trespass.seen
    row = _row(trespass)
    key = court.subject.catalog.key_of(trespass.table)
    for each in court.planted:
        if each.table == trespass.table and all(each.row.get(c) == row.get(c) for c in key):
            return each
    return None


def _has(court: Court, history: History, trespass: Trespass) -> bool:
    """Whether a list of such rows has the key of this one, or of one that was arranged as it was.

    A moment or a number that is ours may put a row on another page, or make it too old for one.
    """
    key = court.subject.catalog.key_of(trespass.table)
    arranged = [row for table, _, row in net(history.prepared) if table == trespass.table]
    rows = (_row(trespass), *arranged) if key else ()
    keys = {row[key[-1]] for row in rows if row.get(key[-1])}
    return any(
        value in keys
        for section in history.sections
        if section.exchange.ok
        and section.exchange.response is not None
        and any(trespass.table in names(each.statement) for each in section.crossings)
        for _, value in json_leaves(section.exchange.response.body.decode("utf-8", "replace")) or ()
    )


def _row(trespass: Trespass) -> Row:
    """The row that a trespass is on, as it was before."""
    if trespass.seen is not None:
        return trespass.seen.row
    change = trespass.change
    return (change.old or change.new or {}) if change else {}


# ---------------------------------------------------------------------------- of groups


def _of_groups(court: Court, sender: str, trespass: Trespass) -> Iterator[Step]:
    """Lists of things that the object is in, each by the id of one that the sender is in as well,
    or that is nobody's."""
    groups = [
        (table, row)
        for table, row in court.ownership.parents(trespass.table, _row(trespass))
        if _theirs(court, sender, table, row)
    ]
    for operation in _listing(court.subject):
        given: dict[str, str] = {}
        for before, name in _parameters(operation.path):
            value = next(
                (_key(court, each, name) for each in groups if _named(before, each[0])), None
            )
            if value is not None:
                given[name] = value
        if given and len(given) == len(_PARAMETER.findall(operation.path)):
            yield Step(operation, sender, given)


def _theirs(court: Court, sender: str, table: str, row: Row) -> bool:
    """Whether something is the sender's, or common to all: not the owner's alone, and no other
    tenant's."""
    ownership = court.ownership
    owned = ownership.belonging(table, row)
    if ownership.mine(sender, owned) or ownership.member(sender, table, row):
        return True
    if owned.people and not owned.authored:
        return False
    return not owned.tenants or bool(owned.tenants & ownership.tenants.get(sender, frozenset()))


def _listing(subject: Subject) -> Iterator[Operation]:
    """Reads whose path ends in what is listed, and that want nothing but ids in it."""
    document = subject.document
    declared = [
        each.operation
        for each in (document.declarations if document else ())
        if not any(p.required and p.place is not Place.PATH for p in each.parameters)
    ]
    known = (*declared, *(each.operation for each in subject.reads), subject.operation)
    for each in dict.fromkeys(known):
        if each.method == "GET" and "{" in each.path and not each.path.rstrip("/").endswith("}"):
            yield each


def _parameters(path: str) -> Iterator[tuple[str, str]]:
    """Each parameter of a path with the word before it: of `/teams/{id}/orders`, `teams`, `id`."""
    before = ""
    for part in path.strip("/").split("/"):
        parameter = _PARAMETER.fullmatch(part)
        if parameter:
            yield before, parameter[1]
        before = part


def _named(word: str, table: str) -> bool:
    """Whether a word of a path is what a table is called, one or many, with or without a prefix."""
    said = {each.removesuffix("s") for each in words_of(word)}
    called = {each.removesuffix("s") for each in words_of(table.rpartition(".")[2])}
    return bool(said) and said <= called


def _key(court: Court, group: tuple[str, Row], name: str) -> str | None:
    """What stands for a row in a path: a column that the parameter is called like, else its key."""
    table, row = group
    words = words_of(name)
    unique = [
        names[0]
        for names in getattr(court.subject.catalog.tables.get(table), "uniques", ())
        if len(names) == 1
    ]
    for column in unique:
        if words_of(column) <= words:
            return row.get(column)
    key = court.subject.catalog.key_of(table)
    return row.get(key[0]) if len(key) == 1 else None
