"""What generated ops call when the common case does not apply: promotion, numbers, other devices, errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor, from_array, overrides
from flambeau._tensor.modes import grad_enabled
from flambeau._tensor.node import Node, Output, next_sequence
from flambeau._tensor.saved import pack, packing, save_output
from flambeau._tensor.storage import version_of
from flambeau.backend.selection import find_place
from flambeau.backend.types import TensorType
from flambeau.errors import argument_type
from flambeau.promotion import (
    PYTHON_NUMBERS,
    Number,
    as_number,
    dtype_of_number,
    get_default_dtype,
    result_dtype,
)
from flambeau.shapes import check_broadcast

from .rows import ROWS
from .rules import REQUIRED, fits_of
from .sparse_forms import call as call_sparse

__all__ = [
    "Number",
    "check_places",
    "common_type",
    "not_a_tensor",
    "operands_of",
    "record",
    "record_outputs",
    "scale",
    "slow_binary",
    "slow_operator",
    "slow_unary",
    "unrecorded_type",
]


ORDINARY = frozenset({type(None), bool, int, float, complex, Tensor})
"""The classes of most operands that may be tensors: nothing has to be asked about them."""


def taken_over(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the class of an operand makes of an op, given all of its parameters; NotImplemented if none takes part.

    It gets to see the arguments that differ from their defaults, positional ones by position.
    """
    found = overrides.overriding((*args, *kwargs.values()))
    if not found:
        return NotImplemented
    defaults = {parameter.name: parameter.default for parameter in function.row.parameters} | {"out": None}
    names = list(defaults)
    count = len(args)
    while count and defaults[names[count - 1]] is not REQUIRED and args[count - 1] is defaults[names[count - 1]]:
        count -= 1
    given = {name: value for name, value in kwargs.items() if value is not defaults[name]}
    return overrides.ask(found, function, args[:count], given)


def not_a_tensor(function: str, argument: str, position: int, value: object) -> TypeError:
    """PyTorch's error for an argument that should be a tensor."""
    return argument_type(function.lstrip("_"), argument, position, value, "Tensor")


def as_operand(value: Any) -> Any:
    """``value`` as a tensor or a Python number (see :func:`~flambeau.promotion.as_number`); None if it is neither."""
    if value.__class__ in PYTHON_NUMBERS or isinstance(value, Tensor):
        return value
    return as_number(value)


def _operand_or_value(value: Any) -> Any:
    """The operand that ``value`` is; itself if it is none, so that an error can name it."""
    operand = as_operand(value)
    return value if operand is None else operand


def common_type(function: str, tensors: Sequence[Tensor]) -> TensorType:
    """The type of the first tensor that is not a 0-d CPU tensor; all others must be on its device.

    Raises:
        RuntimeError: tensors are on different devices or backends; the message names the first two.
    """
    placed = [tensor for tensor in tensors if tensor._array.shape or tensor._type.device.type != "cpu"] or tensors
    check_places(function, *placed)
    return placed[0]._type


def check_places(function: str, first: Tensor, *others: Tensor | None) -> None:
    """Raise RuntimeError for tensors of different devices, also where one of them is a 0-d CPU tensor."""
    for other in others:
        if other is not None and other._type.place is not first._type.place:
            raise RuntimeError(_devices_text(function, first, other))


def _devices_text(function: str, first: Tensor, other: Tensor) -> str:
    one, two = first._type, other._type
    text = (
        f"Expected all tensors to be on the same device, but found at least two devices, {one.device} and {two.device}! "
        f"(in {function}(): a tensor of shape {list(first.shape)} on {one.device} of backend '{one.backend.name}' and one "
        f"of shape {list(other.shape)} on {two.device} of backend '{two.backend.name}'; move one with .to({str(one.device)!r}))"
    )
    if one.device == two.device:
        return text.replace("the same device, but found at least two devices", "the same backend, but found two")
    return text


