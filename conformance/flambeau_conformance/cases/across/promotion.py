"""Promotion: what comes of numbers, tensors without and with dimensions, and in-place writes, for every pair of kinds."""

from itertools import product
from typing import Any

from ...programs import program, programs, refusals

_ALL = (
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "complex64",
    "complex128",
)
_HALVES = ("float16", "bfloat16")
_SHORT = {"bool": "b", "uint8": "u1", "int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8", "float16": "f2", "bfloat16": "bf",
          "float32": "f4", "float64": "f8", "complex64": "c8", "complex128": "c16"}  # fmt: skip


def _short(dtype: Any) -> str:
    return _SHORT[str(dtype).removeprefix("torch.")]


# One row for each dtype, one entry for each dtype in the order of `_ALL`.
_PAIRS = {
    "bool": "b u1 i1 i2 i4 i8 f2 bf f4 f8 c8 c16",
    "uint8": "u1 u1 i2 i2 i4 i8 f2 bf f4 f8 c8 c16",
    "int8": "i1 i2 i1 i2 i4 i8 f2 bf f4 f8 c8 c16",
    "int16": "i2 i2 i2 i2 i4 i8 f2 bf f4 f8 c8 c16",
    "int32": "i4 i4 i4 i4 i4 i8 f2 bf f4 f8 c8 c16",
    "int64": "i8 i8 i8 i8 i8 i8 f2 bf f4 f8 c8 c16",
    "float16": "f2 f2 f2 f2 f2 f2 f2 f4 f4 f8 c8 c16",
    "bfloat16": "bf bf bf bf bf bf f4 bf f4 f8 c8 c16",
    "float32": "f4 f4 f4 f4 f4 f4 f4 f4 f4 f8 c8 c16",
    "float64": "f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 c16 c16",
    "complex64": "c8 c8 c8 c8 c8 c8 c8 c8 c8 c16 c8 c16",
    "complex128": "c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16",
}  # fmt: skip


@program("promote_types/value/all-pairs", [entries.split() for entries in _PAIRS.values()], dtypes=())
def _promote(t: Any) -> Any:
    return [[_short(t.promote_types(getattr(t, one), getattr(t, two))) for two in _ALL] for one in _ALL]


_CASTS = {
    "bool": "111111111111",
    "uint8": "011111111111",
    "int8": "011111111111",
    "int16": "011111111111",
    "int32": "011111111111",
    "int64": "011111111111",
    "float16": "000000111111",
    "bfloat16": "000000111111",
    "float32": "000000111111",
    "float64": "000000111111",
    "complex64": "000000000011",
    "complex128": "000000000011",
}  # fmt: skip


@program("can_cast/value/all-pairs", list(_CASTS.values()), dtypes=())
def _can_cast(t: Any) -> Any:
    return ["".join("01"[t.can_cast(getattr(t, one), getattr(t, two))] for two in _ALL) for one in _ALL]


# What the result of a tensor with dimensions, one without, and a number is: each with each.
_BY_KIND = {
    "bool": "b i8 f4 c8 b u1 i1 i2 i4 i8 f2 bf f4 f8 c8 c16",
    "uint8": "u1 u1 f4 c8 u1 u1 u1 u1 u1 u1 f2 bf f4 f8 c8 c16",
    "int8": "i1 i1 f4 c8 i1 i1 i1 i1 i1 i1 f2 bf f4 f8 c8 c16",
    "int16": "i2 i2 f4 c8 i2 i2 i2 i2 i2 i2 f2 bf f4 f8 c8 c16",
    "int32": "i4 i4 f4 c8 i4 i4 i4 i4 i4 i4 f2 bf f4 f8 c8 c16",
    "int64": "i8 i8 f4 c8 i8 i8 i8 i8 i8 i8 f2 bf f4 f8 c8 c16",
    "float16": "f2 f2 f2 f2 f2 f2 f2 f2 f2 f2 f2 f2 f2",
    "bfloat16": "bf bf bf c8 bf bf bf bf bf bf bf bf bf bf c8 c8",
    "float32": "f4 f4 f4 c8 f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 c8 c8",
    "float64": "f8 f8 f8 c16 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 c16 c16",
    "complex64": "c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8",
    "complex128": "c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16 c16",
}  # fmt: skip


