"""A cluster's worker: it takes a batch, has it mapped by a child of its own, and passes the answers on undecoded.

Pages are hostile input, and a worker of dask is no place for them: its threads share one state, no timer bounds the
time of a page there, and a page that crashes it costs the machine. A child maps as on one machine, and nothing else.
"""

from __future__ import annotations

import pickle
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import xxhash

from checker import __version__
from checker.sources.base import Source
from checker.sweep.executor import PATIENCE, Held, finished
from checker.sweep.processes import Made, Processes
from checker.sweep.serving import result
from checker.sweep.workers import Executed, Worker

_SAMPLE = 16  # files of a source that are compared
_HEAD = 4096  # bytes of each
_REST = 5.0  # seconds for which children without work are kept, if nobody says that the run has ended


class Sample(NamedTuple):
    """A file, as the client sees it."""

    source: int
    name: str
    digest: bytes  # of its beginning


class Terms(NamedTuple):
    """What a worker must have in common with the client of a run."""

    run: str  # a name that no other run has
    folder: str  # the client's working folder
    places: tuple[str, ...]  # of the sources, as the user sees them
    sample: tuple[Sample, ...]


class Gone(NamedTuple):
    """An item that crashes whoever maps it, or keeps them busy for too long."""

    item: Any


class RefusedError(Exception):
    """A worker cannot do the work. The message says why, with the worker as its subject."""


class Packed(NamedTuple):
    """A pickle that only the child unpickles, as what it is of."""

    data: bytes

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        return pickle.loads, (self.data,)


class Carried:
    """The context of a run on its way to each worker, and the children that map with it there."""

    def __init__(self, terms: Terms, context: bytes) -> None:
        """`context` is packed. It is unpacked by the children alone."""
        self.terms = terms
        self._context = context
        self._lock = threading.Lock()
        self._idle: list[Processes] = []
        self._busy: set[Processes] = set()
        self._ended = threading.Event()
        self._rest: threading.Timer | None = None  # holds this object while it runs

    def __reduce__(self) -> tuple[type[Carried], tuple[Terms, bytes]]:
        return Carried, (self.terms, self._context)

    def __sizeof__(self) -> int:
        return len(self._context)

    def __del__(self) -> None:
        self.end()  # the run is over, and perhaps nobody is left who could say so

    def mapped(self, function: Any, batch: Sequence[Any], arguments: Any, patience: float) -> list[bytes | Gone]:
        """The answers of a child, which maps for nobody else meanwhile. Raises RefusedError."""
        with self._lock:
            fresh = not self._idle
            child = Processes(1, self._maker()) if fresh else self._idle.pop()
            self._busy.add(child)
        try:
            if fresh:
                seen = _answers(child, compared, self.terms.sample, (), PATIENCE)
                refuse(self.terms, [each for answer in seen if isinstance(answer, bytes) for each in _found(answer)])
            return _answers(child, function, batch, arguments, patience)
        finally:
            with self._lock:
                self._busy.discard(child)
                self._idle.append(child)
                self._hold(_REST)
            if self._ended.is_set():
                self.end()

    def _hold(self, seconds: float) -> None:
        """Keep this object for so long, whoever drops it: dask drops copies in a pause, and sends others after it."""
        if self._rest is not None:
            self._rest.cancel()
        self._rest = threading.Timer(seconds, self._let_go) if seconds else None
        if self._rest is not None:
            self._rest.daemon = True
            self._rest.start()

    def _let_go(self) -> None:
        self._rest = None

    def _maker(self) -> Made:
        """What makes a child; it does not hold this object, whose end is that of the children."""
        folder, context, lock, ended = self.terms.folder, self._context, self._lock, self._ended

        def made(_others: Sequence[Worker]) -> Worker:
            with lock:
                if ended.is_set():
                    raise RefusedError("has ended the run")
                return Executed(folder, context)

        return made

    def end(self) -> None:
        """End the children at once. What they are mapping is lost."""
        with self._lock:
            self._ended.set()
            self._hold(0)
            idle, self._idle = self._idle, []
            for child in self._busy:
                child.kill()
        for child in idle:
            child.abandon()


_here: WeakValueDictionary[str, Carried] = WeakValueDictionary()  # of this process, by run


def mapped(batch: bytes, carried: Carried, function: bytes, arguments: bytes, patience: float) -> list[bytes | Gone]:
    """A task: the answers to a pickled batch, each the pickle of a worker's answer for some of the items.

    Raises RefusedError.
    """
    try:
        carried = _here.setdefault(carried.terms.run, carried)  # the first copy has the children
        return carried.mapped(Packed(function), pickle.loads(batch), Packed(arguments), patience)  # noqa: S301
    except RefusedError as error:
        from distributed import get_worker

        worker: Any = get_worker
        raise RefusedError(f"the worker {worker().address} {error}") from None


def _answers(child: Processes, function: Any, batch: Any, arguments: Any, patience: float) -> list[bytes | Gone]:
    async def answers() -> list[Any]:
        return [each async for each in child.mapped(function, deque([batch]), arguments, Gone, patience)]

    return [each[0] if isinstance(each, list) else each for each in finished(answers())]


def _found(answer: bytes) -> Any:
    return result(pickle.loads(answer))  # noqa: S301 - of a child


def software() -> str:
    """What must be the same on all machines, since it decides what is found."""
    return f"mirrorcheck {__version__} on Python {sys.version_info.major}.{sys.version_info.minor}"


def end(run: str) -> None:
    """End the children that this process has for a run."""
    carried = _here.get(run)
    if carried is not None:
        carried.end()


def sampled(sources: Sequence[Source]) -> tuple[Sample, ...]:
    """Some files of each source, evenly over their names."""
    found = []
    for number, source in enumerate(sources):
        names = list(source.files)
        chosen = names[:: max(1, len(names) // _SAMPLE)][:_SAMPLE]
        found += [Sample(number, name, _digest(source, name)) for name in chosen]
    return tuple(found)


def compared(context: Held, batch: Sequence[Sample]) -> list[tuple[Sample, bytes]]:
    """The same files, as a worker sees them."""
    return [(each, _digest(context.sources[each.source], each.name)) for each in batch]


def _digest(source: Source, name: str) -> bytes:
    """The digest of a file's beginning; no bytes if it cannot be read."""
    try:
        return xxhash.xxh3_64_digest(source.read(name, _HEAD))
    except OSError:
        return b""


def refuse(terms: Terms, seen: Sequence[tuple[Sample, bytes]]) -> None:
    """Raise RefusedError if what a worker sees is not the mirror, which may change a little while it is checked."""
    if terms.sample and not seen:
        raise RefusedError("starts a process that ends before it reads a page")
    for number, place in enumerate(terms.places):
        there = [(sample, now) for sample, now in seen if sample.source == number and sample.digest]
        if there and not any(now for _, now in there):
            raise RefusedError(f"does not see {place}, which each machine must have at the same path")
        others = [sample.name for sample, now in there if now != sample.digest]
        if len(others) * 2 > len(there):
            raise RefusedError(f"sees another state of {place}: {others[0]}, for one, is not what it is here")
