"""Files of objects: what is saved is loaded, with what tensors share, where it shall be, and no more than is allowed."""

import io
import mmap
import pickle
import sys
from collections import OrderedDict
from importlib import import_module
from typing import Any

from ...programs import program, programs, refusals


def _reloaded(t: Any, obj: Any, *, older: bool = False, **options: Any) -> Any:
    file = io.BytesIO()
    t.save(obj, file, _use_new_zipfile_serialization=not older)
    file.seek(0)
    return t.load(file, **options)


@program("save/value/state", [[1.0, 2.0], [3.0], "<All keys matched successfully>", True], anchors=("save", "load"))
def _state(t: Any) -> Any:
    first, second = t.nn.Linear(2, 1), t.nn.Linear(2, 1)
    with t.no_grad():
        first.weight.copy_(t.tensor([[1.0, 2.0]]))
        first.bias.fill_(3)
    file = io.BytesIO()
    t.save(first.state_dict(), file)
    file.seek(0)
    state = t.load(file, map_location=first.weight.device)
    report = str(second.load_state_dict(state))
    return [second.weight[0], second.bias, report, second.weight.device == first.weight.device]


def _shared(t: Any, **options: Any) -> Any:
    x = t.arange(6.0)
    loaded = _reloaded(t, {"all": x, "part": x[2:4], "turned": x.reshape(2, 3).t()}, **options)
    loaded["all"][3] = 50
    return [loaded["part"], loaded["turned"], loaded["turned"].stride(), loaded["part"].storage_offset()]


def _containers(t: Any) -> Any:
    state = OrderedDict(b=t.ones(1), a=(1, 2.5, None, "text", b"bytes", True, {1}, [t.float16, t.Size([2])]))
    loaded = _reloaded(t, state)
    return [type(loaded).__name__, list(loaded), loaded["b"], loaded["a"][:6], len(loaded["a"][6]), loaded["a"][7]]


def _parameter(t: Any) -> Any:
    loaded = _reloaded(t, [t.nn.Parameter(t.ones(2)), t.zeros(1, requires_grad=True), t.nn.Parameter(t.ones(1), False)])
    return [type(loaded[0]).__name__, [each.requires_grad for each in loaded], loaded[0].is_leaf]


def _placed(t: Any) -> Any:
    asked = []

    def place(storage: Any, tag: str) -> Any:
        asked.append(storage.nbytes())
        return storage

    file = io.BytesIO()
    t.save([t.ones(3), t.ones(2)], file)
    made = []
    for location in ("cpu", t.device("cpu"), place):
        file.seek(0)
        made.append([each.device.type for each in t.load(file, map_location=location)])
    return [made, asked]


def _metadata(t: Any) -> Any:
    state = _reloaded(t, t.nn.BatchNorm1d(2).state_dict())
    return [list(state), state._metadata[""]["version"], state["num_batches_tracked"]]


def _sparse(t: Any, **options: Any) -> Any:
    dense = t.tensor([[0.0, 2.0], [3.0, 0.0]])
    loaded = _reloaded(t, [dense.to_sparse(), dense.to_sparse_csr()], **options)
    return [[str(each.layout), each.to_dense()] for each in loaded]


_EYE = [["torch.sparse_coo", [[0.0, 2.0], [3.0, 0.0]]], ["torch.sparse_csr", [[0.0, 2.0], [3.0, 0.0]]]]
_PLACES = [[2.0, 50.0], [[0.0, 50.0], [1.0, 4.0], [2.0, 5.0]], [1, 3], 2]

programs("save", {
    "shared": (lambda t: _shared(t), _PLACES),
    "shared-older": (lambda t: _shared(t, older=True), _PLACES),
    "shared-trusted": (lambda t: _shared(t, weights_only=False), _PLACES),
    "containers": (lambda t: _containers(t), ["OrderedDict", ["b", "a"], [1.0], [1, 2.5, None, "text", "b'bytes'", True], 1, ["torch.float16", [2]]]),
    "parameter": (lambda t: _parameter(t), ["Parameter", [True, True, False], True]),
    "metadata": (lambda t: _metadata(t), [["weight", "bias", "running_mean", "running_var", "num_batches_tracked"], 2, 0]),
    "empty": (lambda t: [list(each.shape) for each in _reloaded(t, [t.empty(0, 3), t.tensor(1.0)])], [[0, 3], []]),
    "integers": (lambda t: _reloaded(t, t.tensor([1, -(1 << 62)])), [1, -(1 << 62)]),
    "expanded": (lambda t: [_reloaded(t, t.ones(1).expand(3)), list(_reloaded(t, t.ones(1).expand(3)).stride())], [[1.0, 1.0, 1.0], [0]]),
})  # fmt: skip
programs("save", {"sparse": (lambda t: _sparse(t), _EYE), "sparse-older": (lambda t: _sparse(t, older=True), _EYE)})
programs("load", {
    "map-location": (lambda t: _placed(t), [[["cpu", "cpu"]] * 3, [12, 8]]),
    "allowed": (lambda t: _allowed(t), [3]),
})  # fmt: skip


