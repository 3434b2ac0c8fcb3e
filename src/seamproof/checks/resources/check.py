"""Whether what a request costs is bounded.

    an empty list                   what makes a row of it comes before
    5 more rows of what it lists    a statement more for each: 1, 5, 25     statements-per-row
    100 more rows                   all of them are read and answered       list-without-limit,
                                    unless one more is refused where they are
    1, 5 and 25 items in a body     something is read for each of them      reads-per-item
    a page of 100000                LIMIT 100000 on the wire                page-size-without-limit
    deep: a text of 10 MB           it is stored                            text-without-limit

A transaction that stays open while a called service keeps it waiting is for `rollback` to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ClassVar

from seamproof.analysis import confirm
from seamproof.analysis.begin import begin
from seamproof.analysis.confirm import Confirmation, as_expected, replay_all
from seamproof.analysis.statements import source
from seamproof.analysis.trouble import trouble
from seamproof.checks.resources.bodies import LENGTH, filled, stored, texts
from seamproof.checks.resources.classes import (
    BODY_SIZE,
    CLASSES,
    LIST_WITHOUT_LIMIT,
    PAGE_SIZE,
    READS_PER_ITEM,
    STATEMENTS_PER_ROW,
)
from seamproof.checks.resources.items import items_of, lookups, steep
from seamproof.checks.resources.limits import one_more
from seamproof.checks.resources.lists import STEEP, Cost, Listed, grows, limited, listed, listing
from seamproof.checks.resources.pages import ASKED, Page, pages, unlimited
from seamproof.checks.resources.report import CHECK, Case, Facts, found, plain
from seamproof.core.experiment import BoundaryKind, Experiment
from seamproof.core.history import History
from seamproof.core.model import SAFE_METHODS, Step
from seamproof.core.protocols import Exploration
from seamproof.core.registry import Need, check
from seamproof.core.subject import Skip, Subject
from seamproof.core.verdict import Finding, FindingClass, Outcome, Tier, Verdict

_ONE, _FEW, _SOME, _MANY, _LOTS = 1, 5, 15, 25, 100
_WRITES = "it lists nothing: it writes"
_NOT_TRIED = "Whether the service refuses to make so many was not tried."
_NO_ITEMS = "no item of its body refers to what there may be more of"


@check(
    "resources",
    title="What a request costs is bounded",
    boundary=BoundaryKind.SQL,
    needs={Need.DOCUMENT},
)
class Resources:
    """Gives a read more rows to list, and a write more items; asks for pages that are too large;
    counts statements and rows on the wire.
    """

    classes: ClassVar[tuple[FindingClass, ...]] = CLASSES

    def applies(self, subject: Subject) -> Skip | None:
        """Only reads list rows; of what writes, bodies with items, and in deep mode texts."""
        # The first item of a list in the body is `body /items/0/product`.
        items = any("/0/" in each for each in subject.landing)
        return None if _reads(subject) or subject.deep or items else Skip(_WRITES)

    def explore(self, subject: Subject) -> Exploration[Iterable[Verdict]]:
        """List more rows; ask for a page that is too large."""
        clean = yield from begin(subject, CHECK)
        if isinstance(clean, Verdict):
            return (clean,)
        if not _reads(subject) and not subject.deep:
            return ((yield from _items(subject, clean)),)
        verdicts, tried = yield from _lists(subject, clean)
        makers = iter(subject.makers)
        while not tried and (maker := next(makers, None)) is not None:
            fuller = _after(subject, (*maker.arrangement, maker.act))
            history: History = yield confirm.plain(fuller, "with a row to list")
            if not trouble(history) and as_expected(fuller, history):
                verdicts, tried = yield from _lists(fuller, history)
        asked = list(pages(subject))
        for page in asked:
            verdicts += yield from _page(subject, page)
        if subject.deep:
            one = yield from _items(subject, clean)
            verdicts += [one] if one.outcome is Outcome.VIOLATED else []
            verdicts += yield from _text(subject)
        if not verdicts:
            verdicts.append(_nothing(subject, tried, asked))
        return verdicts

    def replay(self, subject: Subject, finding: Finding) -> Exploration[Iterable[Verdict]]:
        """Try what the finding is of again, from the rows that are there now."""
        shown = finding.evidence.experiment
        if shown is not None and len(shown.arrangement) > len(subject.scenario.arrangement):
            subject = _after(subject, shown.arrangement)
        clean = yield from begin(subject, CHECK)
        if isinstance(clean, Verdict):
            return (clean,)
        facts, verdicts = finding.evidence.facts, []
        if finding.finding_class == PAGE_SIZE.name:
            for page in pages(subject):
                if page.input.label == facts.get("input"):
                    verdicts += yield from _page(subject, page)
        if finding.finding_class == BODY_SIZE.name:
            verdicts += yield from _text(subject)
        if finding.finding_class == READS_PER_ITEM.name:
            return ((yield from _items(subject, clean)),)
        for each in listed(subject, clean):
            if each.table.name == facts.get("table") and not verdicts:
                cost = yield from _few(subject, clean, each)
                if cost is not None:
                    judge = _per_row if finding.finding_class == STATEMENTS_PER_ROW.name else _whole
                    verdicts += yield from judge(subject, clean, each, cost)
        return verdicts or (plain(subject, Outcome.HELD, "it is not seen any more"),)


def _after(subject: Subject, arrangement: tuple[Step, ...]) -> Subject:
    """The same act when more is there to be listed."""
    return replace(subject, scenario=replace(subject.scenario, arrangement=arrangement))


def _lists(subject: Subject, clean: History) -> Exploration[tuple[list[Verdict], list[str]]]:
    """List more rows of each table that the answer shows; also which tables could be tried."""
    verdicts: list[Verdict] = []
    tried: list[str] = []
    for each in listed(subject, clean):
        if each.table.name not in tried:
            cost = yield from _few(subject, clean, each)
            if cost is not None:
                tried.append(each.table.name)
                verdicts += yield from _per_row(subject, clean, each, cost)
                verdicts += yield from _whole(subject, clean, each, cost)
    return verdicts, tried


def _nothing(subject: Subject, tried: list[str], asked: list[Page]) -> Verdict:
    if not tried and not asked:
        return plain(subject, Outcome.SKIPPED, "no row of its answer could be given more of")
    parts = []
    if tried:
        parts.append(f"{_FEW} more rows of {', '.join(tried)} cost no statement each")
    if asked:
        parts.append(f"{', '.join(each.input.label for each in asked)} is limited")
    return plain(subject, Outcome.HELD, "; ".join(parts))


def _few(subject: Subject, clean: History, one: Listed) -> Exploration[Cost | None]:
    """What some more rows cost; None where the read does not list them."""
    history: History = yield one.experiment(subject, _FEW)
    if trouble(history) or not as_expected(subject, history):
        return None
    base = Cost.of(subject, clean, one.table.name)
    cost = Cost.of(subject, history, one.table.name)
    return cost if cost.rows - base.rows >= _FEW else None


def _confirmed(
    subject: Subject, experiment: Experiment, shows: Callable[[History], bool], first: History
) -> Exploration[Confirmation]:
    (confirmation,) = yield from replay_all(
        subject, experiment, (shows,), lambda control: as_expected(subject, control), (first,)
    )
    return confirmation


def _per_row(
    subject: Subject, clean: History, one: Listed, few: Cost
) -> Exploration[list[Verdict]]:
    """One statement more for each row, with 1, 5 and 25 of them."""
    name, base = one.table.name, Cost.of(subject, clean, one.table.name)
    if few.beyond(base) < STEEP * _FEW:
        return []
    single: History = yield one.experiment(subject, _ONE)
    experiment = one.experiment(subject, _MANY)
    history: History = yield experiment
    if trouble(single) or trouble(history) or not as_expected(subject, history):
        return []
    first, many = Cost.of(subject, single, name), Cost.of(subject, history, name)
    if first.beyond(base) < STEEP or many.beyond(few) < STEEP * (_MANY - _FEW):
        return []

    def shows(again: History) -> bool:
        return Cost.of(subject, again, name).beyond(base) >= STEEP * _MANY

    confirmation = yield from _confirmed(subject, experiment, shows, history)
    shape = many.grown(base)
    crossings = history.sections[-1].crossings
    case = Case(
        STATEMENTS_PER_ROW,
        Tier.PROVEN,
        history,
        confirmation,
        next((each for each in crossings if each.key.shape == shape), None),
        name,
        shape,
        facts={
            "few": _FEW,
            "few_statements": few.beyond(base),
            "many": _MANY,
            "many_statements": many.beyond(base),
            "slope": f"{many.beyond(base) / _MANY:.1f}",
            "statement": shape,
        },
    )
    return [found(subject, case)]


def _whole(subject: Subject, clean: History, one: Listed, few: Cost) -> Exploration[list[Verdict]]:
    """Every row there is, although requests add to them."""
    name, base = one.table.name, Cost.of(subject, clean, one.table.name)
    statement = listing(subject, clean, name)
    # One thing with what belongs to it is no list.
    is_list = not subject.operation.path.endswith("}") and few.shown - base.shown >= _FEW
    if not is_list or not grows(subject, name) or statement is None or limited(statement):
        return []
    experiment = one.experiment(subject, _LOTS)

    def shows(again: History) -> bool:
        cost = Cost.of(subject, again, name)
        return cost.rows - base.rows >= _LOTS and cost.shown - base.shown >= _LOTS

    history: History = yield experiment
    if trouble(history) or not shows(history):
        return []
    asked = yield from one_more(subject, clean, one, _LOTS)
    if asked is not None and asked.refused:
        return [plain(subject, Outcome.HELD, f"the service limits {name}: {asked.told(_LOTS)}")]
    confirmation = yield from _confirmed(subject, experiment, shows, history)
    # How large the table gets is for a person to say.
    case = Case(
        LIST_WITHOUT_LIMIT,
        Tier.SUSPECTED,
        history,
        confirmation,
        listing(subject, history, name),
        name,
        statement.key.shape,
        # Operations that list by one statement lack one page.
        cause=statement.key.shape,
        facts={
            "many": _LOTS,
            "statement": statement.key.shape,
            "adding": _NOT_TRIED if asked is None else asked.told(_LOTS),
        },
    )
    return [found(subject, case)]


def _reads(subject: Subject) -> bool:
    return subject.operation.method in SAFE_METHODS


def _items(subject: Subject, clean: History) -> Exploration[Verdict]:
    """A lookup more for each item, with 1, 5 and as many as are taken."""
    items = items_of(subject, clean)
    if items is None:
        return plain(subject, Outcome.SKIPPED, _NO_ITEMS)
    single: History = yield items.experiment(subject, _ONE)
    some: History = yield items.experiment(subject, _FEW)
    for many in (_MANY, _SOME):
        experiment = items.experiment(subject, many)
        history: History = yield experiment
        if not trouble(history) and as_expected(subject, history):
            break
    all_three = (single, some, history)
    went = all(not trouble(each) and as_expected(subject, each) for each in all_three)
    # Items of which one row is made are not so many as they look.
    if not went or [items.written(each) for each in all_three] != [_ONE, _FEW, many]:
        return plain(subject, Outcome.SKIPPED, f"{_FEW} and more of {items.label} are not taken")
    one, few, lots = (lookups(subject, each) for each in all_three)
    shape = steep(one, few, lots, (_FEW, many))
    if not shape:
        return plain(subject, Outcome.HELD, f"{many} of {items.label} cost no lookup each")

    def shows(again: History) -> bool:
        return lookups(subject, again)[shape] - one[shape] >= STEEP * (many - _ONE)

    confirmation = yield from _confirmed(subject, experiment, shows, history)
    crossings = history.sections[-1].crossings
    # How many items are sent is for a person to say.
    case = Case(
        READS_PER_ITEM,
        Tier.SUSPECTED,
        history,
        confirmation,
        next(each for each in crossings if each.key.shape == shape),
        source(shape, subject.catalog.tables) or items.referred.name,
        shape,
        facts={
            "input": items.label,
            "few": _FEW,
            "many": many,
            "one_read": one[shape],
            "few_reads": few[shape],
            "many_reads": lots[shape],
            "statement": shape,
        },
    )
    return found(subject, case)


def _page(subject: Subject, page: Page) -> Exploration[list[Verdict]]:
    """A page that is too large, as it was asked for."""
    experiment = page.experiment(subject)
    history: History = yield experiment
    if trouble(history):
        return []
    seen = unlimited(subject, history)
    if seen is None:
        return []

    def shows(again: History) -> bool:
        return unlimited(subject, again) is not None

    confirmation = yield from _confirmed(subject, experiment, shows, history)
    crossing, limit = seen
    case = Case(
        PAGE_SIZE,
        Tier.PROVEN,
        history,
        confirmation,
        crossing,
        shape=page.input.label,
        facts={
            "input": page.input.label,
            "asked": ASKED,
            "limit": limit,
            "statement": crossing.key.shape,
        },
    )
    return [found(subject, case)]


def _text(subject: Subject) -> Exploration[list[Verdict]]:
    """The first text of the body that is stored however long it is. One says enough."""
    for place in texts(subject):
        experiment = filled(subject, place)
        history: History = yield experiment
        column = "" if trouble(history) else stored(history)
        if not column:
            continue

        def shows(again: History) -> bool:
            return bool(stored(again))

        confirmation = yield from _confirmed(subject, experiment, shows, history)
        facts: Facts = {"input": place.label, "column": column, "length": LENGTH}
        case = Case(
            BODY_SIZE, Tier.SUSPECTED, history, confirmation, None, shape=column, facts=facts
        )
        return [found(subject, case)]
    return []
