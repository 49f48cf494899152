"""Complex numbers: their parts, as views and as copies, conjugates and angles."""

from __future__ import annotations

from math import pi
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import no_complex_halves, zero_gradient
from flambeau._dispatch.declare import composite, elementwise, primitive, view
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import TensorMethods, method, method_property
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation._own import own
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.ops.movement.joining import stack
from flambeau.ops.movement.shapes import transpose, warn_zero_dim
from flambeau.ops.movement.slicing import _select
from flambeau.promotion import get_default_dtype
from flambeau.shapes import dense_order

from .selection import where
from .trigonometric import atan2, cos, sin

__all__ = [
    "adjoint", "angle", "complex", "conj", "conj_physical", "conj_physical_", "imag", "is_conj", "is_neg", "polar",
    "real", "resolve_conj", "resolve_neg", "view_as_complex", "view_as_real",
]  # fmt: skip


# -- parts ---------------------------------------------------------------


def _pairs_to_numbers(grad: Tensor) -> Tensor:
    return view_as_complex(grad.contiguous())


@view(
    derivatives={"input": _pairs_to_numbers},
    method=False,
    holomorphic=False,
    node="ViewAsRealBackward0",
)
def _view_as_real(input: Tensor) -> Tensor:
    type_, kernels = input._type, input._type.kernels
    pairs = kernels.reshape(input._array, (*input._array.shape, 1))
    real = type_.dtype.to_real()
    return from_array(kernels.bitcast(pairs, real.name), type_.with_dtype(real))


@composite()
def view_as_real(input: Tensor) -> Tensor:
    """View complex numbers as pairs of real ones, in a new last dimension. Source: ``torch.view_as_real``.

    Raises:
        RuntimeError: the input is not complex.

    Example:
        >>> import flambeau as torch
        >>> torch.view_as_real(torch.tensor([1 + 2j]))
        tensor([[1., 2.]])
    """
    if not input._type.complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return _view_as_real(input)


@view(
    derivatives={"input": lambda grad: view_as_real(grad)},
    method=False,
    holomorphic=False,
    node="ViewAsComplexBackward0",
)
def _view_as_complex(input: Tensor) -> Tensor:
    type_, kernels = input._type, input._type.kernels
    whole = type_.dtype.to_complex()
    numbers = kernels.bitcast(input._array, whole.name)
    return from_array(kernels.reshape(numbers, input._array.shape[:-1]), type_.with_dtype(whole))


@composite()
def view_as_complex(input: Tensor) -> Tensor:
    """View pairs of real numbers, in the last dimension, as complex ones. Source: ``torch.view_as_complex``.

    Raises:
        RuntimeError: the input is not float16, float32 or float64, or does not lie in memory in pairs.

    Example:
        >>> import flambeau as torch
        >>> torch.view_as_complex(torch.tensor([[1.0, 2.0]]))
        tensor([1.+2.j])
    """
    if input.dtype not in (dtypes.float16, dtypes.float32, dtypes.float64):
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{scalar_type_name(input.dtype)}"
        )
    if not input.dim() or input.shape[-1] != 2:
        raise RuntimeError(
            "Tensor must have a last dimension of size 2"
            if input.dim()
            else "Input tensor must have one or more dimensions"
        )
    *strides, last = input.stride()
    if last != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(stride % 2 for stride, size in zip(strides, input.shape, strict=False) if size > 1):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if input.storage_offset() % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return _view_as_complex(input)


@spelled()
def real(input: Tensor) -> Tensor:
    """View the real parts; a real tensor is returned as it is. Source of the semantics: ``torch.real``.

    Example:
        >>> import flambeau as torch
        >>> torch.real(torch.tensor([1 + 2j]))
        tensor([1.])
    """
    return _select(view_as_real(input), input.dim(), 0) if input._type.complex else input


@spelled()
def imag(input: Tensor) -> Tensor:
    """View the imaginary parts. Source of the semantics: ``torch.imag``.

    Raises:
        RuntimeError: the input is not complex.

    Example:
        >>> import flambeau as torch
        >>> torch.imag(torch.tensor([1 + 2j]))
        tensor([2.])
    """
    if not input._type.complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _select(view_as_real(input), input.dim(), 1)


def _set_real(self: Tensor, value: Any) -> None:
    real(self).copy_(value if isinstance(value, Tensor) else self.new_tensor(value, dtype=self.dtype.to_real()))


def _set_imag(self: Tensor, value: Any) -> None:
    imag(self).copy_(value if isinstance(value, Tensor) else self.new_tensor(value, dtype=self.dtype.to_real()))


setattr(TensorMethods, "real", property(real, _set_real))  # noqa: B010 (type checkers see an attribute)
setattr(TensorMethods, "imag", property(imag, _set_imag))  # noqa: B010


# -- from parts ---------------------------------------------------------------