def operands_of(
    function: str, values: Sequence[Any], *, floating: bool = False, numbers: bool = False
) -> tuple[list[Any], TensorType]:
    """The arrays of tensors and numbers, promoted to their common type, and that type.

    Where the common dtype is bool, it is int64 for ``numbers``; for ``floating``, that and integers are the default
    floating dtype.

    Raises:
        TypeError: a value is neither a tensor nor a number.
        RuntimeError: the tensors are on different devices.
    """
    alike = _type_of_all(values)
    if alike is not None and (alike.floats or not (floating or numbers)):
        return [value._array for value in values], alike
    kinds = _kinds(values)
    known = _TARGETS.get((get_default_dtype(), floating, numbers, kinds)) if kinds else None
    if known is not None:
        return [array_as(value, known) for value in values], known
    operands = []
    for position, value in enumerate(values, 1):
        operand = as_operand(value)
        if operand is None or (
            operand is value and position == 1 and len(values) == 1 and not isinstance(value, Tensor)
        ):
            raise argument_type(function, "other" if position > 1 else "input", position, value, "Tensor or Number")
        operands.append(operand)
    tensors = [operand for operand in operands if isinstance(operand, Tensor)]
    if not tensors:
        raise argument_type(function, "input", 1, values[0], "Tensor")
    dtype = result_dtype(operands)
    if floating and dtype.category < dtypes.FLOATING:
        dtype = get_default_dtype()
    elif numbers and dtype is dtypes.bool:
        dtype = dtypes.int64
    target = common_type(function, tensors).place.type(dtype)
    if kinds:
        _TARGETS[get_default_dtype(), floating, numbers, kinds] = target
    return [array_as(operand, target) for operand in operands], target


_TARGETS: dict[tuple[Any, ...], TensorType] = {}
"""To which types operands of some kinds are promoted; also with another default dtype."""


def _kinds(values: Sequence[Any]) -> tuple[Any, ...]:
    """All that promotion asks of operands: nothing, if one is neither a strided tensor nor one of Python's numbers."""
    kinds: list[Any] = []
    for value in values:
        kind = value.__class__
        if kind is Tensor:
            kinds.append((value._type, not value._array.shape))
        elif kind in PYTHON_NUMBERS:
            kinds.append(kind)
        else:
            return ()
    return tuple(kinds)


def _type_of_all(values: Sequence[Any]) -> TensorType | None:
    """The type that all of the values have, if they are strided tensors of one type, so that nothing is to be promoted."""
    type_ = None
    for value in values:
        if value.__class__ is not Tensor or (type_ is not None and value._type is not type_):
            return None
        type_ = value._type
    return type_


def unrecorded_type(values: Sequence[Any]) -> TensorType | None:
    """The type that all of the values have, if they are strided tensors of one type, none of which has a history."""
    type_ = _type_of_all(values)
    if type_ is not None:
        for value in values:
            if value._node is not None:
                return None
    return type_


def array_as(operand: Any, target: TensorType) -> Any:
    """The array of a tensor or number, converted to ``target``."""
    if not isinstance(operand, Tensor):
        return target.number(operand)
    if operand._type is target:
        return operand._array
    if operand._type.place is not target.place:  # a 0-d CPU tensor, by `common_type`
        return target.number(operand.item())
    return operand._type.kernels.cast(operand._array, target.dtype.name)


WIDE_WITH_NUMBERS = {"mul": "mul_wide", "div": "div_wide", "floor_divide": None}
"""Ops that take a second operand of one number as it is where the first one is of 16 bits, so that it is not rounded to them
first; and the optional kernel that does so at once."""


def is_wide_with(type_: TensorType, other: Any) -> bool:
    """Whether PyTorch computes with ``other`` as it is, a number or a 0-d tensor, where the result is of 16 bits."""
    return type_.halves and not (isinstance(other, Tensor) and (other._array.shape or other._type is type_))


def _computed_wide(row: Any, type_: TensorType, values: Sequence[Any]) -> Any:
    """The array of an op on a tensor of 16 bits and a number, computed in float32."""
    wide, kernel = type_.with_dtype(dtypes.float32), WIDE_WITH_NUMBERS[row.key]
    at_once = None if kernel is None else getattr(type_.kernels, kernel)
    if at_once is not None and getattr(values[0], "_type", None) is type_:
        return at_once(values[0]._array, array_as(as_operand(values[1]), wide))
    arrays = [array_as(as_operand(value), wide) for value in values]
    return type_.kernels.cast(getattr(wide.kernels, row.kernel)(*arrays), type_.dtype.name)


