"""From a worker to the loader: every kind of batch arrives whole, in memory of its own, whichever way it takes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau import dtypes
from flambeau.utils.data._utils import transfer

DTYPES = [getattr(dtypes, name) for name in dtypes.__all__ if isinstance(getattr(dtypes, name), dtypes.dtype)]

Pair = namedtuple("Pair", ["image", "label"])


class Ends:
    """A worker's end and the loader's, in one process."""

    def __init__(self) -> None:
        self.receiver, self.sender = transfer.channel(multiprocessing.get_context("fork"))
        self.sent = 0

    def passed(self, batch: Any) -> Any:
        """The batch as it arrives; it is sent by a thread, because a pipe holds little."""
        self.sender.taken(self.receiver.taken)
        sending = threading.Thread(target=self.sender.send, args=(self.sent, *transfer.pickled(batch)))
        sending.start()
        number, received = self.receiver.receive()
        sending.join()
        assert number == self.sent
        self.sent += 1
        return received


def _without_file(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    ends.sender._file = ends.receiver._file = None


def _without_room(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)


WAYS: dict[str, Callable[[Ends, pytest.MonkeyPatch], None]] = {
    "memory": lambda ends, monkeypatch: None, "no file": _without_file, "no room": _without_room
}  # fmt: skip


@pytest.fixture(params=WAYS)
def ends(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Both ends, with memory that both see, without, and with none left."""
    made = Ends()
    WAYS[request.param](made, monkeypatch)
    return made


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", [0, 3, 5000])
def test_every_dtype_arrives(ends: Ends, dtype: Any, size: int) -> None:
    sent = (flambeau.arange(size) % 7).to(dtype)
    received = ends.passed(sent)
    assert (received.dtype, received.shape) == (sent.dtype, sent.shape)
    assert received.tolist() == sent.tolist()
    received.fill_(1)  # its memory can be written to
    assert sent.tolist() == (flambeau.arange(size) % 7).to(dtype).tolist()


BATCHES: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None, "text": lambda: ("a" * 100_000, b"b" * 100_000, 3, 2.5, 1j), "number": lambda: flambeau.tensor(3),
    "nested": lambda: {"a": [flambeau.ones(40, 40), (flambeau.zeros(3), "x")], "b": Pair(flambeau.arange(9000), None)},
    "ordered": lambda: OrderedDict(a=flambeau.ones(5000)), "transposed": lambda: flambeau.arange(6000).reshape(60, 100).t(),
    "channels last": lambda: flambeau.arange(1200).reshape(1, 3, 20, 20).to(memory_format=flambeau.channels_last),
    "expanded": lambda: flambeau.arange(5).expand(2000, 5), "steps": lambda: flambeau.arange(20_000)[1::3],
    "row": lambda: flambeau.arange(30_000).reshape(3, 10_000)[1],
    "requires grad": lambda: flambeau.ones(5000, requires_grad=True),
    "parameter": lambda: flambeau.nn.Parameter(flambeau.ones(3000)), "sparse": lambda: flambeau.eye(600).to_sparse(),
    "sparse rows": lambda: flambeau.eye(600).to_sparse_csr(),
    "many": lambda: [flambeau.full((1000,), float(i)) for i in range(30)],
    "array": lambda: np.arange(10_000.0).reshape(100, 100)[::2], "array of text": lambda: np.array(["a", "bc"]),
    "small view": lambda: flambeau.arange(100_000)[5:8], "no elements": lambda: flambeau.ones(3, 0, 2)[1:],
    "last": lambda: flambeau.arange(10_000)[9_999:],
    "bits": lambda: flambeau.arange(4000, dtype=flambeau.int32).view(flambeau.float32),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
@pytest.mark.parametrize("name", BATCHES)
def test_every_kind_of_batch_arrives(ends: Ends, name: str) -> None:
    sent = BATCHES[name]()
    for _ in range(3):
        assert _told(ends.passed(sent)) == _told(sent)