def _allowed(t: Any) -> Any:
    file = io.BytesIO()
    t.save(frozenset([3]), file)
    file.seek(0)
    with t.serialization.safe_globals([frozenset]):
        loaded = t.load(file)
    return sorted(loaded)


def _cut(t: Any) -> None:
    file = io.BytesIO()
    t.save(t.ones(2), file)
    t.load(io.BytesIO(file.getvalue()[:300]))


class _Stream(io.RawIOBase):
    def readable(self) -> bool:
        return True


refusals("load", {
    "global": (lambda t: _reloaded(t, frozenset([1])), pickle.UnpicklingError, "Unsupported global: GLOBAL frozenset was not an allowed global by default."),
    "module": (lambda t: _reloaded(t, t.nn.Linear(1, 1)), pickle.UnpicklingError, "Weights only load failed. This file can still be loaded"),
    "location": (lambda t: _reloaded(t, t.ones(1), map_location="lpu"), RuntimeError, "don't know how to restore data location of torch.storage.UntypedStorage (tagged with lpu)"),
    "cut": (_cut, RuntimeError, "PytorchStreamReader failed reading zip archive: failed finding central directory"),
    "stream": (lambda t: t.load(_Stream()), io.UnsupportedOperation, "You can only torch.load from a file that is seekable."),
    "pickle-module": (lambda t: _reloaded(t, 1, pickle_module=pickle, weights_only=True), RuntimeError, "Can not safely load weights when explicit pickle_module is specified"),
    "mapped-file-object": (lambda t: _reloaded(t, 1, mmap=True), ValueError, "f must be a file path in order to use the mmap argument"),
})  # fmt: skip
refusals("save", {
    "no-file": (lambda t: t.save(1, 5), AttributeError, "expected 'f' to be string, path, or a file-like object with a 'write' attribute"),
    "folder": (lambda t: t.save(1, "/no/such/folder/a.pt"), RuntimeError, "Parent directory /no/such/folder does not exist."),
})  # fmt: skip
refusals("save", {
    "two-dtypes": (lambda t: _reloaded(t, [x := t.ones(2), x.view(t.int32)]), RuntimeError, "Cannot save multiple tensors or storages that view the same data as different types"),
}, extensions=("bytes",))  # fmt: skip


# -- what steers files -------------------------------------------------------------------------------------------------


def _unsafe(t: Any) -> Any:
    file = io.BytesIO()
    t.save([frozenset([1]), t.ones(1)], file)
    file.seek(0)
    return t.serialization.get_unsafe_globals_in_checkpoint(file)


def _added(t: Any) -> Any:
    before = len(t.serialization.get_safe_globals())
    with t.serialization.safe_globals([frozenset]):
        inside = len(t.serialization.get_safe_globals())
    return [inside - before, len(t.serialization.get_safe_globals()) - before]


def _order(t: Any) -> Any:
    kinds = t.serialization.LoadEndianness
    found = [t.serialization.get_default_load_endianness()]
    t.serialization.set_default_load_endianness(kinds.BIG)
    try:
        found.append(t.serialization.get_default_load_endianness().name)
    finally:
        t.serialization.set_default_load_endianness(None)
    return [*found, [kind.name for kind in kinds]]


def _checksums(t: Any) -> Any:
    t.serialization.set_crc32_options(False)
    try:
        return [t.serialization.get_crc32_options(), _reloaded(t, t.arange(3))]
    finally:
        t.serialization.set_crc32_options(True)


