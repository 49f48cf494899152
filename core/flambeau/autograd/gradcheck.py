"""Derivatives against finite differences: ``gradcheck`` and ``gradgradcheck``.

In slow mode both Jacobians are computed whole, one column by two calls of the function, one row by one backward pass. In
fast mode they are compared in the product with one random vector on each side, which costs two calls and one pass.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.modes import enable_grad, no_grad
from flambeau.errors import level_of_caller
from flambeau.ops.elementwise.complex_parts import view_as_real
from flambeau.ops.movement.joining import stack
from flambeau.ops.random.factories import rand, randn
from flambeau.random import Generator

from .forward_ad import dual_level, make_dual, unpack_dual
from .passes import grad

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

_Function = Callable[..., Any]


class GradcheckError(RuntimeError):
    """A derivative is not what finite differences say. Source: ``torch.autograd.gradcheck.GradcheckError``."""


def gradcheck(
    func: _Function,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the gradients of ``func`` with central differences; True if they agree.

    Args:
        func: of the tensors in ``inputs`` to a tensor or several.
        inputs: a tensor or several, float64 for the tolerances to make sense; those that require a gradient are checked.
        eps: the step of the differences.
        atol, rtol: how far the derivatives may be apart: ``atol + rtol * abs(numerical)``.
        raise_exception: raise the error instead of returning False.
        nondet_tol: how far two backward passes may be apart.
        check_undefined_grad: that an output without a gradient counts as one with zeros.
        check_grad_dtypes: that gradients have the dtype of their inputs.
        check_batched_grad: that a batch of starts gives what the starts give one by one.
        check_batched_forward_grad: accepted; forward products are computed one by one.
        check_forward_ad: the tangents of forward mode as well.
        check_backward_ad: the gradients.
        fast_mode: compare one product with random vectors instead of every entry.
        masked: accepted; sparse inputs are always checked in the elements that they store, and sparse outputs by their
            strided form.

    Source of the semantics: ``torch.autograd.gradcheck``.

    Raises:
        AssertionError: nothing is to be checked.
        ValueError: no input requires a gradient.
        GradcheckError: they do not agree.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradcheck(lambda x: x**3, x)
        True
    """
    assert check_forward_ad or check_backward_ad, (
        "Expected at least one of check_forward_ad and check_backward_ad to be True, so that something is checked"
    )
    checked = _Checked(func, inputs, eps)
    try:
        outputs = checked.outputs()
        if check_backward_ad:
            for position, output in enumerate(outputs):
                if not output.requires_grad:
                    _check_constant(checked, position, atol)
                elif fast_mode:
                    _check_fast(checked, position, output, atol, rtol)
                else:
                    _check_slow(checked, position, output, atol, rtol, nondet_tol)
                if output.requires_grad and check_grad_dtypes:
                    _check_dtypes(checked, output)
                if output.requires_grad and check_batched_grad:
                    _check_batched(checked, output)
            if check_undefined_grad:
                _check_undefined(checked, [output for output in outputs if output.requires_grad])
        if check_forward_ad:
            _check_forward(checked, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


class _Checked:
    """The function under test with its inputs.

    Attributes:
        wanted: the inputs that require a gradient, with their places.
    """

    def __init__(self, func: _Function, inputs: Any, eps: float) -> None:
        self.func, self.inputs = _of_values(func, (inputs,) if isinstance(inputs, Tensor) else tuple(inputs))
        self.eps = eps
        self.wanted = [
            (place, value)
            for place, value in enumerate(self.inputs)
            if isinstance(value, Tensor) and value.requires_grad
        ]
        if not self.wanted:
            raise ValueError(
                "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
            )
        for place, value in self.wanted:
            if value.element_size() < 8:
                warnings.warn(
                    f"Input #{place} requires gradient and is not a double precision floating point or complex. This check "
                    "will likely fail if all the inputs are not of double precision floating point or complex. ",
                    UserWarning,
                    stacklevel=level_of_caller(),
                )

    def outputs(self, inputs: Sequence[Any] | None = None) -> list[Tensor]:
        """The tensors that the function gives, of other inputs than its own where there are such."""
        result = self.func(*(self.inputs if inputs is None else inputs))
        listed = [result] if isinstance(result, Tensor) else list(result)
        for output in listed:
            if not isinstance(output, Tensor):
                raise ValueError(f"gradcheck: the function must give tensors, not {type(output).__name__}")
        return [_real_form(output.to_dense() if output._sparse else output) for output in listed]

    def moved(self, place: int, direction: Tensor, position: int) -> Tensor:
        """The change of an output, flattened, per unit of ``direction`` in the input at ``place``."""
        memory = self.inputs[place].data
        kept = memory.clone()
        with no_grad():
            try:
                memory.copy_(kept + direction * self.eps)
                above = self.outputs()[position].clone()
                memory.copy_(kept - direction * self.eps)
                below = self.outputs()[position].clone()
            finally:
                memory.copy_(kept)
            return ((above - below) / (2 * self.eps)).reshape(-1)

    def pulled(self, output: Tensor, direction: Tensor) -> list[Tensor]:
        """The gradients of the wanted inputs for a gradient of an output; zeros where nothing arrives."""
        tensors = [value for _, value in self.wanted]
        found = grad(output, tensors, direction, retain_graph=True, allow_unused=True)
        return [
            value.new_zeros(value.shape) if each is None else each for each, value in zip(found, tensors, strict=True)
        ]


def _of_values(func: _Function, inputs: tuple[Any, ...]) -> tuple[_Function, tuple[Any, ...]]:
    """A function of the stored values of sparse inputs, which are what has gradients, and those values."""
    sparse = {place: value for place, value in enumerate(inputs) if getattr(value, "_sparse", False)}
    if not sparse:
        return func, inputs

    def of_values(*arguments: Any) -> Any:
        given = [
            sparse[place].with_values(value) if place in sparse else value for place, value in enumerate(arguments)
        ]
        return func(*given)

    values = [
        value._values_.detach().requires_grad_(value.requires_grad) if place in sparse else value
        for place, value in enumerate(inputs)
    ]
    return of_values, tuple(values)


def _real_form(tensor: Tensor) -> Tensor:
    """A complex tensor as pairs of numbers: what is differentiated has real values, as in PyTorch."""
    return view_as_real(tensor) if tensor.is_complex() else tensor


def _directions(tensor: Tensor) -> list[Tensor]:
    """In which an input is moved: along each element, and of a complex one along its imaginary part as well."""
    vectors = _unit_vectors(tensor)
    return vectors + [vector * 1j for vector in vectors] if tensor.is_complex() else vectors


def _unit_vectors(tensor: Tensor) -> list[Tensor]:
    vectors = []
    for element in range(tensor.numel()):
        vector = tensor.new_zeros(tensor.numel())
        vector[element] = 1
        vectors.append(vector.reshape(tensor.shape))
    return vectors


def _far(found: Tensor, expected: Tensor, atol: float, rtol: float) -> bool:
    with no_grad():
        close = (found - expected).abs() <= atol + rtol * expected.abs()
        both_nan = (found != found) & (expected != expected)
        return not bool((close | both_nan).all())


def _check_constant(checked: _Checked, position: int, atol: float) -> None:
    for place, value in checked.wanted:
        for direction in _directions(value):
            change = checked.moved(place, direction, position)
            if _far(change, change * 0, atol, 0.0):
                raise GradcheckError("Numerical gradient for function expected to be zero")


def _check_slow(checked: _Checked, position: int, output: Tensor, atol: float, rtol: float, nondet_tol: float) -> None:
    rows = [checked.pulled(output, direction) for direction in _unit_vectors(output)]
    again = [checked.pulled(output, direction) for direction in _unit_vectors(output)]
    for number, (place, value) in enumerate(checked.wanted):
        if not value.numel() or not rows:
            continue
        numerical = stack([checked.moved(place, direction, position) for direction in _directions(value)])
        if value.is_complex():  # the derivatives along both parts make one complex number
            numerical = numerical[: value.numel()] + numerical[value.numel() :] * 1j
        analytical = stack([row[number].reshape(-1) for row in rows], 1)
        repeated = stack([row[number].reshape(-1) for row in again], 1)
        if _far(repeated, analytical, nondet_tol, 0.0):
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives "
                f"different values, although analytical gradient matches numerical gradient.The tolerance for "
                f"nondeterminism was {nondet_tol}."
            )
        if _far(analytical, numerical, atol, rtol):
            raise _mismatch(position, number, numerical, analytical)


