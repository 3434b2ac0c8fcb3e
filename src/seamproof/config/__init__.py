"""What a person configures: seamproof.toml, or [tool.seamproof] in pyproject.toml.

- `models`       the sections and keys, each with the description that the reference shows
- `identities`   those of them that say who uses the service
- `sections`     what all sections share, and the types of a command and of a list
- `stubs`        those of them that fake other services
- `testing`      the one for hand-written tests
- `loading`      finds and reads the file
- `mistakes`     says what is wrong with it, key by key, with "did you mean"
- `dropped`      the variables that no service inherits
- `placeholders` fills `{database.url}` and its like
- `quoting`      texts as TOML writes them
- `reference`    writes docs/reference/configuration.md
- `explaining`   the configuration as text for `seamproof config`
"""

from seamproof.config.identities import IdentityConfig
from seamproof.config.loading import load
from seamproof.config.models import (
    Config,
    DatabaseConfig,
    ProcessConfig,
    ServiceConfig,
)

__all__ = ["Config", "DatabaseConfig", "IdentityConfig", "ProcessConfig", "ServiceConfig", "load"]