def _options(t: Any) -> Any:
    """Options for a whole program, in a block and behind it."""
    config = import_module(f"{t.__name__}.utils.serialization.config")
    names = ("load.mmap", "save.compute_crc32", "save.storage_alignment")

    def found() -> list[Any]:
        return [getattr(getattr(config, group), name) for group, name in (each.split(".") for each in names)]

    with config.patch({"save.storage_alignment": 256, "save.compute_crc32": False}):
        inside, file = found(), io.BytesIO()
        t.save(t.ones(3), file)
    with config.patch("load.mmap", True):
        mapped = found()
    return [inside, mapped, found(), file.getvalue().index(bytes.fromhex("0000803f")) % 256]


def _maps(t: Any) -> Any:
    flags = t.serialization.get_default_mmap_options()
    with t.serialization.set_default_mmap_options(mmap.MAP_SHARED):
        inside = t.serialization.get_default_mmap_options()
    return [inside == mmap.MAP_SHARED, t.serialization.get_default_mmap_options() == flags]


def _without_data(t: Any) -> Any:
    with t.serialization.skip_data(materialize_fake_tensors=True):
        file = io.BytesIO()
        t.save(t.ones(3), file)
    file.seek(0)
    return t.load(file)


def _storage(t: Any) -> Any:
    return t.ones(2, device="cpu").untyped_storage()


class _Pickles:
    """A module of pickles in Python."""

    __name__ = "pickles"
    Pickler, Unpickler = pickle._Pickler, pickle._Unpickler


_STORAGES = [
    f"{name}Storage" for name in (
        "Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool", "ComplexDouble", "ComplexFloat",
        "QUInt8", "QInt8", "QInt32", "QUInt4x2", "QUInt2x4",
    )
]  # fmt: skip


class _Module:
    __name__, __version__ = "module", "1.10.2"


def _versions(t: Any) -> Any:
    check = t.serialization.check_module_version_greater_or_equal
    return [check(_Module, (1, 9)), check(_Module, (1, 11)), check(_Module, (1, 9, 0, 1), error_if_malformed=False)]


programs("serialization", {
    "unsafe": (_unsafe, ["builtins.frozenset"]),
    "added": (_added, [1, 0]),
    "byte-order": (_order, [None, "BIG", ["NATIVE", "LITTLE", "BIG"]]),
    "checksums": (_checksums, [False, [0, 1, 2]]),
    "options": (_options, [[False, False, 256], [True, True, 64], [False, True, 64], 0]),
    "without-data": (_without_data, [0.0, 0.0, 0.0]),
    "tag": (lambda t: t.serialization.location_tag(_storage(t)), "cpu"),
    "restored": (lambda t: t.serialization.default_restore_location(_storage(t), "cpu").nbytes(), 8),
    "type": (lambda t: [str(t.serialization.StorageType(name)) for name in ("FloatStorage", "BoolStorage")], ["StorageType(dtype=torch.float32)", "StorageType(dtype=torch.bool)"]),
    "versions": (_versions, [True, False, True]),
    "types": (lambda t: [type(t.serialization.StorageType(name)).__name__ for name in _STORAGES], ["StorageType"] * 17),
    "byte-orders": (lambda t: t.serialization.LoadEndianness(2).name, "LITTLE"),
    "protocol": (lambda t: _reloaded_with(t, pickle_protocol=4), [1.0, 1.0]),
    "pickle-module": (lambda t: _reloaded_with(t, pickle_module=_Pickles), [1.0, 1.0]),
})  # fmt: skip
programs("UntypedStorage", {
    "cpu": (lambda t: _storage(t).cpu().nbytes(), 8),
    "to": (lambda t: _storage(t).to(device="cpu").device.type, "cpu"),
})  # fmt: skip
refusals("serialization", {
    "byte-order": (lambda t: t.serialization.set_default_load_endianness("big"), TypeError, "Invalid argument type in function set_default_load_endianness"),
    "maps": (lambda t: t.serialization.set_default_mmap_options(77), ValueError, "expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, but got 77"),
    "version": (lambda t: t.serialization.check_module_version_greater_or_equal(_Module, (1, 9, 0, 1)), RuntimeError, "'_Module' module version string is malformed '1.10.2' and cannot be compared with tuple (1, 9, 0, 1)"),
    "no-checkpoint": (lambda t: t.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(b"none")), ValueError, "Expected input to be a checkpoint returned by torch.save"),
})  # fmt: skip
if sys.platform != "win32":
    programs("serialization", {"maps": (_maps, [True, True])})


def _reloaded_with(t: Any, **options: Any) -> Any:
    file = io.BytesIO()
    t.save(t.ones(2), file, **options)
    file.seek(0)
    return t.load(file, weights_only=False)
