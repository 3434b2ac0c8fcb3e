"""The checks: what to provoke, and how to judge what was seen.

- `rollback`  a failure at any crossing leaves all of an act's effect, or none
- `trace`     what every request shows for free: commits that did not, answers before them

A check yields experiments and is sent histories; it does no I/O. A small one is a file; one with
more than one idea is a folder.
"""
