"""How else a call may be written: by NumPy's names of parameters, or in an order that PyTorch has left behind.

A generated function takes the other names beside its own, after its positional parameters, with the default None; what must
be given has the default ``...``. So the usual call pays for a few tests of identity, and any other one ends up in
:func:`respelled`, which calls the function again as it is declared, or raises what PyTorch raises. The first of the other
names also gets a positional argument too many, which is told by the parameter that the name stands for being there too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

from flambeau._tensor import Tensor
from flambeau._tensor.overrides import taken_over, taking_part
from flambeau.errors import argument_type, level_of_caller

from .rules import Parameter, argument_names, unwrapped

__all__ = ["called_as", "guards_of", "named", "respelled", "spelled", "spellings_of"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

OVER = "_over"
"""The parameter that guards the rest where no other name can."""

_INPUT = ("x", "a", "x1")
_NUMPY = {
    "input": _INPUT,
    "A": ("input", *_INPUT),
    "other": ("x2",),
    "dim": ("axis",),
    "keepdim": ("keepdims",),
}
"""The names that PyTorch's argument parser takes for its own; ``A`` is the ``input`` of functions that two modules share."""

_VECTOR = dict.fromkeys(("input", "a", "x1"), "x")
_PIECES = {"sections": "indices_or_sections", "indices": "indices_or_sections"}

_FURTHER: dict[str, dict[str, str]] = {
    "copy": {"other": "source", "x2": "source"},
    "dsplit": _PIECES,
    "hsplit": _PIECES,
    "linalg_norm": dict.fromkeys(("input", "x", "a", "x1"), "A"),
    "transpose": {"axis0": "dim0", "axis1": "dim1"},
    "tensor_split": {**_PIECES, "tensor_indices_or_sections": "indices_or_sections"},
    "unsafe_split": dict.fromkeys(("input", *_INPUT), "tensor"),
    "vector_norm": _VECTOR,
    "vsplit": _PIECES,
}
"""Further names, of the same function in other modules of PyTorch or of its other overloads, by op."""


def _scaled(*factors: str) -> tuple[tuple[str, ...], ...]:
    """The old orders of a sum with a product: of the function, and of the method, without ``alpha`` too."""
    return (
        ("beta", "input", "alpha", *factors),
        ("beta", "input", *factors),
        ("input", "beta", "alpha", *factors),
        ("input", "beta", *factors),
    )


_OLD_ORDERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "add": (("input", "alpha", "other"),),
    "sub": (("input", "alpha", "other"),),
    "addcdiv": (("input", "value", "tensor1", "tensor2"),),
    "addcmul": (("input", "value", "tensor1", "tensor2"),),
    "addbmm": _scaled("batch1", "batch2"),
    "baddbmm": _scaled("batch1", "batch2"),
    "addmm": _scaled("mat1", "mat2"),
    "addmv": _scaled("mat", "vec"),
    "addr": _scaled("vec1", "vec2"),
}
"""The orders of positional arguments that PyTorch takes with a warning."""


def spellings_of(op: str, parameters: Sequence[Parameter]) -> dict[str, str]:
    """The other names under which an op takes arguments, each with the parameter that it stands for."""
    return _other_names([parameter.name for parameter in parameters], _FURTHER.get(op, {}))


def _other_names(own: Sequence[str], further: Mapping[str, str]) -> dict[str, str]:
    found = {other: name for name in own for other in _NUMPY.get(name, ())} | dict(further)
    return {other: name for other, name in found.items() if other not in own}


def guards_of(op: str, parameters: Sequence[Parameter]) -> list[str]:
    """What a generated function takes after its positional parameters: other names, the first of which guards the rest.

    That must be another name of a parameter which is there whenever there is one argument too many.
    """
    spellings = spellings_of(op, parameters)
    required = {parameter.name for parameter in parameters if parameter.required and not parameter.keyword_only}
    first = next((other for other, name in spellings.items() if name in required), OVER)
    return [first, *(other for other in spellings if other != first)]