def _kinds(t: Any, name: str) -> list[str]:
    """The results beside numbers, and beside tensors without dimensions of every dtype."""
    x = t.ones(2, dtype=getattr(t, name))
    half = name == "float16"  # there is no complex dtype of half precision
    numbers = (True, 2, 2.0) if half else (True, 2, 2.0, 2j)
    others = (t.ones((), dtype=getattr(t, other)) for other in _ALL if not half or "complex" not in other)
    return [_short(t.result_type(x, other)) for other in (*numbers, *others)]


for _name in _ALL:

    @program(f"result_type/value/{_name}-beside-weaker", _BY_KIND[_name].split(), dtypes=_ALL)
    def _beside(t: Any, name: str = _name) -> Any:
        return _kinds(t, name)


# The dtype that operations give, for two tensors, and for a tensor and numbers.
_OPERATIONS: dict[str, Any] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b, "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b, "pow": lambda a, b: a**b, "eq": lambda a, b: a == b, "radd": lambda a, b: b + a, "rsub": lambda a, b: b - a,
    "rdiv": lambda a, b: b / a, "rpow": lambda a, b: b**a,
}  # fmt: skip
_SOME = ("bool", "uint8", "int32", "int64", "float32", "float64")
_GIVEN = {
    ("add", False): "b i8 f4 b u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 i4 i4 i8 f4 f8 | i8 i8 f4 i8 i8 i8 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f8 f8 |",
    ("add", True): "b i8 f4 b u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 u1 i4 i8 f4 f8 | i8 i8 f4 i8 u1 i4 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f4 f8 |",
    ("sub", False): "- - - - - - - - - | - u1 f4 - u1 i4 i8 f4 f8 | - i4 f4 - i4 i4 i8 f4 f8 | - i8 f4 - i8 i8 i8 f4 f8 | - f4 f4 - f4 f4 f4 f4 f8 | - f8 f8 - f8 f8 f8 f8 f8 |",
    ("sub", True): "- - - - - - - - - | - u1 f4 - u1 i4 i8 f4 f8 | - i4 f4 - u1 i4 i8 f4 f8 | - i8 f4 - u1 i4 i8 f4 f8 | - f4 f4 - f4 f4 f4 f4 f8 | - f8 f8 - f8 f8 f8 f4 f8 |",
    ("mul", False): "b i8 f4 b u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 i4 i4 i8 f4 f8 | i8 i8 f4 i8 i8 i8 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f8 f8 |",
    ("mul", True): "b i8 f4 b u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 u1 i4 i8 f4 f8 | i8 i8 f4 i8 u1 i4 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f4 f8 |",
    ("div", False): "f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f8 f8 |",
    ("div", True): "f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f4 f8 |",
    ("floordiv", False): "- i8 f4 - u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 i4 i4 i8 f4 f8 | i8 i8 f4 i8 i8 i8 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f8 f8 |",
    ("floordiv", True): "- i8 f4 - u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 u1 i4 i8 f4 f8 | i8 i8 f4 i8 u1 i4 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f4 f8 |",
    ("mod", False): "- i8 f4 - u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 i4 i4 i8 f4 f8 | i8 i8 f4 i8 i8 i8 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f8 f8 |",
    ("mod", True): "- i8 f4 - u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 u1 i4 i8 f4 f8 | i8 i8 f4 i8 u1 i4 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f4 f8 |",
    ("pow", False): "b i8 f4 - u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 i4 i4 i8 f4 f8 | i8 i8 f4 i8 i8 i8 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f8 f8 |",
    ("pow", True): "b i8 f4 - u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 u1 i4 i8 f4 f8 | i8 i8 f4 i8 u1 i4 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f4 f8 |",
    ("eq", False): "b b b b b b b b b | b b b b b b b b b | b b b b b b b b b | b b b b b b b b b | b b b b b b b b b | b b b b b b b b b |",
    ("eq", True): "b b b b b b b b b | b b b b b b b b b | b b b b b b b b b | b b b b b b b b b | b b b b b b b b b | b b b b b b b b b |",
    ("radd", False): "b i8 f4 b u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 i4 i4 i8 f4 f8 | i8 i8 f4 i8 i8 i8 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f8 f8 |",
    ("radd", True): "b i8 f4 b u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 u1 i4 i8 f4 f8 | i8 i8 f4 i8 u1 i4 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f4 f8 |",
    ("rsub", False): "- - - - - - - - - | - u1 f4 - u1 i4 i8 f4 f8 | - i4 f4 - i4 i4 i8 f4 f8 | - i8 f4 - i8 i8 i8 f4 f8 | - f4 f4 - f4 f4 f4 f4 f8 | - f8 f8 - f8 f8 f8 f8 f8 |",
    ("rsub", True): "- - - - - - - - - | - u1 f4 - u1 i4 i8 f4 f8 | - i4 f4 - u1 i4 i8 f4 f8 | - i8 f4 - u1 i4 i8 f4 f8 | - f4 f4 - f4 f4 f4 f4 f8 | - f8 f8 - f8 f8 f8 f4 f8 |",
    ("rdiv", False): "f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f8 f8 |",
    ("rdiv", True): "f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f4 f8 |",
    ("rpow", False): "- i8 f4 - u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 i4 i4 i8 f4 f8 | i8 i8 f4 i8 i8 i8 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f8 f8 |",
    ("rpow", True): "- i8 f4 - u1 i4 i8 f4 f8 | u1 u1 f4 u1 u1 i4 i8 f4 f8 | i4 i4 f4 i4 u1 i4 i8 f4 f8 | i8 i8 f4 i8 u1 i4 i8 f4 f8 | f4 f4 f4 f4 f4 f4 f4 f4 f8 | f8 f8 f8 f8 f8 f8 f8 f4 f8 |",
}  # fmt: skip