def _check_fast(checked: _Checked, position: int, output: Tensor, atol: float, rtol: float) -> None:
    def drawn(like: Tensor) -> Tensor:
        vector = rand(like.shape, dtype=like.dtype, device=like.device, generator=generator)
        return vector / vector.abs().square().sum().sqrt() if vector.numel() else vector

    generator = Generator(output.device).manual_seed(0)
    weights = drawn(output)
    pulled = checked.pulled(output, weights)
    for number, (place, value) in enumerate(checked.wanted):
        direction = drawn(value)
        numerical = (checked.moved(place, direction, position) * weights.reshape(-1)).sum()
        analytical = (_real_form(pulled[number]) * _real_form(direction)).sum()
        if _far(analytical, numerical, atol, rtol):
            raise _mismatch(position, number, numerical, analytical)


def _check_forward(checked: _Checked, atol: float, rtol: float) -> None:
    """Tangents of forward mode, one direction of one input at a time."""
    for number, (place, value) in enumerate(checked.wanted):
        for direction in _directions(value):
            with dual_level():
                inputs = list(checked.inputs)
                inputs[place] = make_dual(value.detach(), direction)
                tangents = [unpack_dual(output).tangent for output in checked.outputs(inputs)]
            for position, tangent in enumerate(tangents):
                numerical = checked.moved(place, direction, position)
                analytical = numerical * 0 if tangent is None else tangent.reshape(-1)
                if _far(analytical, numerical, atol, rtol):
                    raise GradcheckError(
                        "Forward mode: "
                        + str(_mismatch(position, number, numerical, analytical)).replace("Jacobian", "jacobian")
                    )


