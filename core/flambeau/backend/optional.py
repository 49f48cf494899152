"""The kernels that a backend may provide, under the contract of :mod:`flambeau.backend.kernels`."""

from __future__ import annotations

from typing import Protocol

from .kernels import Array, Scalar, Shape

__all__ = ["OptionalKernels"]


class OptionalKernels(Protocol):
    """Kernels that make a backend faster, never different: each op has a default composition."""

    def item(self, a: Array) -> Scalar:
        """The only element of ``a`` as a Python scalar."""

    def ne(self, a: Array, b: Array) -> Array:
        """Result dtype bool: not equal."""

    def gt(self, a: Array, b: Array) -> Array:
        """Result dtype bool: greater."""

    def ge(self, a: Array, b: Array) -> Array:
        """Result dtype bool: greater or equal."""

    def select(self, a: Array, dim: int, index: int) -> Array:
        """Index ``index`` of ``dim``, which goes away; an alias as :meth:`RequiredKernels.slice`."""

    def square(self, a: Array) -> Array:
        """``a * a``."""

    def reciprocal(self, a: Array) -> Array:
        """``1 / a``; floats only, as are the next three."""

    def rsqrt(self, a: Array) -> Array:
        """``1 / sqrt(a)``."""

    def sigmoid(self, a: Array) -> Array:
        """``1 / (1 + exp(-a))``, without overflow."""

    def log2(self, a: Array) -> Array:
        """Logarithm to base 2."""

    def log10(self, a: Array) -> Array:
        """Logarithm to base 10."""

    def relu(self, a: Array) -> Array:
        """``max(a, 0)``; nan stays nan."""

    def relu_backward(self, grad: Array, result: Array) -> Array:
        """``grad`` where ``result > 0``, else 0."""

    def mean(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """Arithmetic mean; floats only; nan where empty."""

    def var(self, a: Array, dims: Shape, keepdim: bool, correction: float) -> Array:
        """Variance with divisor ``max(0, n - correction)``, computed about the mean; floats only."""

    def nansum(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """Sum of the elements that are not nan; floats of 32 bits and more, as for the next one."""

    def square_sum(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """Sum of ``a * a``."""

    def count_nonzero(self, a: Array, dims: Shape) -> Array:
        """Result dtype int64: how many elements are not zero (nan is not)."""

    def cummax(self, a: Array, dim: int) -> Array:
        """Running maximum along ``dim``; nan from the first nan on."""

    def cummin(self, a: Array, dim: int) -> Array:
        """Running minimum along ``dim``; nan from the first nan on."""

    def logsumexp(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """``log(sum(exp(a)))``, without overflow; floats of 32 bits and more; the dims are not empty."""

    def logcumsumexp(self, a: Array, dim: int) -> Array:
        """``log(cumsum(exp(a)))`` along ``dim`` without overflow; floats of 32 bits and more."""

    def softmax(self, a: Array, dim: int) -> Array:
        """``exp(a) / sum(exp(a))`` along ``dim``, shifted by the maximum; floats only."""

    def softmax_backward(self, grad: Array, result: Array, dim: int) -> Array:
        """``result * (grad - sum(grad * result))`` along ``dim``."""

    def log_softmax(self, a: Array, dim: int) -> Array:
        """``a - log(sum(exp(a)))`` along ``dim``, shifted by the maximum; floats only."""

    def log_softmax_backward(self, grad: Array, result: Array, dim: int) -> Array:
        """``grad - exp(result) * sum(grad)`` along ``dim``."""

    def addmm(self, bias: Array, a: Array, b: Array) -> Array:
        """``bias + a @ b`` of matrices; ``bias`` broadcasts to the product's shape."""

    def index_add(self, target: Array, dim: int, index: Array, source: Array) -> None:
        """Adds slice i of ``source`` along ``dim`` to slice ``index[i]`` of ``target``; writes into ``target``."""

    def sgd_step(
        self,
        parameter: Array,
        grad: Array,
        buffer: Array | None,
        lr: float,
        momentum: float,
        dampening: float,
        weight_decay: float,
        nesterov: bool,
        maximize: bool,
    ) -> None:
        """One step of stochastic gradient descent; writes into ``parameter`` and ``buffer`` (the momentum).

        ``grad`` is only read. See :class:`flambeau.optim.SGD` for the formulas; the first step of a momentum
        buffer (a copy of the gradient) is done by core.
        """

    def adam_step(
        self,
        parameter: Array,
        grad: Array,
        exp_avg: Array,
        exp_avg_sq: Array,
        max_exp_avg_sq: Array | None,
        step: int,
        lr: float,
        beta1: float,
        beta2: float,
        eps: float,
        weight_decay: float,
        decoupled: bool,
        maximize: bool,
    ) -> None:
        """One step of Adam (AdamW where ``decoupled``); writes into every array but ``grad``.

        See :class:`flambeau.optim.Adam` for the formulas; ``step`` counts from 1.
        """
