"""Repairs stored scenarios after the service or its document changed.

    run each -> the step that fails -> repairs, the smallest first -> try -> kept, or told

- `exploration`  the whole: every scenario once, each failing step repaired and tried
- `runs`         a scenario as it was run: the step that fails, whether a repair leads on
- `repairing`    what to try for one failing step, the likeliest first
- `operations`   which operation of the document a step means now
- `fitting`      what of a step the document does not allow, and what would; `sought` finds values
- `pairs`        which name that is sent is meant by one that is asked for
- `hints`        what the refusal of a step asks for
- `extracts`     where in the answer an extracted value is now
- `edits`        changes of a step, as data
- `behaviour`    what changed in what the service does: told, never healed
- `results`      what comes out

All of it is a pure exploration: it yields experiments and is sent histories. What a scenario
expects is never changed.
"""

from seamproof.plan.healing.exploration import heal
from seamproof.plan.healing.results import Behaviour, Evidence, Healed, Healing

__all__ = ["Behaviour", "Evidence", "Healed", "Healing", "heal"]
