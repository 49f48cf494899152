"""Indexing with every kind of key: what is read, where gradients go, and what is written."""

from functools import partial
from typing import Any

from ...programs import programs


def _cube(t: Any) -> Any:
    return t.arange(24.0).reshape(2, 3, 4)


_KEYS: dict[str, Any] = {
    "int": lambda t: 1, "negative": lambda t: -1, "slice": lambda t: slice(1, None), "step": lambda t: (slice(None), slice(None, None, 2)),
    "beyond": lambda t: slice(1, 100), "turned": lambda t: (0, slice(2, 1)), "negative-slice": lambda t: (0, slice(-2, -1)), "ellipsis": lambda t: (..., 0),
    "ellipsis-middle": lambda t: (1, ..., 2), "none": lambda t: (None, 0), "none-end": lambda t: (0, 0, ..., None), "list": lambda t: [1, 0], "list-of-lists": lambda t: ([0, 1], [2, 0]),
    "tensor": lambda t: t.tensor([1, 1, 0]), "tensor-2d": lambda t: (0, t.tensor([[0, 1], [2, 2]])), "tensor-middle": lambda t: (slice(None), t.tensor([2, 0])),
    "tensor-last": lambda t: (..., t.tensor([3, 0])), "two-tensors": lambda t: (t.tensor([0, 1]), t.tensor([2, 0])), "apart": lambda t: (t.tensor([0, 1]), slice(None), t.tensor([3, 0])),
    "apart-int": lambda t: (0, slice(None), t.tensor([3, 0])), "int-then-tensor": lambda t: (1, t.tensor([2, 0])), "broadcast": lambda t: (t.tensor([[0], [1]]), t.tensor([2, 0])),
    "negative-tensor": lambda t: t.tensor([-1, 0]), "mask": lambda t: _cube(t) > 20, "mask-first": lambda t: t.tensor([False, True]), "mask-second": lambda t: (0, t.tensor([True, False, True])),
    "mask-2d": lambda t: t.tensor([[True, False, False], [False, False, True]]), "mask-and-tensor": lambda t: (t.tensor([True, True]), t.tensor([0, 2])),
    "mask-none": lambda t: t.tensor([False, False]), "empty-tensor": lambda t: t.tensor([], dtype=t.int64), "empty-list": lambda t: [], "zero-dim-tensor": lambda t: t.tensor(1),
    "zero-dim-mask": lambda t: t.tensor(True), "all": lambda t: (), "full": lambda t: slice(None), "slices-and-none": lambda t: (slice(0, 1), None, slice(1, 3)),
    "tensor-and-none": lambda t: (t.tensor([1]), None, slice(0, 1)), "int32-tensor": lambda t: t.tensor([1, 0], dtype=t.int32), "list-in-middle": lambda t: (slice(None), [0, 2], 1),
    "bool-list": lambda t: [True, False], "element": lambda t: (1, 2, 3), "tuple-of-ints-in-list": lambda t: (slice(None), slice(None), [3, 1, 1]),
}  # fmt: skip


def _got(t: Any, key: Any) -> Any:
    found = _cube(t)[key(t)]
    return found.shape, found


def _slope(t: Any, make: Any) -> Any:
    """The gradient of the sum of squares of a part, and what writing numbers and parts to it makes."""
    x, key = _cube(t).requires_grad_(), make(t)
    (x[key] ** 2).sum().backward()
    written, added = _cube(t), _cube(t)
    written[key] = -1.0
    added[key] = added[key] * 0 + 100
    return x.grad.sum().item(), (x.grad != 0).sum().item(), written.sum().item(), added.sum().item()


