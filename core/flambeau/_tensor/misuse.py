"""What is said of arguments that should be tensors and are none: after something went wrong, so that it costs nothing before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flambeau.errors import argument_type

__all__ = ["check_tensors"]

_ASKED = frozenset(
    {"device", "dim", "dtype", "is_complex", "is_floating_point", "numel", "requires_grad", "shape", "size"}
)
"""What functions ask of tensors before they compute. Of an operation that is lacking, PyTorch gives the AttributeError."""


def check_tensors(
    error: AttributeError, tensor: type, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> None:
    """Refuse the first argument that is annotated as a tensor and is none, if that is why an attribute is lacking.

    Args:
        error: what was raised.
        tensor: the class of tensors.
        function: what raised it.
        args, kwargs: what it was called with.

    Raises:
        TypeError: there is one.
    """
    if not (str(error.name).startswith("_") or error.name in _ASKED):
        return
    from inspect import signature as signature_of  # a twentieth of the import of flambeau

    signature = signature_of(function)
    given = signature.bind(*args, **kwargs).arguments
    for position, (name, parameter) in enumerate(signature.parameters.items(), 1):
        if name not in given or isinstance(given[name], tensor):
            continue
        if parameter.annotation == "Tensor" or (parameter.annotation == "Tensor | None" and given[name] is not None):
            raise argument_type(function.__name__.lstrip("_"), name, position, given[name], "Tensor") from None
