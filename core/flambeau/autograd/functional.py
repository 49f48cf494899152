"""Derivatives of functions: Jacobians, Hessians and their products with vectors. The namespace is ``torch.autograd.functional``.

Each function takes ``func`` and its ``inputs``, a tensor or a tuple; what it returns has the same structure. With
``create_graph`` the results can be differentiated further. With ``strict`` an input or output that does not depend on the
others is an error, otherwise it has zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flambeau._tensor.modes import enable_grad
from flambeau.ops.movement.joining import stack

from .passes import grad as _grad

if TYPE_CHECKING:
    from flambeau._tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

_Function = Callable[..., Any]


def vjp(
    func: _Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Compute the outputs and the product of the vector ``v`` with the Jacobian.

    ``v`` has the structure of the outputs, and may be left out for one element. Source: ``torch.autograd.functional.vjp``.

    Raises:
        RuntimeError: ``v`` has another structure, or, with ``strict``, something does not depend on the inputs.

    Example:
        >>> import flambeau as torch
        >>> torch.autograd.functional.vjp(lambda x: x**2, torch.tensor([1.0, 2.0]), torch.ones(2))
        (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        call = _Call("vjp", func, inputs, create_graph=create_graph, strict=strict)
        result = call.products(call.vectors(v, call.outputs, "outputs"))
    return call.finished(call.outputs, call.outputs_alone), call.finished(result, call.inputs_alone)


def jvp(
    func: _Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Compute the outputs and the product of the Jacobian with the vector ``v``, by differentiating backward twice.

    ``v`` has the structure of the inputs. Source of the semantics: ``torch.autograd.functional.jvp``.

    Raises:
        RuntimeError: as :func:`vjp`.

    Example:
        >>> import flambeau as torch
        >>> torch.autograd.functional.jvp(lambda x: x**2, torch.tensor([1.0, 2.0]), torch.tensor([0.0, 1.0]))
        (tensor([1., 4.]), tensor([0., 4.]))
    """
    with enable_grad():
        call = _Call("jvp", func, inputs, create_graph=create_graph, strict=strict)
        vectors = call.vectors(v, call.inputs, "inputs")
        # The product with a vector of unknowns is linear in them; its derivative by them is what is wanted.
        unknowns = [output.new_zeros(output.shape).requires_grad_() for output in call.outputs]
        pulled = call.products(unknowns, create_graph=True)
        result = _gradients(pulled, unknowns, vectors, create_graph=create_graph)
    return call.finished(call.outputs, call.outputs_alone), call.finished(result, call.outputs_alone)