_READ: dict[str, Any] = {
    "int": [[3, 4], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]],
    "negative": [[3, 4], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]],
    "slice": [[1, 3, 4], [[[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]],
    "step": [[2, 2, 4], [[[0.0, 1.0, 2.0, 3.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [20.0, 21.0, 22.0, 23.0]]]],
    "beyond": [[1, 3, 4], [[[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]],
    "turned": [[0, 4], []],
    "negative-slice": [[1, 4], [[4.0, 5.0, 6.0, 7.0]]],
    "ellipsis": [[2, 3], [[0.0, 4.0, 8.0], [12.0, 16.0, 20.0]]],
    "ellipsis-middle": [[3], [14.0, 18.0, 22.0]],
    "none": [[1, 3, 4], [[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]]],
    "none-end": [[4, 1], [[0.0], [1.0], [2.0], [3.0]]],
    "list": [[2, 3, 4], [[[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]], [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]]],
    "list-of-lists": [[2, 4], [[8.0, 9.0, 10.0, 11.0], [12.0, 13.0, 14.0, 15.0]]],
    "tensor": [[3, 3, 4], [[[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]], [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]]],
    "tensor-2d": [[2, 2, 4], [[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]], [[8.0, 9.0, 10.0, 11.0], [8.0, 9.0, 10.0, 11.0]]]],
    "tensor-middle": [[2, 2, 4], [[[8.0, 9.0, 10.0, 11.0], [0.0, 1.0, 2.0, 3.0]], [[20.0, 21.0, 22.0, 23.0], [12.0, 13.0, 14.0, 15.0]]]],
    "tensor-last": [[2, 3, 2], [[[3.0, 0.0], [7.0, 4.0], [11.0, 8.0]], [[15.0, 12.0], [19.0, 16.0], [23.0, 20.0]]]],
    "two-tensors": [[2, 4], [[8.0, 9.0, 10.0, 11.0], [12.0, 13.0, 14.0, 15.0]]],
    "apart": [[2, 3], [[3.0, 7.0, 11.0], [12.0, 16.0, 20.0]]],
    "apart-int": [[3, 2], [[3.0, 0.0], [7.0, 4.0], [11.0, 8.0]]],
    "int-then-tensor": [[2, 4], [[20.0, 21.0, 22.0, 23.0], [12.0, 13.0, 14.0, 15.0]]],
    "broadcast": [[2, 2, 4], [[[8.0, 9.0, 10.0, 11.0], [0.0, 1.0, 2.0, 3.0]], [[20.0, 21.0, 22.0, 23.0], [12.0, 13.0, 14.0, 15.0]]]],
    "negative-tensor": [[2, 3, 4], [[[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]], [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]]],
    "mask": [[3], [21.0, 22.0, 23.0]],
    "mask-first": [[1, 3, 4], [[[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]],
    "mask-second": [[2, 4], [[0.0, 1.0, 2.0, 3.0], [8.0, 9.0, 10.0, 11.0]]],
    "mask-2d": [[2, 4], [[0.0, 1.0, 2.0, 3.0], [20.0, 21.0, 22.0, 23.0]]],
    "mask-and-tensor": [[2, 4], [[0.0, 1.0, 2.0, 3.0], [20.0, 21.0, 22.0, 23.0]]],
    "mask-none": [[0, 3, 4], []],
    "empty-tensor": [[0, 3, 4], []],
    "empty-list": [[0, 3, 4], []],
    "zero-dim-tensor": [[3, 4], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]],
    "zero-dim-mask": [[1, 2, 3, 4], [[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]]],
    "all": [[2, 3, 4], [[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]],
    "full": [[2, 3, 4], [[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]], [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]]]],
    "slices-and-none": [[1, 1, 2, 4], [[[[4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]]]],
    "tensor-and-none": [[1, 1, 1, 4], [[[[12.0, 13.0, 14.0, 15.0]]]]],
    "int32-tensor": [[2, 3, 4], [[[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]], [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]]],
    "list-in-middle": [[2, 2], [[1.0, 9.0], [13.0, 21.0]]],
    "bool-list": [[1, 3, 4], [[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]]],
    "element": [[], 23.0],
    "tuple-of-ints-in-list": [[2, 3, 3], [[[3.0, 1.0, 1.0], [7.0, 5.0, 5.0], [11.0, 9.0, 9.0]], [[15.0, 13.0, 13.0], [19.0, 17.0, 17.0], [23.0, 21.0, 21.0]]]],
}  # fmt: skip
_WRITTEN: dict[str, Any] = {
    "int": [420.0, 12, 54.0, 1266.0],
    "negative": [420.0, 12, 54.0, 1266.0],
    "slice": [420.0, 12, 54.0, 1266.0],
    "step": [368.0, 15, 76.0, 1692.0],
    "beyond": [420.0, 12, 54.0, 1266.0],
    "turned": [0.0, 0, 276.0, 276.0],
    "negative-slice": [44.0, 4, 250.0, 654.0],
    "ellipsis": [120.0, 5, 210.0, 816.0],
    "ellipsis-middle": [108.0, 3, 219.0, 522.0],
    "none": [132.0, 11, 198.0, 1410.0],
    "none-end": [12.0, 3, 266.0, 670.0],
    "list": [552.0, 23, -24.0, 2400.0],
    "list-of-lists": [184.0, 8, 176.0, 984.0],
    "tensor": [972.0, 23, -24.0, 2400.0],
    "tensor-2d": [208.0, 11, 198.0, 1410.0],
    "tensor-middle": [368.0, 15, 76.0, 1692.0],
    "tensor-last": [276.0, 11, 126.0, 1338.0],
    "two-tensors": [184.0, 8, 176.0, 984.0],
    "apart": [138.0, 6, 201.0, 807.0],
    "apart-int": [66.0, 5, 237.0, 843.0],
    "int-then-tensor": [280.0, 8, 128.0, 936.0],
    "broadcast": [368.0, 15, 76.0, 1692.0],
    "negative-tensor": [552.0, 23, -24.0, 2400.0],
    "mask": [132.0, 3, 207.0, 510.0],
    "mask-first": [420.0, 12, 54.0, 1266.0],
    "mask-second": [88.0, 7, 224.0, 1032.0],
    "mask-2d": [184.0, 7, 176.0, 984.0],
    "mask-and-tensor": [184.0, 7, 176.0, 984.0],
    "mask-none": [0.0, 0, 276.0, 276.0],
    "empty-tensor": [0.0, 0, 276.0, 276.0],
    "empty-list": [0.0, 0, 276.0, 276.0],
    "zero-dim-tensor": [420.0, 12, 54.0, 1266.0],
    "zero-dim-mask": [552.0, 23, -24.0, 2400.0],
    "all": [552.0, 23, -24.0, 2400.0],
    "full": [552.0, 23, -24.0, 2400.0],
    "slices-and-none": [120.0, 8, 208.0, 1016.0],
    "tensor-and-none": [108.0, 4, 218.0, 622.0],
    "int32-tensor": [552.0, 23, -24.0, 2400.0],
    "list-in-middle": [88.0, 4, 228.0, 632.0],
    "bool-list": [132.0, 11, 198.0, 1410.0],
    "element": [46.0, 1, 252.0, 353.0],
    "tuple-of-ints-in-list": [420.0, 12, 120.0, 1332.0],
}  # fmt: skip

programs("getitem", {name: (partial(_got, key=key), _READ[name]) for name, key in _KEYS.items()},
         aspect="keys", dtypes=("float32", "int64", "int32", "bool"))  # fmt: skip
programs("setitem", {name: (partial(_slope, make=key), _WRITTEN[name]) for name, key in _KEYS.items()},
         aspect="keys", dtypes=("float32", "int64", "int32", "bool"))  # fmt: skip
