"""The search on a service whose values nothing but the links of its document explains."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from searching import scenarios, search

from seamproof.core.model import Extract

POST_OFFICE = Path(__file__).parent / "post_office"


def test_a_link_says_which_header_and_which_field_a_parcel_is_named_by(tmp_path: Path) -> None:
    folder = tmp_path / "post_office"
    shutil.copytree(POST_OFFICE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    found = asyncio.run(search(folder / "seamproof.toml"))

    scenario = scenarios(found)["PUT /parcels/{number}"]
    (posted,) = scenario.arrangement
    assert posted.operation.id == "POST /letters"
    assert set(posted.extracts) == {
        Extract("number", "header:Tracking"),
        Extract("wax", "$.made.seal"),
    }
    assert scenario.act.path_parameters == {"number": "{number}"}
    assert scenario.act.query == {"wax": "{wax}"}
    tried = [h for h in found.histories if h.experiment.purpose == "try PUT /parcels/{number}"]
    assert [h.section.exchange.status for h in tried] == [200], "the first try is right"