def _check_parts(first: Tensor, second: Tensor) -> None:
    allowed = (dtypes.float16, dtypes.float32, dtypes.float64)
    if first.dtype not in allowed or second.dtype not in allowed:
        raise RuntimeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{scalar_type_name(first.dtype)} and {scalar_type_name(second.dtype)}"
        )
    if first.dtype is not second.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {scalar_type_name(first.dtype)} but got scalar type "
            f"{scalar_type_name(second.dtype)} for second argument"
        )


@composite(method=False, out="exact")
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Make complex numbers of real and imaginary parts, which broadcast. Source of the semantics: ``torch.complex``.

    Raises:
        RuntimeError: the parts are not both float16, both float32, or both float64.

    Example:
        >>> import flambeau as torch
        >>> torch.complex(torch.tensor([1.0]), torch.tensor([2.0]))
        tensor([1.+2.j])
    """
    _check_parts(real, imag)
    alike = real._array.shape == imag._array.shape
    parts = [real, imag] if alike else broadcast_tensors(real, imag)
    if parts[0].is_contiguous():
        return _view_as_complex(stack(parts, -1))
    # In the memory order of the parts.
    order = dense_order(parts[0].shape, parts[0].stride())
    turned = _view_as_complex(stack([part.permute(order) for part in parts], -1))
    return turned.permute(tuple(map(order.index, range(len(order)))))


@composite(method=False, out="exact")
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Make complex numbers of absolute values and angles in radians. Source of the semantics: ``torch.polar``.

    Raises:
        RuntimeError: the inputs are not both float32, or both float64.
        NotImplementedError: they are float16.

    Example:
        >>> import flambeau as torch
        >>> torch.polar(torch.tensor([2.0]), torch.tensor([0.0]))
        tensor([2.+0.j])
    """
    _check_parts(abs, angle)
    if abs.dtype is dtypes.float16:
        raise NotImplementedError("\"polar_cpu\" not implemented for 'Half'")
    return _polar(*broadcast_tensors(abs, angle))


def _polar_abs(grad: Tensor, result: Tensor) -> Tensor:
    return real(grad.conj() * complex_sgn(result))


def _polar_angle(grad: Tensor, result: Tensor) -> Tensor:
    return real(grad.conj() * (result * 1j))


@primitive(
    derivatives={"abs": _polar_abs, "angle": _polar_angle}, method=False, holomorphic=False, node="PolarBackward0"
)
def _polar(abs: Tensor, angle: Tensor) -> Tensor:
    abs, angle = abs.detach(), angle.detach()
    return own(complex(abs * cos(angle), abs * sin(angle)))


# -- conjugates ---------------------------------------------------------------


def _conjugate(type_: Any, a: Any) -> Any:
    """The conjugate, for backends without a kernel of it: the sign of every second real number is changed."""
    kernels = type_.kernels
    result = kernels.clone(a, False)
    pairs = kernels.bitcast(kernels.reshape(result, (*a.shape, 1)), type_.dtype.to_real().name)
    starts, lengths = (0,) * len(a.shape) + (1,), (*a.shape, 1)
    parts = kernels.slice(pairs, starts, lengths, (1,) * len(lengths))
    kernels.copy_into(parts, kernels.neg(parts))
    return result


def _conj_input(grad: Tensor) -> Tensor:
    return conj(grad)


@elementwise(
    derivatives={"input": _conj_input},
    kernel="conj",
    default=_conjugate,
    method=False,
    inplace=False,
    out=False,
    holomorphic=False,
    node="ConjBackward0",
)
def _conj(input: Tensor) -> Tensor:
    """The conjugate of a complex tensor."""


@composite()
def conj(input: Tensor) -> Tensor:
    """Conjugate complex numbers; a real tensor is returned as it is. Source of the semantics: ``torch.conj``.

    The result is a copy, not a view that is conjugated when it is read as in PyTorch: ``is_conj()`` is always False.

    Example:
        >>> import flambeau as torch
        >>> torch.conj(torch.tensor([1 + 2j]))
        tensor([1.-2.j])
    """
    return _conj(input) if input._type.complex else input


@composite(inplace=True, out=True)
def conj_physical(input: Tensor) -> Tensor:
    """Conjugate complex numbers into a new tensor. Source of the semantics: ``torch.conj_physical``.

    Example:
        >>> import flambeau as torch
        >>> torch.conj_physical(torch.tensor([1 + 2j]))
        tensor([1.-2.j])
    """
    return _conj(input) if input._type.complex else input.clone()


@spelled()
def conj_physical_(input: Tensor) -> Tensor:
    """Conjugate in place: :func:`flambeau.conj_physical`.

    Example:
        >>> import flambeau as torch
        >>> torch.conj_physical_(torch.tensor([1 + 2j]))
        tensor([1.-2.j])
    """
    return input.conj_physical_()


@spelled()
@method("resolve_conj")
def resolve_conj(input: Tensor) -> Tensor:
    """Return the tensor: no conjugation waits to be done. Source of the semantics: ``torch.resolve_conj``.

    Example:
        >>> import flambeau as torch
        >>> torch.resolve_conj(torch.tensor([1 + 2j]).conj())
        tensor([1.-2.j])
    """
    return input


