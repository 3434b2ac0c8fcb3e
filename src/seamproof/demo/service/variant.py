"""Chooses the twin of a use case."""

from importlib import import_module
from types import ModuleType

from seamproof.demo.service.settings import FIXED


def use_case(name: str) -> ModuleType:
    """The module `broken/NAME.py` or `fixed/NAME.py`."""
    return import_module(f"{__package__}.{'fixed' if FIXED else 'broken'}.{name}")
