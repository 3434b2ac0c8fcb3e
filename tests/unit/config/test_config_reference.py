from pathlib import Path

import pytest
from pydantic import BaseModel

from seamproof.config import identities, models, stubs
from seamproof.config.reference import markdown
from seamproof.config.sections import Section

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"
SECTIONS = sorted(
    (
        each
        for each in {**vars(stubs), **vars(identities), **vars(models)}.values()
        if isinstance(each, type) and issubclass(each, BaseModel) and each is not Section
    ),
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda each: each.__name__)
def test_each_key_has_a_description(section):
    missing = [name for name, field in section.model_fields.items() if not field.description]
    assert not missing
    assert section.__doc__


def test_the_page_is_what_the_models_say():
    assert PAGE.read_text() == markdown(), "run: python -m seamproof.config.reference"


def test_each_key_is_on_the_page():
    page = PAGE.read_text()
    for section in SECTIONS:
        for name, value in section.model_fields.items():
            if name not in {"root", "file"}:
                assert f"| `{value.alias or name}` |" in page


def test_the_schema_is_to_be_had():
    schema = models.Config.model_json_schema()
    assert "root" not in schema["properties"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["service"]
