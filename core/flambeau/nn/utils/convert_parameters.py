"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from flambeau._tensor import Tensor
from flambeau.ops.movement.joining import cat

from ..modules.module import type_name

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def _on_one_device(parameters: Iterable[Tensor]) -> list[Tensor]:
    given = list(parameters)
    if len({parameter.device for parameter in given}) > 1:
        raise TypeError("Found two parameters on different devices, this is currently not supported.")
    return given


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Join the elements of all parameters to one vector. Source: ``torch.nn.utils.parameters_to_vector``.

    Raises:
        TypeError: they are on several devices.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.utils.parameters_to_vector([torch.ones(1, 2), torch.zeros(1)])
        tensor([1., 1., 0.])
    """
    return cat([parameter.view(-1) for parameter in _on_one_device(parameters)])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let the parameters be views of the parts of a vector. Source of the semantics: ``torch.nn.utils.vector_to_parameters``.

    Raises:
        TypeError: ``vec`` is no tensor, or the parameters are on several devices.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.Linear(2, 1)
        >>> torch.nn.utils.vector_to_parameters(torch.tensor([1.0, 2.0, 3.0]), layer.parameters())
        >>> layer.bias
        Parameter containing:
        tensor([3.], requires_grad=True)
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type_name(vec)}")
    start = 0
    for parameter in _on_one_device(parameters):
        end = start + parameter.numel()
        parameter.data = vec[start:end].view_as(parameter).data
        start = end
