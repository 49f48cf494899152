"""What can be wrong with an op above its kernel: its history, its forms, its options, its dtype, its errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import flambeau
from flambeau.ops import Row

from .hooking import Called, FunctionFault, always, given, options_of, touched, without

__all__ = ["inplace_faults", "not_advancing", "option_faults", "row_faults"]

Original = Callable[..., Any]
Change = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
"""From a result and the arguments to another result."""

ERRORS = (RuntimeError, TypeError, ValueError, IndexError)


def _on_results(name: str, family: str, change: Change) -> FunctionFault:
    """A change to the result where it is a tensor."""

    def hook(original: Original, *args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if not _is_strided(result):
            return result
        new = change(result, args, kwargs)
        touched[0] += new is not result
        return new

    def shows(called: Called) -> bool:
        result = called.result
        return _is_strided(result) and change(result, called.args, called.kwargs) is not result

    return FunctionFault(name, family, hook, shows)


def _is_strided(result: Any) -> bool:
    return isinstance(result, flambeau.Tensor) and result.layout is flambeau.strided


def _without_history(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return result.detach() if result.requires_grad and not result.is_leaf else result


def _with_history(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    wanted = any(isinstance(each, flambeau.Tensor) and each.requires_grad for each in args)
    if not wanted or result.requires_grad or not result.is_floating_point():
        return result
    return result.detach().requires_grad_()


def _copied(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A copy of what shares the memory of an argument; views of what nobody else has are as good as copies."""
    return result.clone() if result._is_view() and _shares(result, args) else result


def _shares(result: Any, args: tuple[Any, ...]) -> bool:
    strided = [each for each in args if _is_strided(each)]
    return any(each.untyped_storage().data_ptr() == result.untyped_storage().data_ptr() for each in strided)