def _check_batched(checked: _Checked, output: Tensor) -> None:
    tensors = [value for _, value in checked.wanted]
    starts = stack([output.detach() * 0 + 1, output.detach() * 0 + 2])
    batched = grad(output, tensors, starts, retain_graph=True, allow_unused=True, is_grads_batched=True)
    for place, found in enumerate(batched):
        rows = [checked.pulled(output, start)[place] for start in starts]
        if found is not None and _far(found, stack(rows), 0.0, 0.0):
            raise GradcheckError("a batch of starts gives other gradients than the starts one by one")


def _check_undefined(checked: _Checked, outputs: list[Tensor]) -> None:
    """A gradient that is not there must count as zeros: for each output, with all others left out, and with zeros."""
    if len(outputs) < 2:
        return
    tensors = [value for _, value in checked.wanted]
    for position, output in enumerate(outputs):
        starts = [each.detach() * 0 + (place == position) for place, each in enumerate(outputs)]
        whole = grad(outputs, tensors, starts, retain_graph=True, allow_unused=True)
        for found, expected, value in zip(checked.pulled(output, output.detach() * 0 + 1), whole, tensors, strict=True):
            if _far(found, value.detach() * 0 if expected is None else expected, 1e-12, 1e-9):
                raise GradcheckError(
                    "Expected backward function to handle undefined output grads. Please look at 'Notes about undefined output "
                    'gradients\' in "tools/autograd/derivatives.yaml"'
                )


def _check_dtypes(checked: _Checked, output: Tensor) -> None:
    for (place, value), found in zip(checked.wanted, checked.pulled(output, output.detach() * 0), strict=True):
        if found.dtype is not value.dtype:
            raise GradcheckError(f"the gradient of input {place} has the dtype {found.dtype!r}, not {value.dtype!r}")


def _mismatch(output: int, number: int, numerical: Tensor, analytical: Tensor) -> GradcheckError:
    return GradcheckError(
        f"Jacobian mismatch for output {output} with respect to input {number},\n"
        f"numerical:{numerical!r}\nanalytical:{analytical.detach()!r}\n"
    )


def gradgradcheck(
    func: _Function,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    gen_non_contig_grad_outputs: bool = False,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare the gradients of the gradients of ``func`` with central differences of the gradients; True if they agree.

    ``grad_outputs`` are the gradients of the outputs, random ones if left out (with gaps in memory where
    ``gen_non_contig_grad_outputs``); ``check_fwd_over_rev`` differentiates the gradients forward, ``check_rev_over_rev``
    backward; the other arguments are those of :func:`gradcheck`. Source: ``torch.autograd.gradgradcheck``.

    Raises:
        ValueError: no input requires a gradient.
        GradcheckError: they do not agree.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradgradcheck(lambda x: x**3, x)
        True
    """
    checked = _Checked(func, inputs, eps)
    starts = _starts(checked.outputs(), grad_outputs, with_gaps=gen_non_contig_grad_outputs)
    count = len(checked.inputs)

    def gradients(*arguments: Any) -> tuple[Tensor, ...]:
        inner = _Checked(checked.func, arguments[:count], eps)
        outputs = inner.outputs()
        pairs = [
            (output, start) for output, start in zip(outputs, arguments[count:], strict=True) if output.requires_grad
        ]
        found = grad(
            [output for output, _ in pairs],
            [value for _, value in inner.wanted],
            [start for _, start in pairs],
            create_graph=True,
            allow_unused=True,
        )
        return tuple(each for each in found if each is not None)

    return gradcheck(
        _with_grad(gradients),
        (*checked.inputs, *starts),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


def _with_grad(function: _Function) -> _Function:
    """The function with the graph recorded, also where gradcheck takes differences."""
    return enable_grad()(function)


def _starts(outputs: Sequence[Tensor], given: Any, *, with_gaps: bool) -> list[Tensor]:
    if given is not None:
        return [_real_form(start) for start in ([given] if isinstance(given, Tensor) else given)]
    generator = Generator(outputs[0].device).manual_seed(0)
    drawn = [
        randn((*output.shape, 2), dtype=output.dtype, device=output.device, generator=generator)[..., 0]
        for output in outputs
    ]
    return [(start if with_gaps else start.contiguous()).detach().requires_grad_() for start in drawn]