def compute(row: Any, values: Sequence[Any]) -> Tensor:
    """An element-wise op by its whole rule: promotion, checks, broadcasting, kernel."""
    arrays, type_ = operands_of(
        row.name, values, floating=row.promotion == "floating", numbers=row.promotion == "numbers"
    )
    if row.check is not None:
        row.check(type_.dtype)
    if row.operand_check is not None:
        for value in values:
            row.operand_check(getattr(value, "dtype", None) or dtype_of_number(value))
    if len(arrays) == 2:
        check_broadcast(arrays[0].shape, arrays[1].shape)
        if not type_.floats and row.integer_check is not None:
            row.integer_check(values, arrays, type_)
    if row.integers is not None and not type_.floats:
        array = row.integers(type_, *arrays)
    elif row.key in WIDE_WITH_NUMBERS and is_wide_with(type_, values[1]):
        array = _computed_wide(row, type_, values)
    else:
        array = getattr(type_.kernels, row.kernel)(*arrays)
    return from_array(array, type_.boolean if row.promotion == "boolean" else type_)


def slow_unary(key: str, input: Any) -> Tensor:
    """A unary element-wise op outside its domain, or on what is no strided tensor."""
    row = ROWS[key]
    if input.__class__ not in ORDINARY:
        taken = taken_over(row.function, (input,), {})
        if taken is not NotImplemented:
            return taken  # type: ignore[no-any-return]
    if not isinstance(input, Tensor):
        raise not_a_tensor(row.name, "input", 1, input)
    if input._sparse:
        return call_sparse(key, input)  # type: ignore[no-any-return]
    if row.complex is not None and input._type.complex:
        return row.complex(input)  # type: ignore[no-any-return]
    result = compute(row, (input,))
    record(row, result, {"input": input, "result": result})
    return result


def slow_binary(key: str, input: Any, other: Any) -> Tensor:
    """A binary element-wise op on operands that differ in type, or one of which is a number."""
    row = ROWS[key]
    if input.__class__ not in ORDINARY or other.__class__ not in ORDINARY:
        taken = taken_over(row.function, (input, other), {})
        if taken is not NotImplemented:
            return taken  # type: ignore[no-any-return]
    if key in _OF_NUMBERS:
        input = _as_tensor_of_two(input, other)
    for position, parameter in enumerate(row.tensor_parameters):
        value = (input, other)[position]
        if parameter.kind == "tensor" and not isinstance(value, Tensor):
            raise not_a_tensor(row.name, parameter.name, position + 1, value)
    return _binary(row, _operand_or_value(input), _operand_or_value(other))


def _binary(row: Any, input: Any, other: Any) -> Tensor:
    if getattr(input, "_sparse", False) or getattr(other, "_sparse", False):
        return call_sparse(row.key, input, other)  # type: ignore[no-any-return]
    if row.complex is not None and (is_complex_operand(input) or is_complex_operand(other)):
        return row.complex(input, other)  # type: ignore[no-any-return]
    result = compute(row, (input, other))
    first, second = row.tensor_parameters
    record(row, result, {first.name: input, second.name: other, "result": result})
    return result


def is_complex_operand(value: Any) -> bool:
    """Whether a tensor or number is complex."""
    return value._type.complex if isinstance(value, Tensor) else isinstance(value, complex)


_OF_NUMBERS = ("add", "sub", "mul", "div", "floor_divide")
"""Functions that take two numbers and no tensor, as PyTorch's do."""


def _as_tensor_of_two(input: Any, other: Any) -> Any:
    """The first of two numbers as a tensor; anything else as it is."""
    number = None if isinstance(input, Tensor) or isinstance(other, Tensor) else as_number(input)
    if number is None or as_number(other) is None:
        return input
    type_ = find_place("cpu").type(dtype_of_number(number))
    return from_array(type_.number(number), type_).clone()


