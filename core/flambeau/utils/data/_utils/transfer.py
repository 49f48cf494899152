"""How a batch gets from a worker to the loader: its memory through memory that both see, the rest through a pipe.

A batch is pickled, and the memories of its tensors and arrays are left out of the pickle (PEP 574). The worker lays them side by
side into a file that has no name and lies in memory; the loader copies them out, so that what it hands on lies in memory of its
own, and says so with the next task: the place is free then for another batch. As nothing has a name, nothing is left behind,
however the processes end. Where there is no such file, or no room for it, the memories follow the pickle through the pipe.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
from collections import deque
from collections.abc import Sequence
from multiprocessing import reduction
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.copies import rebuild_view
from flambeau._tensor.memory import Memory
from flambeau.backend.selection import find_place
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import UnsupportedError

__all__ = ["Receiver", "Sender", "SharedFile", "channel", "pickled"]

_LEAST = 4096
"""Memories of fewer bytes are left in the pickle."""

_ALIGNMENT = 64

_REMEMBERED = 4
"""How many memories of earlier batches are kept at most: as many as are usually in use at a time."""


class SharedFile:
    """A file in memory, without a name, that two processes have open; it is sent to a process when that is started."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._bytes: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _shared_file, (reduction.DupFd(self._descriptor),)

    def reaches(self, size: int) -> bool:
        """Whether there are so many bytes; the file grows, if it can, until there are."""
        if size > self._size():
            try:
                os.posix_fallocate(self._descriptor, 0, size)  # all of it is there then: writing to it cannot fail
            except OSError:
                return False
        return True

    def _size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def bytes(self, start: int, end: int) -> memoryview:
        """Some of its bytes, to read and write."""
        if self._bytes is None or end > len(self._bytes):
            self._bytes = mmap.mmap(self._descriptor, self._size())
        return memoryview(self._bytes)[start:end]

    def __del__(self) -> None:
        os.close(self._descriptor)


def _shared_file(descriptor: Any) -> SharedFile:
    return SharedFile(descriptor.detach())


def _new_file() -> SharedFile | None:
    """An empty one; None where the system has no such files, or too many are open."""
    try:
        return SharedFile(os.memfd_create("flambeau-batches"))
    except (AttributeError, OSError):
        return None


def channel(context: Any) -> tuple[Receiver, Sender]:
    """Both ends of the way from a worker to the loader; ``context`` is one of :mod:`multiprocessing`."""
    reading, writing = context.Pipe(duplex=False)
    file = _new_file()
    return Receiver(reading, file), Sender(writing, file)


class Sender:
    """The worker's end."""

    def __init__(self, connection: Any, file: SharedFile | None) -> None:
        self.connection, self._file = connection, file
        self._places: deque[tuple[int, int]] = deque()
        self._given = 0

    def taken(self, count: int) -> None:
        """Say how many places, of all that were ever given out, may be written to again."""
        while self._given - len(self._places) < count:
            self._places.popleft()

    def send(self, number: int, data: bytes, memories: Sequence[memoryview]) -> None:
        """Send a batch, pickled, with its number.

        Raises:
            OSError: nobody is there to receive it.
        """
        sizes = [memory.nbytes for memory in memories]
        start = self._place(sum(map(_aligned, sizes))) if sizes else None
        if start is not None:
            self._write(start, memories)
        self.connection.send_bytes(pickle.dumps((number, start, sizes, data)))
        if start is None:
            for memory in memories:
                self.connection.send_bytes(memory)

    def _place(self, size: int) -> int | None:
        """The first place in the file where so many bytes are free; None if there is none and it cannot grow."""
        if self._file is None:
            return None
        start = 0
        for begin, end in sorted(self._places):
            if begin - start >= size:
                break
            start = end
        if not self._file.reaches(start + size):
            return None
        self._places.append((start, start + size))
        self._given += 1
        return start

    def _write(self, start: int, memories: Sequence[memoryview]) -> None:
        assert self._file is not None
        for memory in memories:
            self._file.bytes(start, start + memory.nbytes)[:] = memory
            start += _aligned(memory.nbytes)


