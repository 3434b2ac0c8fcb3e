"""Packages of Node, installed once from their lock file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "express"


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where they are. Skips the test where they cannot be installed."""
    for needed in ("node", "npm"):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed")
    made = tmp_path_factory.mktemp("express")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(FOLDER / name, made)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts"], cwd=made, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"npm ci failed: {done.stderr.strip().splitlines()[-1:]}")
    return made / "node_modules"