_NO_OPERAND = object()


def slow_operator(key: str, input: Any, other: Any = _NO_OPERAND) -> Any:
    """The same for an operator, which leaves operands that it does not know to the other operand's class."""
    if other is _NO_OPERAND:
        return slow_unary(key, input)
    if input.__class__ not in ORDINARY or other.__class__ not in ORDINARY:
        found = overrides.overriding((input, other))
        if found:
            return _taken_by_operand(key, input, other, found)
    first, second = as_operand(input), as_operand(other)
    if first is None or second is None:
        return NotImplemented
    return _binary(ROWS[key], first, second)


def _taken_by_operand(key: str, input: Any, other: Any, found: list[Any]) -> Any:
    """What the class of an operand makes of an operator; NotImplemented if it cannot, or if the other is no operand."""
    if any(as_operand(value) is None and not overrides.takes_part(value.__class__) for value in (input, other)):
        return NotImplemented
    try:
        return overrides.ask(found, ROWS[key].function, (input, other), {})
    except overrides.NoImplementationError:
        return NotImplemented


def record(row: Any, result: Tensor, values: dict[str, Any]) -> None:
    """Record a node if gradients are wanted: what the generated code does, for any op, one value at a time."""
    rule = row.rule
    if rule is None or not result._type.floats:
        return
    operands = [values[parameter.name] for parameter in row.tensor_parameters]
    edges = tuple(getattr(operand, "_node", None) for operand in operands)
    if not any(edge is not None for edge in edges) or not grad_enabled():
        return
    saved: list[Any] = []
    for name in rule.save:
        value = values.get(name)
        if name == "result":
            users = [getattr(values[user], "_node", None) for user in rule.users[name]]
            saved.append(save_output(result) if any(node is not None for node in users) else None)
        elif name.endswith("_shape"):
            saved.append(values[name.removesuffix("_shape")]._array.shape)
        elif any(parameter.name == name and parameter.is_tensor for parameter in row.parameters):
            saved += [value, version_of(value)]
        else:
            saved.append(value)
    node = Node()
    node._rule, node._edges, node._saved = rule, edges, tuple(saved)
    if packing:
        pack(node)
    node._fits = fits_of(result, operands)
    node._sequence = next_sequence()
    result._node = node


def record_outputs(node: Node, results: Sequence[Tensor]) -> None:
    """Make the tensors in ``results`` the outputs of ``node``."""
    node._outputs = tuple((tensor._array.shape, tensor._type) for tensor in results)
    for index, tensor in enumerate(results):
        tensor._node = Output(node, index)


def number_argument(function: str, argument: str, value: Any, position: int = 0) -> Any:
    """A number, or a tensor that stands for one, that is no operand; the scalars of array libraries become numbers.

    Raises:
        TypeError: it is neither, in PyTorch's words.
    """
    number = as_operand(value)
    if number is None:
        where = f" (position {position})" if position else ""
        raise TypeError(f"{function}(): argument '{argument}'{where} must be Number, not {type(value).__name__}")
    return number


def scale(function: str, input: Any, other: Any, alpha: Any) -> Any:
    """``other * alpha`` for the ops with ``alpha``, in the dtype of their result.

    Raises:
        TypeError: ``alpha`` is no number.
        RuntimeError: ``alpha`` is of a higher category than the result, in PyTorch's words.
    """
    alpha = number_argument(function, "alpha", alpha)
    operands = [as_operand(input), as_operand(other)]
    if not all(operand is not None for operand in operands):
        return other  # of which the op says that it is none
    dtype = result_dtype(operands)
    if isinstance(alpha, complex) and dtype.category < dtypes.COMPLEX:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")
    if isinstance(alpha, float) and dtype.category < dtypes.FLOATING:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if isinstance(alpha, bool) and dtype is not dtypes.bool:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if dtype is dtypes.bool:
        return other * bool(alpha) if isinstance(other, Tensor) else other and bool(alpha)
    if isinstance(other, Tensor) and other.dtype is not dtype:
        other = other.to(dtype)
    return other * alpha
