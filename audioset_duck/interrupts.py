"""Deferral of SIGINT and SIGTERM until a step has ended."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def defer_interrupts() -> Iterator[None]:
    """Defer SIGINT and SIGTERM until the block has ended.

    A process started in the block inherits a blocked SIGINT: a terminal sends Ctrl-C to all
    processes of a program, but the program itself ends those that it started.
    """
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread runs signal handlers.
        yield
        return
    waiting: list[int] = []
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    handlers = {
        number: signal.signal(number, lambda number, _: waiting.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for held in waiting:
            signal.raise_signal(held)
