"""The command line: one command a file, no logic. Each imports what it runs when it is called.

- `app`        the commands together
- `options`    options that several commands share
- `failure`    errors to messages and exit codes, in one place
- `signals`    an interrupt before a run can stop politely waits until it can
- `reference`  writes docs/reference from the commands and the registry
- the rest     a command each
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit."""
    from seamproof.cli import signals
    from seamproof.cli.failure import guarded

    code = guarded(sys.argv[1:])
    signals.ignore()
    sys.exit(code)
