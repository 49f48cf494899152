"""What classes that override operations, and functions that let themselves be overridden, are written with.

See ``docs/subclasses.md``. Source of the semantics: ``torch.overrides``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, wraps
from importlib import import_module
from types import FunctionType
from typing import Any, TypeVar

from ._tensor import Tensor
from ._tensor.overrides import ask, kept_results, overridable_methods, overriding

__all__ = [
    "get_default_nowrap_functions",
    "get_ignored_functions",
    "get_overridable_functions",
    "handle_torch_function",
    "has_torch_function",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "resolve_name",
    "wrap_torch_function",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def is_tensor_like(inp: Any) -> bool:
    """Whether it is a tensor, or of a class with ``__torch_function__``. Source: ``torch.overrides.is_tensor_like``."""
    return isinstance(inp, Tensor) or hasattr(inp, "__torch_function__")


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether the class of one of them takes over operations: neither Tensor's nor Parameter's does.

    Source of the semantics: ``torch.overrides.has_torch_function``.
    """
    return bool(overriding(relevant_args))


def has_torch_function_unary(inp: Any) -> bool:
    """:func:`has_torch_function` of one argument. Source: ``torch.overrides.has_torch_function_unary``."""
    return bool(overriding((inp,)))


def has_torch_function_variadic(*args: Any) -> bool:
    """:func:`has_torch_function` of several arguments. Source: ``torch.overrides.has_torch_function_variadic``."""
    return bool(overriding(args))


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """Let the classes of ``relevant_args`` do ``public_api(*args, **kwargs)``, subclasses before their bases.

    Source of the semantics: ``torch.overrides.handle_torch_function``.

    Raises:
        TypeError: no class can.

    Example:
        >>> import flambeau as torch
        >>> class Meters(torch.Tensor): ...
        >>> def doubled(a):
        ...     if torch.overrides.has_torch_function((a,)):
        ...         return torch.overrides.handle_torch_function(doubled, (a,), a)
        ...     return a + a
        >>> type(doubled(torch.ones(1).as_subclass(Meters))).__name__
        'Meters'
    """
    found = overriding(relevant_args)
    name = f"{public_api.__module__}.{public_api.__name__}"
    return ask(
        found, public_api, args, kwargs,
        f"no implementation found for '{name}' on types that implement __torch_function__: "
        f"{[type(value) for value in found]}",
    )  # fmt: skip


def wrap_torch_function(dispatcher: Callable[..., Iterable[Any]]) -> Callable[[_Function], _Function]:
    """Let classes take over a function; ``dispatcher`` gives the tensors among its arguments.

    Source of the semantics: ``torch.overrides.wrap_torch_function``.
    """

    def declare(function: _Function) -> _Function:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = list(dispatcher(*args, **kwargs))
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]

    return declare


def get_default_nowrap_functions() -> set[Callable[..., Any]]:
    """What gives tensors that keep their class. Source: ``torch.overrides.get_default_nowrap_functions``."""
    return set(kept_results())


_NAMESPACES = ("", "nn.functional", "linalg", "fft", "special")

_IGNORED = frozenset(
    {
        "arange", "as_tensor", "asarray", "available_backends", "broadcast_shapes", "can_cast", "empty", "empty_permuted",
        "empty_strided", "eye", "fork_rng", "from_dlpack", "from_numpy", "frombuffer", "full", "get_default_backend",
        "get_default_device", "get_default_dtype", "get_printoptions", "get_rng_state", "initial_seed",
        "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_grad_enabled", "is_inference_mode_enabled", "is_storage",
        "is_tensor", "linspace", "logspace", "manual_seed", "ones", "printoptions", "promote_types", "rand", "randint",
        "randn", "randperm", "range", "scalar_tensor", "seed", "set_default_backend", "set_default_device",
        "set_default_dtype", "set_default_tensor_type", "set_printoptions", "set_rng_state", "sparse_bsc_tensor",
        "sparse_bsr_tensor", "sparse_compressed_tensor", "sparse_coo_tensor", "sparse_csc_tensor", "sparse_csr_tensor",
        "tensor", "to_dlpack", "tril_indices", "triu_indices", "typename", "use_backend", "vmap", "zeros", "fftfreq", "rfftfreq",
    }
)  # fmt: skip
"""Public functions that take no tensor as an operand."""


@cache
def _functions() -> dict[str, dict[str, Callable[..., Any]]]:
    """The public functions of each namespace."""
    found: dict[str, dict[str, Callable[..., Any]]] = {}
    for name in _NAMESPACES:
        path = f".{name}" if name else ""
        module = import_module(f"flambeau{path}")
        shown = getattr(module, "__all__", None) or dir(module)
        public = {each: getattr(module, each) for each in shown if each[0] != "_"}
        found[f"torch{path}"] = {each: value for each, value in public.items() if isinstance(value, FunctionType)}
    return found


@cache
def _methods() -> dict[str, Callable[..., Any]]:
    return dict(overridable_methods())


def get_overridable_functions() -> dict[Any, list[Callable[..., Any]]]:
    """What classes can take over, by the module or the class that it is in; of a property, its ``__get__``.

    Source of the semantics: ``torch.overrides.get_overridable_functions``.
    """
    found: dict[Any, list[Callable[..., Any]]] = {
        import_module(f"flambeau{name.removeprefix('torch')}"): [
            function for each, function in functions.items() if each not in _IGNORED
        ]
        for name, functions in _functions().items()
    }
    found[Tensor] = list(_methods().values())
    return found


def get_ignored_functions() -> set[Callable[..., Any]]:
    """Public functions that no class takes over. Source: ``torch.overrides.get_ignored_functions``."""
    functions = (pair for functions in _functions().values() for pair in functions.items())
    return {function for name, function in functions if name in _IGNORED}


def resolve_name(f: Callable[..., Any]) -> str | None:
    """The name of a function that a class is asked to take over; None for what cannot be.

    A function that is a method too has the name of the function. Source of the semantics: ``torch.overrides.resolve_name``.

    Example:
        >>> import flambeau as torch
        >>> torch.overrides.resolve_name(torch.nn.functional.relu), torch.overrides.resolve_name(torch.Tensor.shape.__get__)
        ('torch.nn.functional.relu', 'torch.Tensor.shape.__get__')
    """
    for namespace, functions in _functions().items():
        for name, function in functions.items():
            if function is f:
                return f"{namespace}.{name}"
    return next((f"torch.Tensor.{name}" for name, method in _methods().items() if method == f), None)


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Whether it is a method of tensors, or the ``__get__`` of a property.

    A function that is a method too is one: see ``docs/subclasses.md``. Source of the semantics:
    ``torch.overrides.is_tensor_method_or_property``.
    """
    return func.__name__ == "__get__" or any(method == func for method in _methods().values())
