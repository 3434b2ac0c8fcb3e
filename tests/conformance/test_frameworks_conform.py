"""What every framework must offer to be asked for its route table. Run over the registry."""

from __future__ import annotations

import pytest

from seamproof.core.registry import FRAMEWORK, Part, discover
from seamproof.discovery.routes.framework import Framework
from seamproof.discovery.routes.start import Kind, Language, Start, Target

FRAMEWORKS = pytest.mark.parametrize(
    "part", discover(FRAMEWORK).values(), ids=lambda part: part.name
)
STARTS = {
    Language.NODE: Start(Language.NODE, "node"),
    Language.PYTHON: Start(
        Language.PYTHON, "app.py", ("python",), Target(Kind.FILE, "/srv/app.py")
    ),
}


@FRAMEWORKS
def test_it_may_be_what_a_program_of_its_language_starts(part: Part) -> None:
    framework: Framework = part.implementation()
    assert framework.starts(STARTS[framework.language]) is True


@FRAMEWORKS
def test_its_script_is_there_and_is_of_its_language(part: Part) -> None:
    framework: Framework = part.implementation()
    text = framework.script.read_text()
    ending, needed = {
        Language.PYTHON: (".py", "def table(application: Any, document: Any) -> bool:"),
        Language.NODE: (".cjs", "process.env.SEAMPROOF_ROUTES"),
    }[framework.language]
    assert framework.script.suffix == ending
    assert needed in text
    # It runs where seamproof is not installed.
    assert "import seamproof" not in text
    assert "from seamproof" not in text