class Receiver:
    """The loader's end.

    Attributes:
        connection: what to wait for.
        taken: how many batches were copied out of the file.
    """

    def __init__(self, connection: Any, file: SharedFile | None) -> None:
        self.connection, self._file = connection, file
        self.taken = 0
        self._room = Room()

    def receive(self) -> tuple[int, Any]:
        """The next batch, with its number.

        Raises:
            EOFError: there is none, and nobody is there to send one.
        """
        number, start, sizes, data = pickle.loads(self.connection.recv_bytes())
        memories = [self._piped(size) for size in sizes] if start is None else self._copied(start, sizes)
        return number, pickle.loads(data, buffers=memories)

    def _piped(self, size: int) -> memoryview:
        memory = self._room.take(size)
        self.connection.recv_bytes_into(memory)
        return memory

    def _copied(self, start: int, sizes: Sequence[int]) -> list[memoryview]:
        assert self._file is not None
        memories = []
        for size in sizes:
            memory = self._room.take(size)
            memory[:] = self._file.bytes(start, start + size)
            memories.append(memory)
            start += _aligned(size)
        self.taken += 1
        return memories


class Room:
    """Memory for what arrives: where it can be, that of an earlier batch that nobody has any more.

    Fresh memory costs more than a copy: the system clears every page of it.
    """

    def __init__(self) -> None:
        self._given: deque[bytearray] = deque(maxlen=_REMEMBERED)

    def take(self, size: int) -> memoryview:
        """So many bytes that are nobody else's, as long as the view of them or one that was made of it is there."""
        for memory in self._given:
            if len(memory) == size and _is_unseen(memory):
                return memoryview(memory)
        made = bytearray(size)
        self._given.append(made)
        return memoryview(made)


def _is_unseen(memory: bytearray) -> bool:
    """Whether nobody looks into it: only then may it change its length, to which it returns."""
    try:
        del memory[-1:]
    except BufferError:
        return False
    memory.append(0)
    return True


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def pickled(result: Any) -> tuple[bytes, list[memoryview]]:
    """A result as a pickle, and the memories that are left out of it.

    Raises:
        Exception: it cannot be pickled.
    """
    stream, memories = io.BytesIO(), []

    def keep(buffer: pickle.PickleBuffer) -> bool:
        memory = buffer.raw()
        if memory.nbytes < _LEAST:
            return True
        memories.append(memory)
        return False

    _Pickler(stream, 5, True, keep).dump(result)
    return stream.getvalue(), memories


class _Pickler(reduction.ForkingPickler):
    """Leaves the memories of tensors out of the pickle, and takes no more of a memory than a tensor reaches."""

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is Memory:
            buffer = pickle.PickleBuffer(obj.type.kernels.to_host(obj.array))
            return _memory, (buffer, obj.type.dtype, str(obj.type.device))
        if isinstance(obj, Tensor) and type(obj).__reduce_ex__ is Tensor.__reduce_ex__:
            return _in_a_window(obj.__reduce_ex__(5))
        return NotImplemented


def _memory(data: Any, dtype: DType, device: str) -> Memory:
    """The memory that was pickled, on the bytes themselves where they can be written to and the backend takes them."""
    type_ = find_place(device).type(dtype)
    count = len(data) // dtype.itemsize
    if count and not isinstance(data, bytes):
        try:
            return Memory(type_.backend.from_buffer(data, dtype.name, count, 0), type_)
        except UnsupportedError:
            pass
    return Memory(type_.kernels.from_host(data, (count,), dtype.name), type_)


def _in_a_window(reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """How to pickle a tensor, with what it reaches of its memory where that is not all."""
    function, arguments, state = reduced
    if function is not rebuild_view:
        return reduced
    cls, memory, shape, strides, offset, dtype, requires_grad = arguments
    reach = 0 if 0 in shape else 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if memory.type.dtype is not dtype or memory.array.shape[0] <= reach:
        return reduced
    start = min(offset, memory.array.shape[0] - reach)
    window = Memory(memory.type.kernels.slice(memory.array, (start,), (reach,), (1,)), memory.type)
    return function, (cls, window, shape, strides, offset - start if reach else 0, dtype, requires_grad), state
