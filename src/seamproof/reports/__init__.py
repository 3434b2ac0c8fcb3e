"""Reporters: pure writers over the event stream, one a file.

- `terminal`  what a person sees while it runs and at the end
- `json`      what other programs read, versioned
- `ledger`    what a run's events add up to: operations by check, findings, counts
- `finding`   a finding's evidence as labelled lines, at most thirty
- `overlap`   acts that overlapped: A and B, and where each stood
- `verdicts`  what all checks say of an operation, in one line
- `rows`      changed rows as short lines, keys first
- `screen`    where lines go: a terminal with a live line, or a plain stream
- `text`      hostile text made harmless, measured and cut to a width

What the target said is data here and never layout: every string of it passes through `text`.
"""