def _told(batch: Any) -> Any:
    kind = type(batch).__name__
    if isinstance(batch, flambeau.Tensor):
        shown = (kind, batch.dtype, batch.shape, batch.requires_grad, batch.layout)
        if batch.layout is not flambeau.strided:
            return shown, batch.to_dense().tolist()
        return shown, batch.stride(), batch.view(flambeau.int32).tolist() if name_of_bits(batch) else batch.tolist()
    if isinstance(batch, np.ndarray):
        return kind, batch.dtype, batch.shape, batch.tolist()
    if isinstance(batch, (list, tuple)):
        return kind, [_told(entry) for entry in batch]
    if isinstance(batch, dict):
        return kind, [(key, _told(value)) for key, value in batch.items()]
    return kind, batch


def name_of_bits(batch: flambeau.Tensor) -> bool:
    """Whether the numbers may not be compared as such."""
    return batch.dtype is flambeau.float32 and bool(batch.isnan().any())


def test_what_shares_memory_shares_it_again(ends: Ends) -> None:
    whole = flambeau.zeros(100, 100)
    one, other = ends.passed((whole, whole.t()))
    one[3, 5] = 7.0
    assert other[5, 3].item() == 7.0


def test_a_small_part_of_a_large_memory_goes_alone() -> None:
    base = flambeau.arange(1_000_000.0).reshape(1000, 1000)
    data, memories = transfer.pickled([base[3], base[5, 10:20], base[::500, 7]])
    assert len(data) + sum(memory.nbytes for memory in memories) < 10_000 + base[::500, 7].stride(0) * 4 * 3
    assert Ends().passed(base[3]).untyped_storage().nbytes() == 4000


def test_what_arrives_is_its_own_and_the_place_is_used_again() -> None:
    ends = Ends()
    received = [ends.passed(flambeau.full((50_000,), float(number))) for number in range(20)]
    assert [each[0].item() for each in received] == list(range(20))
    file = ends.sender._file
    assert file is not None
    assert file._size() == 200_000 // 64 * 64
    assert received[0].untyped_storage().nbytes() == 200_000
    received[0][1:3] = -1.0
    assert received[0][:4].tolist() == [0.0, -1.0, -1.0, 0.0]


def test_places_are_side_by_side_until_they_are_taken() -> None:
    sender = Ends().sender
    sizes = (64_000, 128_000, 64_000)
    assert [sender._place(size) for size in sizes] == [0, 64_000, 192_000]
    sender.taken(1)
    assert sender._place(128_000) == 256_000
    assert sender._place(64_000) == 0
    sender.taken(3)
    assert sender._place(100_000) == 64_000
    sender.taken(6)
    assert sender._place(10) == 0
    sender._file = None
    assert sender._place(10) is None


def test_a_system_without_such_files_uses_the_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    ends = Ends()
    assert ends.sender._file is None
    assert ends.passed(flambeau.ones(70_000)).sum().item() == 70_000


def test_what_cannot_be_pickled_is_refused_before_anything_is_sent() -> None:
    ends = Ends()
    with pytest.raises(Exception, match="pickle"):
        transfer.pickled([flambeau.ones(5000), lambda: 3])
    assert ends.passed("next") == "next"


def test_memory_of_batches_that_are_gone_is_used_again_and_that_of_others_is_not() -> None:
    room = transfer.Room()
    first, second = room.take(10), room.take(10)
    assert first.obj is not second.obj
    tensor = flambeau.frombuffer(first, dtype=flambeau.uint8)
    place = id(second.obj)
    del first, second
    again = room.take(10)
    assert id(again.obj) == place
    array = tensor.numpy()[3:]
    del tensor
    assert room.take(10).obj is not again.obj
    array[:] = 3
    assert set(again) == {0}
    assert len(room.take(11)) == 11


class Zero:
    """Something that keeps the very buffer that it is unpickled with."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Zero, (pickle.PickleBuffer(self.data),)


def test_what_keeps_its_buffer_is_left_alone() -> None:
    ends = Ends()
    kept = [ends.passed(Zero(bytearray([number]) * 9000)) for number in range(5)]
    assert [set(each.data) for each in kept] == [{number} for number in range(5)]


def test_batches_that_are_kept_stay_what_they_are() -> None:
    ends = Ends()
    kept = [
        ends.passed((flambeau.full((2000,), float(number)), flambeau.full((2000,), -number))) for number in range(12)
    ]
    assert [(one[-1].item(), other[0].item()) for one, other in kept] == [(number, -number) for number in range(12)]
