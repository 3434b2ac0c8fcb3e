"""The fixtures of this folder."""

from journaled import journal_server
from servers import own_cache, workspace

__all__ = ["journal_server", "own_cache", "workspace"]