def _itself(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The first argument in the place of a result that equals it."""
    first = args[0] if args else None
    if not isinstance(first, flambeau.Tensor) or result is first or kwargs.get("out") is not None:
        return result
    if (
        first.dtype is not result.dtype
        or first.shape != result.shape
        or first.numel() < 2
        or first.layout is not flambeau.strided
        or _shares(result, (first,))
    ):
        return result
    return first if flambeau.equal(first, result) else result


def _wide(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """float64 in the place of the default dtype where integers become floating."""
    operands = [each for each in args if isinstance(each, flambeau.Tensor)]
    floats = any(each.is_floating_point() or each.is_complex() for each in operands)
    return result.double() if operands and not floats and result.dtype is flambeau.float32 else result


def _first_dtype(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The dtype of the first operand where two differ."""
    dtypes = [each.dtype for each in args if isinstance(each, flambeau.Tensor)]
    if (
        len(set(dtypes)) < 2
        or result.dtype is dtypes[0]
        or result.dtype is flambeau.bool
        or kwargs.get("out") is not None
    ):
        return result
    return result.to(dtypes[0])


def _zero_dim_dtype(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The wider dtype of a 0-d operand, which must not count beside one with dims."""
    operands = [each for each in args if isinstance(each, flambeau.Tensor)]
    scalars = [each for each in operands if each.dim() == 0 and each.dtype.itemsize > result.dtype.itemsize]
    if len(operands) < 2 or not scalars or result.dtype is flambeau.bool or kwargs.get("out") is not None:
        return result
    return result.to(scalars[0].dtype)


def _no_error(original: Original, *args: Any, **kwargs: Any) -> Any:
    try:
        return original(*args, **kwargs)
    except ERRORS:
        touched[0] += 1
        return args[0] if args else None


def _no_words(original: Original, *args: Any, **kwargs: Any) -> Any:
    try:
        return original(*args, **kwargs)
    except ERRORS as error:
        touched[0] += 1
        raise type(error)("error") from None


def _other_error(original: Original, *args: Any, **kwargs: Any) -> Any:
    try:
        return original(*args, **kwargs)
    except ERRORS as error:
        touched[0] += 1
        raise OSError(str(error)) from None


def _out_ignored(original: Original, *args: Any, **kwargs: Any) -> Any:
    if kwargs.get("out") is None:
        return original(*args, **kwargs)
    touched[0] += 1
    return original(*args, **{name: value for name, value in kwargs.items() if name != "out"})


def _out_copied(original: Original, *args: Any, **kwargs: Any) -> Any:
    result = original(*args, **kwargs)
    if kwargs.get("out") is None:
        return result
    touched[0] += 1
    if isinstance(result, tuple):
        copies = [each.clone() for each in result]
        return tuple(copies) if type(result) is tuple else type(result)(*copies)
    return result.clone()


def not_advancing(original: Original, *args: Any, **kwargs: Any) -> Any:
    """The generator is as it was before numbers were drawn."""
    given = [each for each in (*args, *kwargs.values()) if isinstance(each, flambeau.Generator)]
    generator = given[0] if given else flambeau.default_generator
    before = generator.get_state()
    result = original(*args, **kwargs)
    if not flambeau.equal(before, generator.get_state()):
        touched[0] += 1
        generator.set_state(before)
    return result


_ON_RESULTS: dict[str, tuple[str, Change]] = {
    "the result has no history": ("history", _without_history),
    "the result is a copy, not a view": ("alias of ops", _copied),
    "the result is the argument where they are equal": ("alias of ops", _itself),
    "integers become float64": ("promotion", _wide),
    "the first operand's dtype wins": ("promotion", _first_dtype),
    "0-d operands count for the dtype": ("promotion", _zero_dim_dtype),
}


def _raises(called: Called) -> bool:
    return isinstance(called.error, ERRORS)


def _speaks(called: Called) -> bool:
    return _raises(called) and str(called.error) != "error"


def _has_out(called: Called) -> bool:
    return called.kwargs.get("out") is not None and called.error is None


def row_faults(row: Row) -> Iterator[FunctionFault]:
    """The faults of a row's function."""
    for name, (family, change) in _ON_RESULTS.items():
        if family != "promotion" or row.promotion:
            yield _on_results(name, family, change)
    if row.rule is None and row.kind != "composite":
        yield _on_results("the result requires a gradient", "history", _with_history)
    yield FunctionFault("errors are swallowed", "errors", _no_error, _raises)
    yield FunctionFault("errors have no words", "errors", _no_words, _speaks)
    yield FunctionFault("errors are of another class", "errors", _other_error, _raises)
    if row.out:
        yield FunctionFault("out= is ignored", "out of ops", _out_ignored, _has_out)
        yield FunctionFault("out= gives another tensor", "out of ops", _out_copied, _has_out)
    yield from option_faults(row.body)


def option_faults(function: Any) -> Iterator[FunctionFault]:
    """The faults of which each ignores an option of a function."""
    own = signature(function)
    for option in options_of(function):
        yield FunctionFault(f"{option} is ignored", "option", without(own, option), given(own, option))


# -- in-place forms ----------------------------------------------------------------------------------------------------


def _uncounted(form: Original, self: Any, *args: Any, **kwargs: Any) -> Any:
    before = self._version
    result = form(self, *args, **kwargs)
    if self._storage is not None and self._version > before:
        touched[0] += 1
        self._storage.version = before
    return result


def _returns_copy(form: Original, self: Any, *args: Any, **kwargs: Any) -> Any:
    touched[0] += 1
    return form(self, *args, **kwargs).clone()


def _writes_nothing(form: Original, self: Any, *args: Any, **kwargs: Any) -> Any:
    touched[0] += 1
    before = self.detach().clone()
    result = form(self, *args, **kwargs)
    if result.shape == before.shape:
        result.detach().copy_(before)
    return result


def _unrecorded(form: Original, self: Any, *args: Any, **kwargs: Any) -> Any:
    if not flambeau.is_grad_enabled():
        return form(self, *args, **kwargs)
    touched[0] += 1
    with flambeau.no_grad():
        return form(self, *args, **kwargs)


def _twice(form: Original, self: Any, *args: Any, **kwargs: Any) -> Any:
    """Errors come after something has been written."""
    before = self.detach().clone() if isinstance(self, flambeau.Tensor) and self.layout is flambeau.strided else None
    try:
        return form(self, *args, **kwargs)
    except Exception:
        if before is not None and before.numel() and not self.requires_grad:
            touched[0] += 1
            with flambeau.no_grad():
                self.detach().reshape(-1)[:1].zero_()
        raise


def _is_counted(called: Called) -> bool:
    return called.error is None and called.args[0]._storage is not None and called.args[0]._version > called.version


def _is_recorded(called: Called) -> bool:
    return called.error is None and called.args[0].requires_grad and called.recording


def _is_refused(called: Called) -> bool:
    target = called.args[0]
    return called.error is not None and _is_strided(target) and bool(target.numel()) and not target.requires_grad


def inplace_faults(row: Row) -> Iterator[FunctionFault]:
    """The faults of a row's in-place form."""
    yield FunctionFault("the version is not raised", "in-place", _uncounted, _is_counted)
    yield FunctionFault("a copy is returned", "in-place", _returns_copy, always)
    yield FunctionFault("nothing is written", "in-place", _writes_nothing, always)
    if not row.not_differentiable:
        yield FunctionFault("the write is not recorded", "in-place", _unrecorded, _is_recorded)
    yield FunctionFault("a refused write has changed something", "in-place", _twice, _is_refused)
    yield FunctionFault("errors are swallowed", "errors", _no_error, _raises)
    yield FunctionFault("errors are without words", "errors", _no_words, _speaks)
    yield from option_faults(row.body)
