"""The engine's checks on what a passed test sent.

    what was sent -> Recording -> the base moved to where the act began -> a job -> Judgement

- `recording`  what a test leaves: its act as a scenario, and the rows that were there before it
- `steps`      a request that was sent, as a step
- `knowing`    what checks want to know of the service beside that
- `judging`    checks on a recording, and their findings
- `telling`    those as text
"""