def jacobian(
    func: _Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Compute the Jacobian: for each output and input, a tensor of the output's shape followed by the input's.

    A tensor if there is one output and one input; a tuple over the inputs, over the outputs, or nested otherwise.
    ``vectorize`` and ``strategy`` are taken for PyTorch's sake: the rows are computed one after the other.
    Source of the semantics: ``torch.autograd.functional.jacobian``.

    Raises:
        RuntimeError: with ``strict``, an output does not depend on the inputs.

    Example:
        >>> import flambeau as torch
        >>> torch.autograd.functional.jacobian(lambda x: x**2, torch.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs than '
            'inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    with enable_grad():
        call = _Call("jacobian", func, inputs, create_graph=create_graph, strict=strict)
        rows = [call.finished(_jacobian_of(call, output), call.inputs_alone) for output in call.outputs]
    return rows[0] if call.outputs_alone else tuple(rows)


def _jacobian_of(call: _Call, output: Tensor) -> list[Tensor]:
    rows = []
    for element in range(output.numel()):
        start = output.new_zeros(output.numel())
        start[element] = 1
        rows.append(call.products([start.reshape(output.shape)], [output]))
    if not rows:
        return [value.new_zeros((*output.shape, *value.shape)) for value in call.inputs]
    return [
        stack([row[place] for row in rows]).reshape((*output.shape, *value.shape))
        for place, value in enumerate(call.inputs)
    ]


def hessian(
    func: _Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Compute the Hessian of a function with one output of one element: for each pair of inputs, a tensor of both shapes.

    Source of the semantics: ``torch.autograd.functional.hessian``.

    Raises:
        RuntimeError: the output is not one tensor of one element; or as :func:`jacobian`.

    Example:
        >>> import flambeau as torch
        >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """

    def gradient(*values: Any) -> Any:
        call = _Call("hessian", func, values, create_graph=True, strict=strict, fresh=False)
        _check_one_element("hessian", call)
        return tuple(call.products([output.new_ones(output.shape) for output in call.outputs]))

    alone = _is_tensor(inputs)
    rows = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return rows[0] if alone else rows


def vhp(
    func: _Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Compute the output and the product of the vector ``v`` with the Hessian of a function of one element.

    Source of the semantics: ``torch.autograd.functional.vhp``.

    Raises:
        RuntimeError: the output is not one tensor of one element; or as :func:`vjp`.

    Example:
        >>> import flambeau as torch
        >>> torch.autograd.functional.vhp(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]), torch.ones(2))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        call = _Call("vhp", func, inputs, create_graph=create_graph, strict=strict)
        _check_one_element("vhp", call)
        vectors = call.vectors(v, call.inputs, "inputs")
        first = call.products([output.new_ones(output.shape) for output in call.outputs], create_graph=True)
        result = _gradients(first, call.inputs, vectors, create_graph=create_graph)
    return call.finished(call.outputs, call.outputs_alone), call.finished(result, call.inputs_alone)


def hvp(
    func: _Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Compute the output and the product of the Hessian with the vector ``v``: that of :func:`vhp`, Hessians being symmetric.

    Source of the semantics: ``torch.autograd.functional.hvp``.

    Raises:
        RuntimeError: as :func:`vhp`.

    Example:
        >>> import flambeau as torch
        >>> torch.autograd.functional.hvp(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]), torch.ones(2))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        call = _Call("hvp", func, inputs, create_graph=create_graph, strict=strict)
        _check_one_element("hvp", call)
        vectors = call.vectors(v, call.inputs, "inputs")
        first = call.products([output.new_ones(output.shape) for output in call.outputs], create_graph=True)
        result = _gradients(first, call.inputs, vectors, create_graph=create_graph)
    return call.finished(call.outputs, call.outputs_alone), call.finished(result, call.inputs_alone)


# -- one call ---------------------------------------------------------------


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "_array")  # Tensor cannot be imported here


def _listed(function: str, what: str, values: Any) -> tuple[list[Tensor], bool]:
    """The tensors in ``values``, and whether it is a single one."""
    if _is_tensor(values):
        return [values], True
    if not isinstance(values, (tuple, list)) or not all(map(_is_tensor, values)):
        raise TypeError(
            f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the given {what} has type "
            f"{type(values)}."
        )
    return list(values), False


class _Call:
    """The function called on inputs that gradients can be taken by.

    Attributes:
        inputs, outputs: the tensors.
        inputs_alone, outputs_alone: whether there is one tensor that is in no tuple.
    """

    def __init__(
        self, name: str, func: _Function, inputs: Any, *, create_graph: bool, strict: bool, fresh: bool = True
    ) -> None:
        self.name, self.create_graph, self.strict = name, create_graph, strict
        given, self.inputs_alone = _listed(name, "inputs", inputs)
        self.inputs = [_differentiable(value, linked=create_graph) for value in given] if fresh else given
        result = func(*self.inputs)
        self.outputs, self.outputs_alone = _listed(name, "outputs of the user-provided function", result)
        if strict:
            for place, output in enumerate(self.outputs):
                if not output.requires_grad:
                    raise RuntimeError(
                        f"Output {place} of the user-provided function does not require gradients. The outputs must be "
                        "computed in a differentiable manner from the input when running in strict mode."
                    )

    def vectors(self, v: Any, like: Sequence[Tensor], what: str) -> list[Tensor]:
        """``v`` as a list of tensors of the shapes of ``like``; ones where there is one element."""
        if v is None:
            if len(like) != 1 or like[0].numel() != 1:
                raise RuntimeError(
                    "The vector v can only be None if the user-provided function returns a single Tensor with a single "
                    "element."
                    if what == "outputs"
                    else "The vector v can only be None if the input to the user-provided function is a single Tensor with "
                    "a single element."
                )
            return [like[0].new_ones(like[0].shape)]
        found, _ = _listed(self.name, "v", v)
        if len(found) != len(like):
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(found)}.")
        for place, (one, other) in enumerate(zip(found, like, strict=True)):
            if one.shape != other.shape:
                raise RuntimeError(f"Entry {place} in v has invalid size: should be {other.shape} but got {one.shape}.")
        return found

    def products(
        self, starts: Sequence[Tensor], outputs: Sequence[Tensor] | None = None, *, create_graph: bool = False
    ) -> list[Tensor]:
        """The gradients of the inputs for gradients of the outputs."""
        chosen = self.outputs if outputs is None else outputs
        found = _found(chosen, self.inputs, starts, create_graph=create_graph or self.create_graph)
        if self.strict and any(value is None for value in found):
            place = next(place for place, value in enumerate(found) if value is None)
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {place}. This is not allowed in strict "
                "mode."
            )
        return _filled(found, self.inputs)

    def finished(self, values: Sequence[Tensor], alone: bool) -> Any:
        """What is returned: detached unless a graph is wanted, and a single tensor where there was one."""
        made = tuple(value if self.create_graph else value.detach() for value in values)
        return made[0] if alone else made


def _differentiable(value: Tensor, *, linked: bool) -> Tensor:
    """A tensor of the same memory that gradients can be taken by, ``linked`` to what the value depends on."""
    if linked and value.requires_grad:
        return value.view(value.shape)  # another tensor: its gradient is that of the argument alone
    return value.detach().requires_grad_()


def _found(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], starts: Sequence[Tensor], *, create_graph: bool
) -> Sequence[Tensor | None]:
    pairs = [(output, start) for output, start in zip(outputs, starts, strict=True) if output.requires_grad]
    if not pairs:
        return [None] * len(inputs)
    found: Sequence[Tensor | None] = _grad(
        [output for output, _ in pairs],
        list(inputs),
        [start for _, start in pairs],
        retain_graph=True,
        create_graph=create_graph,
        allow_unused=True,
    )
    return found


def _filled(found: Sequence[Tensor | None], like: Sequence[Tensor]) -> list[Tensor]:
    return [other.new_zeros(other.shape) if value is None else value for value, other in zip(found, like, strict=True)]


def _gradients(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], starts: Sequence[Tensor], *, create_graph: bool
) -> list[Tensor]:
    return _filled(_found(outputs, inputs, starts, create_graph=create_graph), inputs)


def _check_one_element(name: str, call: _Call) -> None:
    if not call.outputs_alone:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if call.outputs[0].numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")
