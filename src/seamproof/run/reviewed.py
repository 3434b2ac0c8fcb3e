"""What a person has read and may have corrected: the files beside the profile, read before anything
is started, so that a mistake in one of them costs nobody a run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seamproof.core.document import Document
from seamproof.core.profile import Profile
from seamproof.core.registry import Need
from seamproof.discovery import snapshot
from seamproof.plan import access_file, profile_file
from seamproof.run.contract import FILE

if TYPE_CHECKING:
    from seamproof.config import Config


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The files of a project, as they were when the run began."""

    profile: Profile | None = None
    """What is normal; None where there is no such file yet."""
    access: access_file.Stored = access_file.Stored({})
    """Who is let in to what."""
    promised: Document | None = None
    """What the document promised; None where nobody kept that."""

    @classmethod
    def read(cls, config: Config, needs: Collection[Need]) -> Reviewed:
        """Those that checks with these needs go by. Raises ConfigurationError where one is
        damaged."""
        profile = config.path(config.profile)
        access = profile.with_name(access_file.PLACE)
        return cls(
            profile_file.read(profile),
            access_file.read(access) if Need.ACCESS in needs else access_file.Stored({}),
            snapshot.read(config.root / FILE) if Need.FORMER in needs else None,
        )