def respelled(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """Call an op with what it was given under other names or in an old order.

    Raises:
        TypeError: an argument is missing, given twice, or one too many.
    """
    row = function.row  # type: ignore[attr-defined]
    values = _reordered(row, given) or _renamed(row, given)
    missing = [each.name for each in row.parameters if values.get(each.name, ...) is ...]
    if missing:
        quoted = ", ".join(f'"{name}"' for name in missing)
        raise TypeError(f"{row.name}() missing {len(missing)} required positional arguments: {quoted}")
    names = [each.name for each in row.parameters] + ["out"] * row.out
    return function(**{name: values[name] for name in names if name in values})


def _renamed(row: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(given)
    if values.pop(OVER, None) is not None:
        raise _too_many(row, given)
    for other, name in row.spellings.items():
        value = values.pop(other, None)
        if value is None:
            continue
        if name in values and values[name] is not _default(row, name):
            raise _given_twice(row, given, other, name)
        values[name] = value
    return values


def _default(row: Any, name: str) -> Any:
    (parameter,) = [each for each in row.parameters if each.name == name]
    return ... if parameter.required else parameter.default


def _too_many(row: Any, given: Mapping[str, Any], otherwise: str = "") -> TypeError:
    positional = [parameter for parameter in row.parameters if not parameter.keyword_only]
    count, least = len(positional), sum(parameter.required for parameter in positional)
    surplus = 1 + _count_behind(row, given)
    taken = f"takes {f'from {least} to ' * (least < count)}{count} positional argument{'s' * (count != 1)}"
    return TypeError(f"{row.name}() {taken} but {count + surplus} were given{otherwise if surplus == 1 else ''}")


def _count_behind(row: Any, given: Mapping[str, Any]) -> int:
    """How many options have got a positional argument behind the first one too many.

    An ``out`` that may be one counts as given by keyword.
    """
    slots = list(given)
    count = 0
    for name in slots[slots.index(guards_of(row.key, row.parameters)[0]) + 1 :]:
        default = _default(row, name) if any(each.name == name for each in row.parameters) else None
        fits_as_out = name == "out" and (hasattr(given[name], "dim") or isinstance(given[name], (tuple, list)))
        if given[name] is default or fits_as_out:
            break
        count += 1
    return count


def _given_twice(row: Any, given: Mapping[str, Any], other: str, name: str) -> TypeError:
    if other == guards_of(row.key, row.parameters)[0]:
        return _too_many(row, given, f", or '{name}' is given as '{other}' too")
    return _twice(row.name, other, name)


def _twice(function: str, other: str, name: str) -> TypeError:
    return TypeError(f"{function}() got an unexpected keyword argument '{other}': it is '{name}', which is given too")


def named(row: Any, keywords: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of an in-place form by the names of its op; ``from``, a word of Python's, is ``from_`` there."""
    if "from" in keywords and any(parameter.name == "from_" for parameter in row.parameters):
        keywords = {"from_" if name == "from" else name: value for name, value in keywords.items()}
    return _renamed(row, keywords)


def _reordered(row: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a call with its positional arguments in an old order; none if it is not one."""
    slots = list(given)
    for order in _OLD_ORDERS.get(row.key, ()):
        values = dict(zip(order, given.values(), strict=False))
        later = [name for name in slots[len(order) :] if name in order]
        if all(_fits(*pair) for pair in values.items()) and all(given[name] is _default(row, name) for name in later):
            _warn(row, order)
            rest = [name for name in slots[len(order) :] if name not in order]
            return values | {name: given[name] for name in rest}
    return {}


def _fits(name: str, value: Any) -> bool:
    number = isinstance(value, (int, float, complex))
    return number if name in ("alpha", "beta", "value") else hasattr(value, "dim") or (number and name == "other")


def _warn(row: Any, order: Sequence[str]) -> None:
    now = [each.name for each in row.parameters if not each.keyword_only]
    options = [f"{each.name} = {each.default}" for each in row.parameters if each.keyword_only]
    warnings.warn(
        f"This overload of {row.name} is deprecated:\n\t{row.name}({', '.join(order)})\n"
        f"Consider using one of the following signatures instead:\n\t{row.name}({', '.join([*now, '*', *options])})",
        UserWarning,
        stacklevel=level_of_caller(),
    )


def called_as(name: str, error: TypeError, *others: str) -> None:
    """Let the message of an error that names the function name the one that the program called."""
    text = str(error)
    function, found, rest = text.partition("()")
    if found and function in others:
        error.args = (f"{name}(){rest}",)


def spelled(*, out: Callable[..., Any] | None = None, **further: str) -> Callable[[_Function], _Function]:
    """Let a function that is no op be called by NumPy's names too, and by ``further`` ones, each of one of its parameters.

    Args:
        out: where it shall take ``out=``, the function of :mod:`.runtime` that writes the result there.
        further: other names, as ``spelled(b="B")``.
    """

    def declare(function: _Function) -> _Function:
        code = unwrapped(function).__code__
        positional = code.co_varnames[: code.co_argcount]
        others = _other_names(argument_names(function), further)

        @wraps(function)
        def form(*args: Any, **kwargs: Any) -> Any:
            if taking_part:
                taken = taken_over(form, args, kwargs)
                if taken is not NotImplemented:
                    return taken
            for other in others.keys() & kwargs.keys() if kwargs else ():
                if others[other] in kwargs or others[other] in positional[: len(args)]:
                    raise _twice(function.__name__, other, others[other])
                kwargs[others[other]] = kwargs.pop(other)
            target = kwargs.pop("out", None) if out else None
            try:
                if target is None:
                    return function(*args, **kwargs)
                return out(target, function, *args, **kwargs)  # type: ignore[misc]
            except (TypeError, AttributeError) as error:  # of what is no tensor, whose class may take part all the same
                taken = taken_over(form, args, kwargs)
                if taken is NotImplemented:
                    if error.__class__ is AttributeError:
                        _check_tensors(function, args, kwargs)
                    raise
            return taken

        return form  # type: ignore[return-value]

    return declare


def _check_tensors(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Refuse what is no tensor where a function wants one.

    Raises:
        TypeError: in PyTorch's words.
    """
    function = unwrapped(function)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = dict(zip(names, args, strict=False)) | dict(kwargs)
    for position, name in enumerate(names, names[:1] != ("self",)):
        if function.__annotations__.get(name) == "Tensor" and name in given and not isinstance(given[name], Tensor):
            raise argument_type(function.__name__, name, position, given[name], "Tensor") from None
