"""seamproof proves that the pieces of an HTTP service fit together.

The packages, from the bottom up: `core` (the vocabulary), `analysis` (pure functions over
histories), `checks` (what to provoke and how to judge), `wire` (sans-I/O protocols), `boundaries`
and `database` (the controlled seams), `world` (one running copy of the system), `discovery` and
`plan` (which requests, in which order), `run` (the one loop), `reports` (what a person sees),
`testing` (tests that a person writes).
"""

__version__ = "0.1.0.dev0"