@spelled()
@method("resolve_neg")
def resolve_neg(input: Tensor) -> Tensor:
    """Return the tensor: no change of sign waits to be done. Source of the semantics: ``torch.resolve_neg``.

    Example:
        >>> import flambeau as torch
        >>> torch.resolve_neg(torch.tensor([1.0]))
        tensor([1.])
    """
    return input


@spelled()
@method("is_conj")
def is_conj(input: Tensor) -> bool:
    """Tell whether a conjugation waits to be done: never. Source of the semantics: ``torch.is_conj``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_conj(torch.tensor([1 + 2j]).conj())
        False
    """
    return False


@spelled()
@method("is_neg")
def is_neg(input: Tensor) -> bool:
    """Tell whether a change of sign waits to be done: never. Source of the semantics: ``torch.is_neg``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_neg(torch.tensor([1 + 2j]).imag)
        False
    """
    return False


# -- angles ---------------------------------------------------------------


@primitive(derivatives={"input": zero_gradient}, method=False, node="AngleBackward0")
def _real_angle(input: Tensor) -> Tensor:
    type_, array = input._type, input._array
    kernels, zero = type_.kernels, type_.number(0.0)
    angles = kernels.where(kernels.lt(array, zero), type_.number(pi), zero)
    return from_array(kernels.where(kernels.isnan(array), array, angles), type_)


@composite(out=True)
def angle(input: Tensor) -> Tensor:
    """Compute angles in radians; pi for negative real numbers, 0 for others. Source of the semantics: ``torch.angle``.

    Example:
        >>> import flambeau as torch
        >>> torch.angle(torch.tensor([1j, -1 + 0j]))
        tensor([1.5708, 3.1416])
    """
    no_complex_halves("angle_cpu", input.dtype)
    if input._type.complex:
        return atan2(imag(input), real(input))
    return _real_angle(input if input._type.floats else input.to(get_default_dtype()))


@primitive(
    derivatives={"input": lambda grad, input: grad * complex_sgn(input)},
    method=False,
    holomorphic=False,
    node="AbsBackward0",
)
def _complex_abs(input: Tensor) -> Tensor:
    type_ = input._type
    return from_array(type_.kernels.abs(input._array), type_.with_dtype(type_.dtype.to_real()))


def complex_abs(input: Tensor) -> Tensor:
    """The absolute values of complex numbers, which are real."""
    return _complex_abs(input)


def _sgn_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    """What turns the angle: the sign does not change with the absolute value."""
    size, across = complex_abs(input), imag(grad * conj(result))
    at_zero = size == 0
    slope: Tensor = where(at_zero, 0.0, across) / where(at_zero, 1.0, size)
    return result * (slope * 1j)


@primitive(derivatives={"input": _sgn_input}, method=False, holomorphic=False, node="SgnBackward0")
def _complex_sgn(input: Tensor) -> Tensor:
    size = complex_abs(input.detach()).unsqueeze(-1)
    at_zero = size == 0
    parts = view_as_real(input.detach())  # each by itself: a tiny number divided as a complex one is nan
    result = view_as_complex(where(at_zero, 0.0, parts / where(at_zero, 1.0, size)))
    return from_array(result._array, input._type)


def complex_sgn(input: Tensor) -> Tensor:
    """The complex numbers of absolute value 1 with the same angles; 0 for 0."""
    return _complex_sgn(input)


# -- transposed and conjugated ---------------------------------------------------------------


@composite()
def adjoint(input: Tensor) -> Tensor:
    """Transpose and conjugate matrices. Source of the semantics: ``torch.adjoint``.

    Raises:
        RuntimeError: there are fewer than two dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.adjoint(torch.tensor([[1j, 2.0]]))
        tensor([[0.-1.j],
                [2.-0.j]])
    """
    if input.dim() == 0:
        warn_zero_dim("adjoint()", "Consider using x.conj().")
        return conj(input)
    if input.dim() < 2:
        raise RuntimeError(
            f"tensor.adjoint() is only supported on matrices or batches of matrices. Got {input.dim()}-D tensor."
        )
    return conj(transpose(input, -2, -1))


@method_property("mH")
def _matrix_adjoint(self: Tensor) -> Tensor:
    """Its matrices transposed and conjugated."""
    if self.dim() == 0:
        warn_zero_dim("Tensor.mH", "Consider using x.conj().")
        return conj(self)
    if self.dim() < 2:
        raise RuntimeError(
            f"tensor.mH is only supported on matrices or batches of matrices. Got {self.dim()}-D tensor."
        )
    return adjoint(self)


@method_property("H")
def _hermitian(self: Tensor) -> Tensor:
    """The matrix transposed and conjugated."""
    if self.dim() == 0:
        warn_zero_dim("Tensor.H", "Consider using x.conj().")
        return conj(self)
    if self.dim() != 2:
        advice = " For batches of matrices, consider using tensor.mH" if self.dim() > 2 else ""
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {self.dim()}-D tensor.{advice}")
    return adjoint(self)
