"""How many processes may share the work of one command."""

import os

MOST = 4
"""Processes at most, this one included: each takes 40 MB."""


def available() -> int:
    """How many processes may work at once: no more than there are processors for this one."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(free, MOST)