def _given(t: Any, call: Any, zero_dim: bool) -> str:
    """The dtypes of results, "-" where it is refused: beside numbers, then beside tensors."""
    found = []
    for one in _SOME:
        a = t.ones(() if zero_dim else 2, dtype=getattr(t, one))
        others = [True, 2, 2.0, *(t.ones(2, dtype=getattr(t, two)) for two in _SOME)]
        for other in others:
            try:
                found.append(_short(call(a, other).dtype))
            except (RuntimeError, TypeError):
                found.append("-")
        found.append("|")
    return " ".join(found)


for _name, _zero in product(_OPERATIONS, (False, True)):

    @program(
        f"{_name}/promotion/{'zero-dim' if _zero else 'dims'}",
        _GIVEN[_name, _zero],
        dtypes=("float32", "bool", "uint8", "int32", "int64", "float64"),
    )
    def _operation(t: Any, name: str = _name, zero: bool = _zero) -> Any:
        return _given(t, _OPERATIONS[name], zero)


@program(
    "result_type/value/numbers",
    [["b", "i8", "f4", "c8"], ["i8", "i8", "f4", "c8"], ["f4", "f4", "f4", "c8"], ["c8", "c8", "c8", "c8"]],
    dtypes=(),
)
def _numbers(t: Any) -> Any:
    return [[_short(t.result_type(one, two)) for two in (True, 2, 2.0, 2j)] for one in (True, 2, 2.0, 2j)]


# -- values --------------------------------------------------------------------------------------------------------------

