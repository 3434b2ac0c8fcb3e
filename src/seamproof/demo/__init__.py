"""The bundled order service that `seamproof demo` runs, and all that it needs to be run.

- `service/`         the FastAPI application: models, shared parts, and two twins of each use case
- `service/broken/`  the use cases as busy engineers write them; its docstring lists every defect
- `service/fixed/`   the same use cases done rightly, file by file
- `migrations/`      Alembic, with `alembic.ini` beside it
- `seed.py`          two tenants, three users, a few products
- `scenarios/`       one request that succeeds for each operation
- `seamproof.toml`   the configuration, as a user would write it

The application imports nothing of seamproof: it is a target like any other.
"""

from pathlib import Path

CONFIGURATION = Path(__file__).with_name("seamproof.toml")
FIXED_SWITCH = "SEAMPROOF_DEMO_FIXED"
"""The environment variable that selects the corrected twin when it is `1`."""
