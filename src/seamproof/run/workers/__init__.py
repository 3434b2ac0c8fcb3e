"""Worlds beside the run's own, each in a process that shares nothing with it but the configuration.

- `crew`        the workers of a run: started, given jobs, replaced, ended
- `employed`    one worker process, as the run sees it
- `worker`      the process itself: a world of its own, and jobs that are done in it
- `messages`    what the two say to each other
- `aftermath`   what a worker that was killed has left, cleaned up while the run goes on
"""
