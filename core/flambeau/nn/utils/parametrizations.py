"""Parametrizations: orthogonal weights, weights of norm 1, weights as length and direction."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.linalg import matrix_exp, qr, solve
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.creation.ranges import eye
from flambeau.ops.movement.joining import cat
from flambeau.ops.random import randn
from flambeau.type_info import finfo

from .. import functional
from ..modules.module import Module
from ._norms import as_matrix, norm_except, output_dim, weight_of
from ._reflections import product, reflections
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def _weight(module: Module, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


# -- orthogonal --------------------------------------------------------------------------------------------------------


class _OrthMaps(Enum):
    matrix_exp = auto()
    cayley = auto()
    householder = auto()


def _is_orthogonal(matrix: Tensor) -> bool:
    rows, columns = matrix.shape[-2:]
    unit = eye(columns, dtype=matrix.dtype, device=matrix.device)
    return bool(((matrix.mH @ matrix - unit).abs() <= 10.0 * rows * finfo(matrix.dtype).eps + 1e-5 * unit).all())


def _made_orthogonal(matrix: Tensor) -> Tensor:
    factors = qr(matrix)
    made: Tensor = factors[0] * factors[1].diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
    return made


class _Orthogonal(Module):
    base: Tensor

    def __init__(self, weight: Tensor, orthogonal_map: _OrthMaps, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map is _OrthMaps.householder:
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape, self.orthogonal_map = weight.shape, orthogonal_map
        if use_trivialization:  # an orthogonal matrix that the result is multiplied by, so that it can be assigned to
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:  # noqa: N803 (PyTorch's name)
        wide = X.size(-2) < X.size(-1)
        matrix = X.mT if wide else X
        if self.orthogonal_map is _OrthMaps.householder:
            vectors = matrix.tril(-1)
            result = product(vectors, 2.0 / (1.0 + (vectors * vectors).sum(dim=-2)))
            result = result * matrix.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        else:
            result = self._of_skew(matrix)
        if hasattr(self, "base"):
            result = self.base @ result
        return result.mT if wide else result

    def _of_skew(self, matrix: Tensor) -> Tensor:
        """The orthogonal matrix that a skew one stands for, by its exponential or Cayley's map."""
        rows, columns = matrix.shape[-2:]
        lower = matrix.tril()
        if rows != columns:
            lower = cat([lower, lower.new_zeros((*lower.shape[:-1], rows - columns))], -1)
        skew = lower - lower.mH
        if self.orthogonal_map is _OrthMaps.matrix_exp:
            result = matrix_exp(skew)
        else:
            unit = eye(rows, dtype=skew.dtype, device=skew.device)
            result = solve(unit - 0.5 * skew, unit + 0.5 * skew)
        return result[..., :columns]

    @no_grad()
    def right_inverse(self, Q: Tensor) -> Tensor:  # noqa: N803 (PyTorch's name)
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        wide = Q.size(-2) < Q.size(-1)
        matrix = Q.mT if wide else Q
        if not hasattr(self, "base"):
            found = self._of_orthogonal(matrix)
            return found.mT if wide else found
        rows, columns = matrix.shape[-2:]
        if rows == columns:
            self.base = matrix.clone() if _is_orthogonal(matrix) else _made_orthogonal(matrix)
        else:
            drawn = randn(*matrix.shape[:-2], rows, rows - columns, dtype=matrix.dtype, device=matrix.device)
            self.base = _made_orthogonal(cat([matrix, drawn], -1))
        minus = zeros_like(Q)
        minus.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return minus

    def _of_orthogonal(self, matrix: Tensor) -> Tensor:
        """What the map gives a matrix of."""
        if self.orthogonal_map is not _OrthMaps.householder:
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                "use_trivialization=False."
            )
        vectors, scales = reflections(matrix)
        diagonal = vectors.diagonal(dim1=-2, dim2=-1)
        diagonal.sign_()
        diagonal[scales == 0.0] *= -1
        return vectors


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Keep a weight orthogonal: its columns, or its rows if it is wide, have norm 1 and are at right angles.

    Source of the semantics: ``torch.nn.utils.parametrizations.orthogonal``.

    Args:
        module, name: the weight, a matrix or a batch of them.
        orthogonal_map: ``"matrix_exp"``, ``"cayley"`` or ``"householder"``; the first for square and complex matrices, the
            last for others, if None.
        use_trivialization: multiply by a fixed orthogonal matrix, so that the weight can be assigned to.

    Raises:
        ValueError: there is no such tensor or map, it has less than two dimensions, or is complex for reflections.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 3))
        >>> bool(torch.allclose(layer.weight @ layer.weight.t(), torch.eye(3), atol=1e-5))
        True
    """
    weight = _weight(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in _OrthMaps.__members__:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    made = _Orthogonal(weight, _OrthMaps[orthogonal_map], use_trivialization=use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)


# -- length and direction ----------------------------------------------------------------------------------------------


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weight_of(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Compute a weight from its length (along all dimensions but ``dim``) and direction (Salimans and Kingma, 2016).

    ``module.parametrizations.weight.original0`` is the length, ``original1`` the direction. States of the older
    ``weight_norm`` can be loaded. Source of the semantics: ``torch.nn.utils.parametrizations.weight_norm``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 3))
        >>> list(layer.state_dict())
        ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def renamed(state_dict: dict[str, Any], prefix: str, *others: Any) -> None:
        older = [f"{prefix}{name}_{part}" for part in "gv"]
        if all(key in state_dict for key in older):
            for place, key in enumerate(older):
                state_dict[f"{prefix}parametrizations.{name}.original{place}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(renamed)
    return module


# -- the largest singular value ----------------------------------------------------------------------------------------


class _SpectralNorm(Module):
    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        count = weight.ndim
        if not -count <= dim < count:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{count}, {count - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim, self.eps = dim % count, eps
        if count > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim)
            u, v = (matrix.new_empty(size).normal_(0, 1) for size in matrix.shape)
            self.register_buffer("_u", functional.normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", functional.normalize(v, dim=0, eps=eps))
            self._iterate(matrix, 15)

    @no_grad()
    def _iterate(self, matrix: Tensor, count: int) -> None:
        """Bring the vectors nearer to singular ones."""
        for _ in range(count):
            self._u.copy_(functional.normalize(matrix.mv(self._v), dim=0, eps=self.eps))
            self._v.copy_(functional.normalize(matrix.mH.mv(self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return functional.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the buffers change with the next pass, these belong to the graph
        return weight / u.vdot(matrix.mv(v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value  # for a weight whose norm is 1 already


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight by its largest singular value, found by iteration (Miyato et al., 2018).

    Each forward pass in training brings two vectors nearer to the singular ones. Source of the semantics:
    ``torch.nn.utils.parametrizations.spectral_norm``.

    Args:
        module, name: the weight.
        n_power_iterations: how many steps each pass does; 15 are done at first.
        eps: the least norm that vectors are divided by.
        dim: of the outputs; 1 for transposed convolutions, 0 otherwise.

    Raises:
        ValueError: there is no such tensor, or there are no iterations.
        IndexError: there is no such dimension.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(4, 3)).eval()
        >>> round(torch.linalg.matrix_norm(layer.weight, 2).item(), 1)
        1.0
    """
    weight = _weight(module, name)
    made = _SpectralNorm(weight, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    return register_parametrization(module, name, made)
