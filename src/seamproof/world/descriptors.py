"""The sockets that a process holds, by the inodes that the kernel lists them under (proc(5))."""

from __future__ import annotations

import os

_MARK = "socket:["


def socket_inodes(pid: int) -> frozenset[int]:
    """The inodes of a process's sockets; none where it has ended or is another user's. Linux."""
    folder = f"/proc/{pid}/fd"
    found: set[int] = set()
    try:
        descriptors = os.listdir(folder)  # noqa: PTH208 - hot, and only names are needed
    except OSError:
        return frozenset()
    for each in descriptors:
        try:
            target = os.readlink(f"{folder}/{each}")  # noqa: PTH115
        except OSError:
            continue
        if target.startswith(_MARK):
            found.add(int(target[len(_MARK) : -1]))
    return frozenset(found)
