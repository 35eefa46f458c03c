"""What our processes have in common: children never outlive their parent, and long lives are prepared."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

PR_SET_PDEATHSIG = 1
ALLOCATIONS = 50_000
"""Between two collections: what a batch makes is mostly gone by then, and has not to be gone through."""


def die_with_parent() -> Callable[[], None] | None:
    """Give what a child does between fork and exec, so that the kernel kills it when its parent dies.

    The library is loaded before the fork: nothing but system calls are safe after it. Elsewhere than on
    Linux the child stays in our process group, and gets what the terminal sends.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before we asked
            os._exit(1)

    return before_exec


def begin_child(parent: int) -> None:
    """Run first in a child of a process pool: die with the parent, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def end_pool(pool: ProcessPoolExecutor, *, wait: bool = True) -> None:
    """Kill the children of a pool, whatever they do; `wait` until they are gone."""
    # The executor cannot end a child that hangs; there is no public way to its processes in 3.11.
    for process in list((pool._processes or {}).values()):
        process.kill()
    pool.shutdown(wait=wait, cancel_futures=True)


def settle_heap() -> None:
    """Have the collector leave alone what a process has loaded by now, and will keep.

    Else it goes through all of it, modules and models, again and again: 80 ms each time in an API process,
    and a quarter of a reader's time. A tenth of that is what it takes to look as often as Python does.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS)