programs("promotion", {
    "int-plus-float": (lambda t: t.tensor([1, 2]) + 0.5, [1.5, 2.5]),
    "int-times-bool": (lambda t: t.tensor([1, 2]) * t.tensor([True, False]), [1, 0]),
    "bool-plus-bool": (lambda t: (t.tensor([True, True]) + t.tensor([True, False]), (t.tensor([True]) + t.tensor([True])).dtype), [[True, True], "torch.bool"]),
    "bool-plus-int": (lambda t: t.tensor([True, False]) + 2, [3, 2]),
    "bool-plus-true": (lambda t: (t.tensor([True, False]) + True, (t.tensor([True]) + True).dtype), [[True, True], "torch.bool"]),
    "uint8-wraps": (lambda t: t.tensor([250, 3], dtype=t.uint8) + 10, [4, 13]),
    "uint8-minus": (lambda t: t.tensor([1, 3], dtype=t.uint8) - 2, [255, 1]),
    "int32-keeps": (lambda t: ((t.tensor([2**31 - 1], dtype=t.int32) + 1), (t.tensor([1], dtype=t.int32) + 1).dtype), [[-2147483648], "torch.int32"]),
    "float-beside-double-number": (lambda t: (t.tensor([0.1]) + t.tensor(0.2, dtype=t.float64)).dtype, "torch.float32"),
    "float-beside-double": (lambda t: (t.tensor([0.1]) + t.tensor([0.2], dtype=t.float64)).dtype, "torch.float64"),
    "int-beside-float-number": (lambda t: (t.tensor([1]) + t.tensor(0.5)).dtype, "torch.float32"),
    "int-zero-dim-beside-float": (lambda t: (t.tensor(1, dtype=t.int64) + t.tensor([0.5])).dtype, "torch.float32"),
    "comparison-of-kinds": (lambda t: (t.tensor([1, 2]) == t.tensor([1.0, 2.5]), t.tensor([1, 2]) < 1.5, t.tensor([1]) == True), [[True, False], [True, False], [True]]),  # noqa: E712
    "where-promotes": (lambda t: (t.where(t.tensor([True, False]), 1, 2.5), t.where(t.tensor([True]), 1, t.tensor([2.0])).dtype), [[1.0, 2.5], "torch.float32"]),
    "where-numbers": (lambda t: t.where(t.tensor([True, False]), 1, 2).dtype, "torch.int64"),
    "cat-promotes": (lambda t: (t.cat((t.tensor([1]), t.tensor([0.5]))), t.cat((t.tensor([True]), t.tensor([2])))), [[1.0, 0.5], [1, 2]]),
    "stack-promotes": (lambda t: t.stack((t.tensor(1), t.tensor(0.5))), [1.0, 0.5]),
    "true-division": (lambda t: (t.tensor([7, -7]) / 2, (t.tensor([7], dtype=t.uint8) / 2).dtype), [[3.5, -3.5], "torch.float32"]),
    "floor-division": (lambda t: (t.tensor([7, -7]) // 2, t.tensor([7.0, -7.0]) // 2, t.tensor([7, -7]) // -2), [[3, -4], [3.0, -4.0], [-4, 3]]),
    "remainder": (lambda t: (t.tensor([7, -7]) % 3, t.tensor([7, -7]) % -3, t.tensor([7.5, -7.5]) % 2), [[1, 2], [-2, -1], [1.5, 0.5]]),
    "fmod": (lambda t: (t.fmod(t.tensor([7, -7]), 3), t.fmod(t.tensor([7.5, -7.5]), -2)), [[1, -1], [1.5, -1.5]]),
    "division-rounded": (lambda t: (t.div(t.tensor([7, -7]), 2, rounding_mode="trunc"), t.div(t.tensor([7, -7]), 2, rounding_mode="floor")), [[3, -3], [3, -4]]),
    "sum-of-bools": (lambda t: (t.tensor([True, True]).sum(), t.tensor([True, True]).sum().dtype), [2, "torch.int64"]),
    "sum-of-uint8": (lambda t: (t.tensor([200, 100], dtype=t.uint8).sum(), t.tensor([1], dtype=t.int32).sum().dtype), [300, "torch.int64"]),
    "prod-of-ints": (lambda t: t.tensor([2, 3], dtype=t.int32).prod().dtype, "torch.int64"),
    "cumsum-of-uint8": (lambda t: (t.tensor([200, 100], dtype=t.uint8).cumsum(0), t.tensor([True, True]).cumsum(0)), [[200, 300], [1, 2]]),
    "mean-dtype": (lambda t: (t.tensor([1, 2]).mean(dtype=t.float32), t.tensor([1, 2]).sum(dtype=t.float64).dtype), [1.5, "torch.float64"]),
    "sqrt-of-ints": (lambda t: (t.tensor([4, 9]).sqrt(), t.tensor([True]).exp().dtype), [[2.0, 3.0], "torch.float32"]),
    "abs-keeps": (lambda t: (t.tensor([-3]).abs(), t.tensor([-3], dtype=t.int32).abs().dtype), [[3], "torch.int32"]),
    "clamp-promotes": (lambda t: (t.tensor([1, 5]).clamp(max=2.5), t.tensor([1, 5]).clamp(max=2).dtype), [[1.0, 2.5], "torch.int64"]),
    "pow": (lambda t: (t.tensor([2, 3]) ** 2, t.tensor([2, 3]) ** 0.5, 2 ** t.tensor([2, 3]), 2.0 ** t.tensor([2, 3])), [[4, 9], [1.4142135381698608, 1.7320507764816284], [4, 8], [4.0, 8.0]]),
    "lerp-and-addcmul": (lambda t: t.addcmul(t.tensor([1.0]), t.tensor([2.0]), t.tensor([3.0]), value=2), [13.0]),
    "maximum": (lambda t: (t.maximum(t.tensor([1, 4]), t.tensor([2.5])), t.maximum(t.tensor([1]), t.tensor(2.5)).dtype), [[2.5, 4.0], "torch.float32"]),
    "bitwise-with-bool": (lambda t: (t.tensor([6, 3]) & 2, t.tensor([6]) | t.tensor([True]), (t.tensor([True]) ^ True).dtype), [[2, 2], [7], "torch.bool"]),
    "logical": (lambda t: (t.logical_and(t.tensor([2, 0]), t.tensor([0.5, 0.5])), t.logical_not(t.tensor([0.0, 2.0]))), [[True, False], [True, False]]),
    "arange": (lambda t: (t.arange(0, 2, 0.5), t.arange(3).dtype, t.arange(3.0).dtype, t.arange(0, 3, 1).dtype), [[0.0, 0.5, 1.0, 1.5], "torch.int64", "torch.float32", "torch.int64"]),
    "full": (lambda t: (t.full((1,), 2).dtype, t.full((1,), 2.0).dtype, t.full((1,), True).dtype), ["torch.int64", "torch.float32", "torch.bool"]),
    "tensor-of-mixed": (lambda t: (t.tensor([True, 2]).dtype, t.tensor([True, 2.5]).dtype, t.tensor([1, 2.5])), ["torch.int64", "torch.float32", [1.0, 2.5]]),
    "matmul-of-ints": (lambda t: (t.tensor([[1, 2]]) @ t.tensor([[3], [4]]), (t.ones(1, 1, dtype=t.int32) @ t.ones(1, 1, dtype=t.int32)).dtype), [[[11]], "torch.int32"]),
    "float-of-int-beyond": (lambda t: (t.tensor([2**53 + 1]) + 0.0).dtype, "torch.float32"),
    "large-int-number": (lambda t: t.tensor([1]) + 2**62, [4611686018427387905]),
    "float-beside-large-int": (lambda t: t.tensor([1.0]) + 2**40, [1099511627776.0]),
    "isclose-and-equal": (lambda t: (t.equal(t.tensor([1]), t.tensor([1])), t.isclose(t.tensor([1.0]), t.tensor([1.0 + 1e-9]))), [True, [True]]),
    "to-bool": (lambda t: (t.tensor([0.0, -0.0, 0.5, float("nan")]).bool(), t.tensor([0, 256]).bool()), [[False, False, True, True], [False, True]]),
    "to-int-truncates": (lambda t: t.tensor([1.9, -1.9, 0.5]).long(), [1, -1, 0]),
    "to-uint8-wraps": (lambda t: t.tensor([256, 257, -1]).to(t.uint8), [0, 1, 255]),
    "negative-into-uint8": (lambda t: t.tensor([-1, 3], dtype=t.uint8), [255, 3]),
    "masked-fill-truncates": (lambda t: t.tensor([1, 2]).masked_fill_(t.tensor([True, False]), 5.9), [5, 2]),
    "to-int8-wraps": (lambda t: t.tensor([128, 255, -129]).to(t.int8), [-128, -1, 127]),
}, dtypes=("float32", "float64", "int64", "int32", "uint8", "int8", "bool"))  # fmt: skip
programs("promotion", {
    "in-place-keeps-dtype": (lambda t: (lambda x: (x.add_(t.tensor([1])), x.dtype))(t.ones(2)), [[2.0, 2.0], "torch.float32"]),
    "in-place-double-into-float": (lambda t: (lambda x: (x.add_(t.ones(2, dtype=t.float64)), x.dtype))(t.ones(2)), [[2.0, 2.0], "torch.float32"]),
    "in-place-int-into-uint8": (lambda t: (lambda x: (x.add_(t.tensor([1, 2])), x.dtype))(t.ones(2, dtype=t.uint8)), [[2, 3], "torch.uint8"]),
    "in-place-bool-into-int": (lambda t: t.tensor([1, 2]).add_(t.tensor([True, False])), [2, 2]),
    "in-place-number-into-int": (lambda t: t.tensor([1, 2]).mul_(3), [3, 6]),
    "in-place-comparison": (lambda t: (lambda x: (x.eq_(1), x.dtype))(t.tensor([1.0, 2.0])), [[1.0, 0.0], "torch.float32"]),
    "setitem-converts": (lambda t: (lambda x: (x.__setitem__(0, 2.9), x)[1])(t.tensor([1, 2])), [2, 2]),
    "setitem-tensor-converts": (lambda t: (lambda x: (x.__setitem__(slice(0, 1), t.tensor([2.9])), x)[1])(t.tensor([1, 2])), [2, 2]),
    "fill-converts": (lambda t: t.tensor([1, 2]).fill_(2.9), [2, 2]),
    "copy-converts": (lambda t: t.tensor([1, 2]).copy_(t.tensor([2.9, -2.9])), [2, -2]),
    "masked-fill": (lambda t: t.tensor([1, 2]).masked_fill(t.tensor([True, False]), 7), [7, 2]),
    "out-widens": (lambda t: (lambda out: (t.add(t.ones(2), 1, out=out), out.dtype))(t.zeros(2, dtype=t.float64)), [[2.0, 2.0], "torch.float64"]),
    "out-narrows-floats": (lambda t: (lambda out: (t.add(t.ones(2, dtype=t.float64), 1, out=out), out.dtype))(t.zeros(2)), [[2.0, 2.0], "torch.float32"]),
    "out-of-int-sum": (lambda t: (lambda out: (t.add(t.tensor([1, 2]), 1, out=out), out.dtype))(t.zeros(2)), [[2.0, 3.0], "torch.float32"]),
}, dtypes=("float32", "float64", "int64", "uint8", "bool"))  # fmt: skip
refusals("promotion", {
    "float-into-int": (lambda t: t.tensor([1]).add_(0.5), RuntimeError, "result type Float can't be cast to the desired output type Long"),
    "zero-dim-float-into-int": (lambda t: t.tensor([1]).add_(t.tensor(0.5)), RuntimeError, "result type Float can't be cast to the desired output type Long"),
    "int-into-bool": (lambda t: t.tensor([True]).mul_(2), RuntimeError, "result type Long can't be cast to the desired output type Bool"),
    "mean-of-bools": (lambda t: t.tensor([True]).mean(), RuntimeError, "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Bool"),
    "overflow-of-number": (lambda t: t.tensor([1], dtype=t.uint8) + 2**70, OverflowError, "int too big to convert"),
    "full-overflow": (lambda t: t.full((1,), 300, dtype=t.uint8), RuntimeError, "value cannot be converted to type uint8_t without overflow"),
    "promote-of-text": (lambda t: t.promote_types("float32", t.int64), TypeError, "must be torch.dtype, not str"),
    "result-of-text": (lambda t: t.result_type("a", 1), TypeError, "result_type()"),
}, dtypes=("float32", "int64", "uint8", "bool"))  # fmt: skip
programs("promotion", {
    "float-plus-complex": (lambda t: (t.tensor([1.0]) + 1j, (t.tensor([1.0], dtype=t.float64) + 1j).dtype, (t.tensor([1]) + 1j).dtype), [[(1+1j)], "torch.complex128", "torch.complex64"]),
    "complex-beside-double": (lambda t: (t.tensor([1j]) + t.tensor([1.0], dtype=t.float64)).dtype, "torch.complex128"),
    "complex-beside-double-number": (lambda t: (t.tensor([1j]) + t.tensor(1.0, dtype=t.float64)).dtype, "torch.complex64"),
    "abs-is-real": (lambda t: (t.tensor([3 + 4j]).abs(), t.tensor([1j], dtype=t.complex128).real.dtype), [[5.0], "torch.float64"]),
    "real-plus-complex-zero-dim": (lambda t: (t.tensor([1.0]) + t.tensor(1j, dtype=t.complex128)).dtype, "torch.complex64"),
    "division": (lambda t: t.tensor([1, 2]) / 2j, [-0.5j, -1j]),
    "comparison": (lambda t: t.tensor([1 + 0j, 2j]) == 1, [True, False]),
    "sum": (lambda t: (t.tensor([1j, 2.0]).sum(), t.tensor([1j]).mean().dtype), [(2+1j), "torch.complex64"]),
}, dtypes=("complex64", "complex128", "float64", "int64"), aspect="complex")  # fmt: skip
refusals("complex", {
    "into-float": (lambda t: t.tensor([1.0]).add_(1j), RuntimeError, "result type ComplexFloat can't be cast to the desired output type Float"),
    "ordered": (lambda t: t.tensor([1j]) < 1, NotImplementedError, "\"lt_cpu\" not implemented for 'ComplexFloat'"),
    "maximum": (lambda t: t.tensor([1j]).max(), NotImplementedError, "\"max_all\" not implemented for 'ComplexFloat'"),
    "float-of": (lambda t: float(t.tensor(1j)), RuntimeError, "value cannot be converted to type double without overflow"),
    "floor": (lambda t: t.tensor([1.5j]).floor(), NotImplementedError, "floor is not supported for complex inputs"),
    "backward": (lambda t: t.tensor(1j, requires_grad=True).backward(), RuntimeError, "grad can be implicitly created only for real scalar outputs but got torch.complex64"),
}, dtypes=("complex64",))  # fmt: skip
