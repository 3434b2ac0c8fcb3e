"""Finds for each operation of a document the shortest scenario that answers 2xx.

    order -> first draft -> try -> refusal -> ways -> try … -> shorter -> confirmed

- `exploration`   the whole search: passes over all operations, and each scenario run twice
- `order`         producers before consumers, what destroys last
- `search`        one operation: goes deep where a try makes progress
- `beginnings`    the first drafts: the least that the document asks for
- `ways`          what to try next, by how the last try was refused
- `repairs`       a request changed as its refusal says
- `alternatives`  another identity, another request before
- `accounts`      signing in as somebody whom the run has made
- `credentials`   a token that one operation issues, shown to another
- `paths`         values for all parameters of a path together
- `bodies`        a body, its references filled with what is there
- `readings`      ids that only a later read shows
- `imitation`     a body after the rows that are there
- `matching`      which known value fits a place, the likeliest first
- `tracing`       where the wire showed that a value which was sent arrived
- `knowledge`     what was learned: who gives which value, what every request writes
- `links`         what the document's Link Objects give to whose parameters
- `batches`       an endpoint that takes methods and paths of the service itself
- `suppliers`     what one answer, one path and one caller's choice give to others
- `ownership`     which stored rows an identity may use
- `vigil`         whether the service still lets in whom it let in
- `outcome`       one try, judged: an answer that says "invalid" is no success
- `drafts`        a request that is about to be tried
- `steps`         arrangements put together
- `naming`        what names of fields, paths and tables tell
- `results`       what comes out

All of it is a pure exploration: it yields experiments and is sent histories.
"""

from seamproof.plan.synthesis.exploration import synthesise
from seamproof.plan.synthesis.results import Attempt, Budget, Death, Synthesised, Unreached

__all__ = ["Attempt", "Budget", "Death", "Synthesised", "Unreached", "synthesise"]
