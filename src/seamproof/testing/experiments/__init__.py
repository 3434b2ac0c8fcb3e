"""Experiments that a test states: requests, what breaks meanwhile, and which overlap.

    def test_an_order_is_whole_or_not_there(seam):
        (
            seam.experiment(post("/orders", as_="alice", json={...}))
            .fault("reply-lost", statement="COMMIT")
            .again()
            .holds("rollback", "partial-state")
        )

They start from the base, and not from the rows that the test has made: what they need, earlier
steps arrange. `seamproof promote` writes such tests.

- `steps`    requests as data
- `trial`    what is done with them, and what must hold
- `judging`  the check's own judgement of it
"""

from seamproof.testing.experiments.steps import delete, get, patch, post, put, request

__all__ = ["delete", "get", "patch", "post", "put", "request"]
