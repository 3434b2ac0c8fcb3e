"""Each class of findings has a service that shows it, and one that has it put right."""

from __future__ import annotations

from apps.manifest import DEEP, TWINS
from planted import PROVEN, SUSPECTED
from seamproof.core import registry
from seamproof.run.catalogue import classes_of


def test_every_class_is_planted() -> None:
    twins = {each.finding_class for twin in (*TWINS, *DEEP) for each in twin.broken}
    demo = {finding_class for _, finding_class, _ in PROVEN | SUSPECTED}
    parts = registry.discover(registry.CHECK).values()
    known = {each.name for part in parts for each in classes_of(part)}
    assert len(known) > 50
    assert known - twins - demo == set()
