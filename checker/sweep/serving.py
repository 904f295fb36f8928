"""The other side of a worker: a process that maps the batches which arrive over a pipe, and answers each.

A message is its length and a pickle. What is unpickled was written by this very program.
"""

from __future__ import annotations

import gc
import os
import pickle
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

LENGTH = 8  # bytes before each message: how many follow, little-endian
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_KEPT = 40 << 20  # bytes

Call = tuple[Callable[..., Any], Any, tuple[Any, ...]]  # function(context, batch, *arguments)


def message(content: object) -> bytes:
    """A message of anything that can be pickled."""
    data = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(LENGTH, "little") + data


def packed(content: object) -> bytes:
    """Anything that can be pickled, for a longer way: names of files take a fifth of the room."""
    return zlib.compress(pickle.dumps(content, pickle.HIGHEST_PROTOCOL), 1)


def unpacked(data: bytes) -> Any:
    """The reverse of `packed`."""
    return pickle.loads(zlib.decompress(data))  # noqa: S301


def result(answer: tuple[Any, Exception | None]) -> Any:
    """What a worker found. Raises what its function raised."""
    found, error = answer
    if error is not None:
        raise error
    return found


def serve(context: object, asked: int, answers: int) -> NoReturn:
    """Map batches until the main process closes the pipe, or ends."""
    import threading

    try:
        _begin()
        threading.Thread(target=_end_with, args=(asked,), daemon=True).start()
        with os.fdopen(asked, "rb", closefd=False) as calls:
            while length := calls.read(LENGTH):
                call = calls.read(int.from_bytes(length, "little"))
                _write(answers, message(_answered(context, call)))
    finally:
        os._exit(0)  # what the main process has begun is not this one's to end


def pipes() -> tuple[int, int]:
    """The two pipes that were the standard streams of this process, which has none of its own from now on."""
    asked, answers = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what some library prints is no answer
    return asked, answers


def serve_executed() -> NoReturn:
    """The same in a Python of its own, over its standard streams. The first message is (working folder, context)."""
    asked, answers = pipes()
    keep_memory()
    length = os.read(asked, LENGTH)
    with os.fdopen(os.dup(asked), "rb", buffering=0) as begun:
        data = bytearray(int.from_bytes(length, "little"))
        rest = memoryview(data)
        while rest and (size := begun.readinto(rest)):
            rest = rest[size:]
    folder, context = pickle.loads(data)  # noqa: S301
    with suppress(OSError):  # nothing depends on it where all paths are absolute
        os.chdir(folder)
    serve(unpacked(context), asked, answers)


def serve_spawned(context: object, pipe: Any) -> None:
    """The same in a process that multiprocessing made, over its pipe."""
    import threading
    from multiprocessing import connection, parent_process

    def end_with(main: Any) -> None:
        connection.wait([main.sentinel])
        os._exit(1)

    keep_memory()
    _begin()
    threading.Thread(target=end_with, args=(parent_process(),), daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(_answered(context, pipe.recv_bytes()))


def _end_with(asked: int) -> None:
    """End this worker when the main process was killed, and so cannot end it."""
    import select

    poll = select.poll()
    poll.register(asked, 0)  # only its end is waited for
    poll.poll()
    os._exit(0)


def _begin() -> None:
    import signal

    signal.set_wakeup_fd(-1)  # of the main process's event loop
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # the main process ends the run
    gc.freeze()


def _answered(context: object, call: bytes) -> tuple[Any, Exception | None]:
    try:
        function, batch, arguments = pickle.loads(call)  # noqa: S301
        return uncollected(function, context, batch, *arguments), None
    except Exception as error:  # a bug of ours; the main process says so
        import traceback

        error.add_note(traceback.format_exc())
        return None, error


def _write(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


# In any process that maps batches


def keep_memory() -> None:
    """Keep the memory of a page's tree for the next page, if the C library can.

    By default the memory goes back to the system after each page, and getting it again takes longer than parsing.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)


def uncollected(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call without the cycle collector, which takes a third of the time to walk a page's elements again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return function(*arguments)
    finally:
        gc.collect(0)
        if enabled:
            gc.enable()
