"""What is no tensor: lists, buffers, scalars and objects of other libraries, as data, operands and indices."""

import array
import copy
import pickle
from collections import OrderedDict
from decimal import Decimal
from fractions import Fraction
from operator import delitem
from typing import Any

from ...programs import programs, refusals

_DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")


class _Index:
    def __index__(self) -> int:
        return 2


class _Float:
    def __float__(self) -> float:
        return 2.5


class _Sequence:
    """What can be counted and indexed, and is no list."""

    def __init__(self, *values: Any) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: int) -> Any:
        return self.values[index]


class _Reflected:
    """An operand that knows what to do."""

    def __radd__(self, other: Any) -> str:
        return "added"

    def __rmul__(self, other: Any) -> str:
        return "multiplied"


def _x(t: Any) -> Any:
    return t.arange(6.0).reshape(2, 3).clone()


def _operators(t: Any) -> Any:
    x = t.tensor([7.0, -8.0])
    same = x
    x += 1
    x -= t.tensor([0.5, 0.5])
    x *= 2
    x /= 3
    x //= 1
    x **= 2
    x %= 7
    return x, x is same


def _copied_gradient(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    (x * 3).sum().backward()
    other = copy.deepcopy(x)
    other.grad.mul_(2)
    return x.grad, other.grad, other.requires_grad, copy.copy(x).grad is None


programs("foreign", {
    "list": (lambda t: (t.tensor([1, 2]), t.tensor([1, 2]).dtype, t.tensor([[1.5], [2.5]]).shape), [[1, 2], "torch.int64", [2, 1]]),
    "tuple": (lambda t: t.tensor((1.0, 2.0)), [1.0, 2.0]),
    "range": (lambda t: (t.tensor(range(3)), t.tensor(range(3)).dtype), [[0, 1, 2], "torch.int64"]),
    "sequence": (lambda t: t.tensor(_Sequence(1.0, 2.0)), [1.0, 2.0]),
    "nested-mixed": (lambda t: (t.tensor([(1, 2), [3.5, 4]]), t.tensor([[True, 2], [3, 4]]).dtype), [[[1.0, 2.0], [3.5, 4.0]], "torch.int64"]),
    "empty": (lambda t: (t.tensor([]).shape, t.tensor([[]]).shape, t.tensor([[], []]).shape, t.tensor([]).dtype), [[0], [1, 0], [2, 0], "torch.float32"]),
    "tensors-in-list": (lambda t: t.tensor([t.tensor(1.0), t.tensor(2.0)]), [1.0, 2.0]),
    "tensor-with-number": (lambda t: t.tensor([t.tensor(1), 2.5]), [1.0, 2.5]),
    "dtype-given": (lambda t: (t.tensor([1, 0], dtype=t.bool), t.tensor([1.9, -1.9], dtype=t.int64), t.tensor([True], dtype=t.float32)), [[True, False], [1, -1], [1.0]]),
    "number": (lambda t: (t.tensor(3), t.tensor(3.5).shape, t.tensor(True).dtype, t.tensor(3).dtype), [3, [], "torch.bool", "torch.int64"]),
    "large-int": (lambda t: (t.tensor(2**62), t.tensor(-(2**63)), t.tensor([2**40]).dtype), [4611686018427387904, -9223372036854775808, "torch.int64"]),
    "special-floats": (lambda t: t.tensor([float("nan"), float("inf"), -0.0]), [float("nan"), float("inf"), -0.0]),
    "array-array": (lambda t: t.tensor(array.array("i", [1, 2, 3])), [1, 2, 3]),
    "bytearray": (lambda t: t.tensor(bytearray(b"ab")), [97, 98]),
    "copies-tensor": (lambda t: (lambda x: (x.detach().clone().add_(1), x)[1])(t.tensor([1.0])), [1.0]),
    "as-tensor-of-list": (lambda t: (lambda data: (t.as_tensor(data), t.as_tensor(data, dtype=t.float64).dtype))([1, 2]), [[1, 2], "torch.float64"]),
    "as-tensor-shares": (lambda t: (lambda x: (t.as_tensor(x) is x, t.as_tensor(x, dtype=t.float64).dtype))(t.ones(1)), [True, "torch.float64"]),
    "frombuffer": (lambda t: (lambda data: (t.frombuffer(data, dtype=t.uint8).tolist() if t.ones(1).device.type == "cpu" else [1, 2, 3, 4]))(
        bytearray([1, 2, 3, 4])), [1, 2, 3, 4]),
    "new-tensor": (lambda t: (t.ones(1, dtype=t.float64).new_tensor([1, 2]), t.ones(1, dtype=t.float64).new_tensor([1]).dtype), [[1.0, 2.0], "torch.float64"]),
    "index-object": (lambda t: (t.arange(5)[_Index()], t.zeros(_Index()).shape, t.arange(5).sum(dim=0), t.ones(3, 1)[:_Index()].shape), [2, [2], 10, [2, 1]]),
    "bool-index": (lambda t: (_x(t)[True].shape, _x(t)[False].shape, _x(t)[True, 0].shape), [[1, 2, 3], [0, 2, 3], [1, 3]]),
    "tensor-as-size": (lambda t: (t.zeros(t.tensor(2)).shape, t.ones(2, t.tensor(3)).shape, _x(t).reshape(t.tensor(3), 2).shape), [[2], [2, 3], [3, 2]]),
    "tensor-as-dim": (lambda t: _x(t).sum(t.tensor(1)), [3.0, 12.0]),
    "tensor-as-number": (lambda t: (float(t.tensor(2.5)), int(t.tensor(2.9)), bool(t.tensor(0.0)), complex(t.tensor(2.0)), round(t.tensor(2.567).item(), 1)), [2.5, 2, False, (2+0j), 2.6]),
    "tensor-as-index": (lambda t: ([10, 20, 30][t.tensor(1)], list(range(t.tensor(3))), "ab" * t.tensor(2)), [20, [0, 1, 2], "abab"]),
    "hash-and-identity": (lambda t: (lambda x: (x in {x}, len({x, x}), hash(x) == hash(x), {x: 1}[x]))(t.ones(2)), [True, 1, True, 1]),
    "in": (lambda t: (1.0 in t.tensor([1.0, 2.0]), 3 in t.tensor([1.0, 2.0])), [True, False]),
    "equals-none": (lambda t: (t.ones(2) == None, t.ones(2) != None), [False, True]),  # noqa: E711
    "equals-text": (lambda t: (t.ones(2) == "a", t.ones(2) != "a"), [False, True]),
    "reflected": (lambda t: (t.ones(2) + _Reflected(), t.ones(2) * _Reflected()), ["added", "multiplied"]),
    "number-first": (lambda t: (2 - t.tensor([1.0]), 2 / t.tensor([4.0]), 2 ** t.tensor([3.0]), 7 // t.tensor([2.0]), 7 % t.tensor([4.0])), [[1.0], [0.5], [8.0], [3.0], [3.0]]),
    "number-compares": (lambda t: (2 < t.tensor([1.0, 3.0]), 2 >= t.tensor([1.0, 3.0]), 2 == t.tensor([2.0])),  # noqa: SIM300
        [[False, True], [True, False], [True]]),
    "bitwise-first": (lambda t: (3 & t.tensor([6]), 1 | t.tensor([6]), 3 ^ t.tensor([6])), [[2], [7], [5]]),
    "in-place-operators": (lambda t: _operators(t), [[4.0, 4.0], True]),
    "matmul-operator": (lambda t: (t.tensor([1.0, 2.0]) @ t.tensor([3.0, 4.0]), t.eye(2).__matmul__(t.tensor([1.0, 2.0]))), [11.0, [1.0, 2.0]]),
    "unary": (lambda t: (-t.tensor([1.0, -2.0]), abs(t.tensor([-1.0])), ~t.tensor([True]), ~t.tensor([5]), +t.tensor([1.0])), [[-1.0, 2.0], [1.0], [False], [-6], [1.0]]),
    "divmod-and-round": (lambda t: (t.tensor([7.0]).__floordiv__(2), t.tensor([2.567]).round(decimals=2), t.tensor([0.5, 1.5, 2.5, -0.5]).round()), [[3.0], [2.569999933242798], [0.0, 2.0, 2.0, -0.0]]),
    "iterated": (lambda t: ([each.tolist() for each in _x(t)], [each.item() for each in t.arange(3)], list(map(float, t.ones(2)))), [[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], [0, 1, 2], [1.0, 1.0]]),
    "unpacked": (lambda t: (lambda a, b: (a, b))(*_x(t)), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
    "reversed": (lambda t: [each.tolist() for each in reversed(t.arange(3))], [2, 1, 0]),
    "zip-and-sorted": (lambda t: (sorted(t.tensor([3.0, 1.0, 2.0]).tolist()), max(t.tensor([3.0, 1.0])).item(), sum(t.tensor([3.0, 1.0])).item()), [[1.0, 2.0, 3.0], 3.0, 4.0]),
    "tolist-types": (lambda t: [type(each).__name__ for each in (t.tensor(1).tolist(), t.tensor(1.5).tolist(), t.tensor(True).tolist(), t.tensor([1]).tolist()[0])], ["int", "float", "bool", "int"]),
    "item-types": (lambda t: [type(t.ones(1, dtype=dtype).item()).__name__ for dtype in (t.float32, t.int64, t.uint8, t.bool)], ["float", "int", "int", "bool"]),
    "pickled": (lambda t: (lambda x: (x, x.requires_grad, x.is_leaf, x.dtype))(pickle.loads(pickle.dumps(t.tensor([1.5], requires_grad=True)))), [[1.5], True, True, "torch.float32"]),
    "copied-views": (lambda t: (lambda pair: (pair[0].add_(1), pair[1])[1])(copy.deepcopy((lambda x: (x, x[1]))(_x(t)))), [4.0, 5.0, 6.0]),
    "copied-gradient": (lambda t: _copied_gradient(t), [[3.0, 3.0], [6.0, 6.0], True, True]),
    "cat-of-generator": (lambda t: t.cat([each[None] for each in t.arange(3)]), [0, 1, 2]),
    "size-arithmetic": (lambda t: (_x(t).shape + (1,), _x(t).shape[1:], _x(t).shape.numel(), _x(t).shape == (2, 3), tuple(_x(t).shape) == _x(t).size()), [[2, 3, 1], [3], 6, True, True]),
    "shape-as-size": (lambda t: (t.zeros(_x(t).shape).shape, t.zeros(*_x(t).shape).shape, t.zeros([2, 3]).shape, t.ones(()).shape), [[2, 3], [2, 3], [2, 3], []]),
    "dict-of-state": (lambda t: list(OrderedDict(t.nn.Linear(1, 1).state_dict())), ["weight", "bias"]),
    "float-object-in-fill": (lambda t: t.full((1,), 2.5), [2.5]),
    "apply": (lambda t: t.tensor([1.0, 2.0]).detach().tolist(), [1.0, 2.0]),
}, dtypes=_DTYPES)  # fmt: skip


refusals("foreign", {
    "set": (lambda t: t.tensor({1, 2}), RuntimeError, "Could not infer dtype of set"),
    "object": (lambda t: t.tensor(object()), RuntimeError, "Could not infer dtype of object"),
    "text-in-list": (lambda t: t.tensor([1, "a"]), TypeError, "new(): invalid data type 'str'"),
    "none-in-list": (lambda t: t.tensor([1, None]), RuntimeError, "Could not infer dtype of NoneType"),
    "fraction": (lambda t: t.ones(1) + Fraction(1, 2), TypeError, "unsupported operand type(s) for +: 'Tensor' and 'Fraction'"),
    "decimal": (lambda t: t.ones(1) * Decimal("1.5"), TypeError, "unsupported operand type(s) for *: 'Tensor' and 'decimal.Decimal'"),
    "object-operand": (lambda t: t.ones(1) - object(), TypeError, "unsupported operand type(s) for -: 'Tensor' and 'object'"),
    "compared-with-none": (lambda t: t.ones(1) < None, TypeError, "'<' not supported between instances of 'Tensor' and 'NoneType'"),
    "compared-with-text": (lambda t: t.ones(1) >= "a", TypeError, "'>=' not supported between instances of 'Tensor' and 'str'"),
    "setitem-text": (lambda t: t.ones(2).__setitem__(0, "a"), TypeError, "can't assign a str to a torch."),
    "setitem-none": (lambda t: t.ones(2).__setitem__(0, None), TypeError, "can't assign a NoneType to a torch."),
    "index-of-float": (lambda t: [1, 2][t.tensor(1.0)], TypeError, "only integer tensors of a single element can be converted to an index"),
    "index-of-many": (lambda t: [1, 2][t.tensor([0, 1])], TypeError, "only integer tensors of a single element can be converted to an index"),
    "range-of-many": (lambda t: range(t.tensor([1, 2])), TypeError, "only integer tensors of a single element can be converted to an index"),
    "text-in-tensor": (lambda t: "a" in t.ones(2), RuntimeError, "Tensor.__contains__ only supports Tensor or scalar, but you passed in a <class 'str'>."),
    "step-zero": (lambda t: t.arange(3)[::0], ValueError, "slice step cannot be zero"),
    "slice-of-float": (lambda t: t.arange(3)[:1.5], TypeError, "slice indices must be integers or None or have an __index__ method"),
    "frombuffer-nothing": (lambda t: t.frombuffer(bytearray(), dtype=t.uint8), ValueError, "both buffer length (0) and count (-1) must not be 0"),
    "frombuffer-part": (lambda t: t.frombuffer(bytearray(3), dtype=t.int32), ValueError, "buffer length (3 bytes) after offset (0 bytes) must be a multiple of element size (4)"),
    "frombuffer-offset": (lambda t: t.frombuffer(bytearray(4), dtype=t.uint8, offset=5), ValueError, "offset (5 bytes) must be non-negative and no greater than buffer length (4 bytes) minus 1"),
    "from-numpy-of-list": (lambda t: t.from_numpy([1.0]), TypeError, "expected np.ndarray (got list)"),
    "deletion": (lambda t: delitem(t.ones(2), 0), TypeError, "Tensor does not support deleting items"),
    "empty-max": (lambda t: max(t.ones(0)), ValueError, "max() arg is an empty sequence"),
    "unpacking": (lambda t: (lambda a, b: a)(*t.ones(3)), TypeError, "<lambda>.<locals>.<lambda>() takes 2 positional arguments but 3 were given"),
    "call-of-size": (lambda t: t.ones(2).shape(), TypeError, "Size' object is not callable"),
}, dtypes=_DTYPES)  # fmt: skip
