"""The engine's checks on what a passed test sent.

    what was sent -> Recording -> the base moved to where the act began -> a job -> Judgement

- `recording`  what a test leaves: its act as a scenario, and the rows that were there before it
- `steps`      a request that was sent, as a step
- `rebasing`   the state that every experiment starts from, moved there and back
- `judging`    checks on a recording, and their findings
"""
