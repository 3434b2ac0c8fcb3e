"""Findings that a team lives with: each with a reason, an owner and, better, an end.

- `file`       .seamproof/baseline.toml, as a person may write it: its entries and mistakes
- `standing`   what the entries mean for one run: which findings count, what is expired or stale
- `accepting`  adds an entry for a stored finding, and keeps what a person wrote
"""
