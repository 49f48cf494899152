"""The kernels that a backend may provide, under the contract of :mod:`flambeau.backend.kernels`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

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

    def exp2(self, a: Array) -> Array:
        """2 to the power a; floats only, as are all functions to :meth:`frexp`."""

    def asinh(self, a: Array) -> Array:
        """Inverse hyperbolic sine."""

    def acosh(self, a: Array) -> Array:
        """Inverse hyperbolic cosine; nan below 1."""

    def atanh(self, a: Array) -> Array:
        """Inverse hyperbolic tangent; infinite at -1 and 1, nan beyond."""

    def hypot(self, a: Array, b: Array) -> Array:
        """``sqrt(a * a + b * b)`` without overflow."""

    def logaddexp(self, a: Array, b: Array) -> Array:
        """``log(exp(a) + exp(b))`` without overflow."""

    def logaddexp2(self, a: Array, b: Array) -> Array:
        """``log2(2**a + 2**b)`` without overflow."""

    def conj(self, a: Array) -> Array:
        """The conjugate of each element."""

    def copysign(self, a: Array, b: Array) -> Array:
        """The magnitude of ``a`` with the sign of ``b``."""

    def nextafter(self, a: Array, b: Array) -> Array:
        """The number next to ``a`` on the way to ``b``."""

    def signbit(self, a: Array) -> Array:
        """Result dtype bool: whether there is a minus sign, as zeros may have one."""

    def isinf(self, a: Array) -> Array:
        """Result dtype bool: whether an element is infinite."""

    def isfinite(self, a: Array) -> Array:
        """Result dtype bool: whether an element is neither infinite nor nan."""

    def frexp(self, a: Array) -> tuple[Array, Array]:
        """Mantissa in [0.5, 1) and int32 exponent; of zeros, infinities and nan themselves and 0."""

    def fmax(self, a: Array, b: Array) -> Array:
        """The larger; a number where the other is nan."""

    def fmin(self, a: Array, b: Array) -> Array:
        """The smaller; a number where the other is nan."""

    def clamp(self, a: Array, low: Array | None, high: Array | None) -> Array:
        """``minimum(maximum(a, low), high)``, without what is None; ``low`` and ``high`` are 0-d."""

    def nan_to_num(self, a: Array, nan: float, posinf: float, neginf: float) -> Array:
        """``a``, floating, with nan and the infinities replaced."""

    def gcd(self, a: Array, b: Array) -> Array:
        """Greatest common divisor, not negative; integers only."""

    def lcm(self, a: Array, b: Array) -> Array:
        """Least common multiple, not negative; integers only."""

    def logical_and(self, a: Array, b: Array) -> Array:
        """Result dtype bool: whether neither element is zero."""

    def logical_or(self, a: Array, b: Array) -> Array:
        """Result dtype bool: whether an element is not zero."""

    def logical_xor(self, a: Array, b: Array) -> Array:
        """Result dtype bool: whether exactly one element is not zero."""

    def erfc(self, a: Array) -> Array:
        """``1 - erf(a)``, accurate where that is small; floats only, as are the special functions that follow."""

    def erfcx(self, a: Array) -> Array:
        """``exp(a * a) * erfc(a)``."""

    def erfinv(self, a: Array) -> Array:
        """Inverse of erf; infinite at -1 and 1, nan beyond."""

    def ndtri(self, a: Array) -> Array:
        """Inverse of the normal distribution function."""

    def log_ndtr(self, a: Array) -> Array:
        """Logarithm of the normal distribution function."""

    def digamma(self, a: Array) -> Array:
        """Derivative of lgamma; nan at negative integers, infinite at zeros with the sign that the zero has not."""

    def zeta(self, a: Array, b: Array) -> Array:
        """Sum of ``(b + k)**-a`` over k >= 0; infinite for a = 1, nan below."""

    def igamma(self, a: Array, b: Array) -> Array:
        """Regularized lower incomplete gamma function of order ``a`` at ``b``."""

    def igammac(self, a: Array, b: Array) -> Array:
        """Regularized upper incomplete gamma function of order ``a`` at ``b``."""

    def i0(self, a: Array) -> Array:
        """Modified Bessel function of the first kind of order 0."""

    def i0e(self, a: Array) -> Array:
        """``exp(-abs(a)) * i0(a)``."""

    def i1(self, a: Array) -> Array:
        """Modified Bessel function of the first kind of order 1."""

    def i1e(self, a: Array) -> Array:
        """``exp(-abs(a)) * i1(a)``."""

    def relu(self, a: Array) -> Array:
        """``max(a, 0)``; nan stays nan."""

    def relu_backward(self, grad: Array, result: Array) -> Array:
        """0 where ``result <= 0``, else ``grad``, also where ``result`` is nan."""

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

    def sort_values(self, a: Array, dim: int) -> Array:
        """The values of sort; zeros of either sign may change places. Not complex."""

    def partition(self, a: Array, places: Shape, dim: int) -> Array:
        """A copy of ``a`` with the elements along ``dim`` in such an order that those at ``places`` are as sorted.

        What stands before one of the places is not larger than it, what stands behind it not smaller.
        """

    def topk(self, a: Array, k: int, dim: int, largest: bool) -> tuple[Array, Array]:
        """The first ``k`` of what sort gives along ``dim``, values and indices; ``0 < k < a.shape[dim]``."""

    def kthvalue(self, a: Array, k: int, dim: int) -> tuple[Array, Array]:
        """Number ``k``, counted from 1, of what sort gives along ``dim``, as a dim of size 1; ``a`` is not empty."""

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

    def cross_entropy(
        self, a: Array, target: Array, weight: Array | None, ignored: int | None, smoothing: float
    ) -> tuple[Array, Array, Array]:
        """The losses of rows of scores and the classes that ``target`` names, and ``softmax(a)``; and what the mean divides by.

        ``a`` is (rows, classes), or (rows, classes, places), not empty, of floats of 32 bits and more; ``target`` is (rows,),
        or (rows, places), int64. With p = log_softmax(a) along the classes, w = ``weight``, or ones, and s = ``smoothing``, a
        loss is ``-(1 - s) * w[target] * p[target] - s / classes * sum(w * p)``, but 0 where the target is ``ignored``; all
        others name classes. The last result, of no dims, is the sum of all ``w[target]`` that are not ignored. Where a backend
        takes numbers of 16 bits, all results are of float32: shares near 1 are less 1 in the gradient.
        """

    def cross_entropy_backward(
        self, grad: Array, result: Array, target: Array, weight: Array | None, ignored: int | None, smoothing: float
    ) -> Array:
        """The gradient of ``a``, in the dtype of ``grad``, from that of the losses, or one number for all, and the softmax."""

    def window_largest(
        self, a: Array, dim: int, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, sizes: Shape,
        with_places: bool,
    ) -> tuple[Array, Array | None]:  # fmt: skip
        """The largest elements of windows, C-contiguous, and their places among the elements of the pooled dims, or None.

        Pooled are as many dims as ``kernel`` has sizes, from ``dim`` on; window p has the elements at ``p * stride + k *
        dilation - padding`` for the k below ``kernel`` that are within ``a``, of which there is one at least. Of equal elements
        the first counts; nan is larger than any number, the last one largest. Real floats, here and for the next two.
        """

    def window_sums(
        self, a: Array, dim: int, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, sizes: Shape
    ) -> Array:
        """The sums of windows, as :meth:`window_largest`; halves are added in float32."""

    def window_backward(
        self, grad: Array, places: Array | None, dim: int, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape,
        lengths: Shape,
    ) -> Array:  # fmt: skip
        """For each element, of ``lengths`` in the pooled dims, the sum of what ``grad`` has for windows that have it.

        With ``places`` those windows alone whose place it is. Halves are added in float32.
        """

    def grid_sample(self, input: Array, grid: Array, mode: int, padding: int, align_corners: bool) -> Array:
        """The elements of images or volumes at the places of a grid, with the arguments of :func:`flambeau.grid_sampler`.

        ``input`` is (N, C, H, W), or (N, C, D, H, W), ``grid`` (N, …, 2), or (N, …, 3), both of floats of 32 bits and more,
        and not empty. The result is C-contiguous.
        """

    def grid_sample_backward(
        self, grad: Array, input: Array, grid: Array, mode: int, padding: int, align_corners: bool, of_input: bool,
        of_grid: bool,
    ) -> tuple[Array | None, Array | None]:  # fmt: skip
        """The gradients of ``input`` and of ``grid`` from that of what :meth:`grid_sample` gave; None what is not wanted."""

    def ctc_loss(self, log_probs: Array, states: Array, steps: Array, labels: Array) -> tuple[Array, Array]:
        """The losses of a batch, (N,), and the logarithms of how likely states are, from the past on and by step, (T, N, S).

        ``log_probs``, (T, N, C), are of floats of 32 bits and more, not empty; ``states``, (N, S) and int64, are the classes
        of the states: blanks and between them the labels; sample n has ``labels[n]`` of these, so that its last state is
        number ``2 * labels[n]``, and goes over the first ``steps[n]`` steps. What comes for steps or states behind them may
        be anything. The loss without steps is -0.0 if there are no labels, otherwise infinite.
        """

    def ctc_loss_backward(
        self, grad: Array, log_probs: Array, states: Array, steps: Array, labels: Array, losses: Array, alphas: Array,
        zero_infinity: bool,
    ) -> Array:  # fmt: skip
        """The gradient of ``log_probs``, as that of a softmax, from that of the losses, (N,), and what :meth:`ctc_loss` gave.

        It is 0 for steps behind the last one and, if ``zero_infinity``, for infinite losses; otherwise for these, as for nan
        and for probabilities of 0, nan.
        """

    def sigmoid_backward(self, grad: Array, result: Array) -> Array:
        """``grad * result * (1 - result)``; real floats of 32 bits and more, as for the three that follow."""

    def tanh_backward(self, grad: Array, result: Array) -> Array:
        """``grad * (1 - result * result)``."""

    def silu(self, a: Array) -> Array:
        """``a * sigmoid(a)``."""

    def silu_backward(self, grad: Array, a: Array) -> Array:
        """``grad`` times the derivative of ``a * sigmoid(a)``."""

    def attention(
        self, query: Array, key: Array, value: Array, mask: Array | None, scale: float, causal: bool
    ) -> tuple[Array, Array]:
        """``softmax(query @ key.T * scale + mask) @ value`` of each of several matrices, (count, rows, columns).

        ``mask`` is (batch, heads, rows, keys), any of which may be 1; ``count`` is batch · heads. A row that is -inf throughout
        has weights of 0. With the values comes the logarithm of the sum of exp of each row of what softmax is applied to,
        (count, rows, 1), for such rows inf, of float32 where a backend takes numbers of 16 bits. If ``causal``, row i has no
        numbers behind the one at i; then there is no mask. Floats of 32 bits and more; nothing is empty.
        """

    def attention_backward(
        self, grad: Array, query: Array, key: Array, value: Array, logs: Array, mask: Array | None, scale: float,
        causal: bool,
    ) -> tuple[Array, Array, Array]:  # fmt: skip
        """The gradients of the first three arguments of :meth:`attention`, from that of its result and the ``logs`` with it."""

    def gelu(self, a: Array, approximate: str) -> Array:
        """``a / 2 * (1 + erf(a / sqrt(2)))``; if ``approximate`` is ``"tanh"``, not ``"none"``, the tangent for erf of PyTorch.

        Floats of 32 bits and more.
        """

    def gelu_backward(self, grad: Array, a: Array, approximate: str) -> Array:
        """``grad`` times the derivative of :meth:`gelu`."""

    def layer_norm(self, a: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
        """``(a - mean) / sqrt(variance + eps) * weight + bias`` of each row, C-contiguous.

        ``a`` is a matrix. With it come mean and ``1 / sqrt(variance + eps)``, as vectors; ``weight`` and ``bias`` are as long
        as a row. Floats of 32 bits and more, as for the kernels that follow; no dim is empty here. Statistics, and what they
        are multiplied by, are of float32 where a backend takes numbers of 16 bits.
        """

    def layer_norm_backward(self, grad: Array, a: Array, mean: Array, rstd: Array, weight: Array | None) -> Array:
        """The gradient of ``a`` from that of the result; ``mean`` and ``rstd`` are columns, (rows, 1)."""

    def layer_norm_weight(self, grad: Array, a: Array, mean: Array, rstd: Array) -> Array:
        """The gradient of ``weight``: the sum over the rows of ``grad * (a - mean) * rstd``."""

    def channel_moments(self, a: Array) -> tuple[Array, Array]:
        """Mean and variance (with the divisor n) over the first and the last of three dims; nan where they are empty."""

    def channel_scale(self, a: Array, mean: Array, scale: Array, bias: Array | None) -> Array:
        """``(a - mean) * scale + bias`` with numbers for each index of the second of three dims; C-contiguous."""

    def channel_sums(self, grad: Array, a: Array, mean: Array) -> tuple[Array, Array]:
        """The sums of ``grad`` and of ``grad * (a - mean)`` over the first and the last of three dims."""

    def channel_slope(self, grad: Array, a: Array, mean: Array, scale: Array, factor: Array, shift: Array) -> Array:
        """``grad * scale + (a - mean) * factor + shift``, as :meth:`channel_scale`."""

    def masked_scale(self, a: Array, kept: Array, scale: float) -> Array:
        """``a * scale`` where the bools ``kept`` hold, ``a * 0`` elsewhere; halves are computed with in float32."""

    def mul_wide(self, a: Array, number: Array) -> Array:
        """``a * number``, of halves and one number of float32, 0-d; computed in float32 and rounded once."""

    def div_wide(self, a: Array, number: Array) -> Array:
        """``a / number``, as :meth:`mul_wide`."""

    def roll(self, a: Array, shifts: Shape, dims: Shape) -> Array:
        """A copy with the elements shifted along dims, one after the other; those that leave come back at the start."""

    def repeat_interleave(self, a: Array, repeats: int, dim: int) -> Array:
        """A copy with every index of ``dim`` repeated ``repeats`` times in a row."""

    def addmm(self, bias: Array, a: Array, b: Array) -> Array:
        """``bias + a @ b`` of matrices; ``bias`` broadcasts to the product's shape."""

    def index_add(self, target: Array, dim: int, index: Array, source: Array) -> None:
        """Adds slice i of ``source`` along ``dim`` to slice ``index[i]`` of ``target``; writes into ``target``."""

    def index_select(self, a: Array, dim: int, index: Array) -> Array:
        """The slices of ``dim`` that ``index``, a vector, names; C-contiguous."""

    def sparse_matmul(
        self, pointers: Array, indices: Array, values: Array, dense: Array, count: int, by_rows: bool
    ) -> Array | None:
        """The product of a sparse matrix of ``count`` rows and a dense matrix, whose dtype ``values`` have.

        The sparse one is in the layout CSR if ``by_rows``, otherwise CSC: ``pointers`` (int64) say where each row (column)
        begins in ``indices`` (int64), the columns (rows), and in ``values``. None where the kernel does not have the dtype:
        core then composes the product.
        """

    def sparse_along(self, a: Array, dim: int, pointers: Array, indices: Array, values: Array) -> Array | None:
        """The product of a sparse matrix and all vectors along ``dim`` of ``a``, C-contiguous as the result.

        The matrix is in the layout CSR, as that of :meth:`sparse_matmul`, and has the dtype of ``a``; an index may stand several
        times in a row. None where other products are faster.
        """

    def banded_matmul(self, a: Array, dim: int, firsts: Sequence[int], turned: Sequence[Array]) -> Array:
        """The product of a matrix and all vectors along ``dim`` of ``a``, C-contiguous as the result.

        ``turned``, (columns, rows) and in the dtype of ``a``, are the bands of the matrix from its first rows to its last, of
        which each begins at one of the columns ``firsts``; beside them all is zero.
        """

    def reduce_at(self, target: Array, positions: Array, values: Array, reduce: str) -> None:
        """Combines each of ``values`` with the element of ``target`` at its position; writes into ``target``.

        All are one-dimensional; ``reduce`` is ``"prod"``, ``"amax"`` or ``"amin"``. Positions may occur several times.
        """

    def bincount(self, a: Array, weights: Array | None, length: int) -> Array:
        """How often each number below ``length`` is in ``a``, int64, or the sum of its ``weights`` in their dtype.

        ``a`` is one-dimensional, int64 and not negative; ``weights`` are floats of 32 bits and more.
        """

    def convolution(
        self,
        a: Array,
        weight: Array,
        bias: Array | None,
        size: Shape,
        stride: Shape,
        padding: Shape,
        dilation: Shape,
        groups: int,
    ) -> Array:
        """The convolution of ``a``, (N, C, …), with ``weight``, (O, C / groups, …): (N, O, *size).

        Element p of the result's places is the sum over kernel elements k of ``weight[k] * a[p * stride + k * dilation -
        padding]``, zero where that is outside, and ``bias``, (O,). Floats of 32 bits and more, complex, integers.
        """

    def convolution_input(
        self,
        grad: Array,
        weight: Array,
        bias: Array | None,
        size: Shape,
        stride: Shape,
        padding: Shape,
        dilation: Shape,
        groups: int,
    ) -> Array:
        """What a gradient ``grad``, (N, O, …), of :meth:`convolution` makes of ``a``: (N, C, *size), and ``bias``, (C,)."""

    def convolution_weight(
        self, a: Array, grad: Array, size: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
    ) -> Array:
        """What a gradient ``grad``, (N, O, …), of :meth:`convolution` makes of its weight: (O, C / groups, *size)."""

    def lstm_layer(
        self, input: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None,
        sizes: Shape, reverse: bool,
    ) -> tuple[Array, ...]:  # fmt: skip
        """One direction of a layer of LSTM: (results, last h, last c, active gates, cells).

        ``input``, (rows, features), holds ``sizes[0]`` sequences in the rows of the first step, then ``sizes[1]`` of them in
        those of the second, and so on; sizes do not grow, and there is one at least. ``reverse`` goes from the last step to
        the first. The states are (sequences, width), the weights (4 · width, …), for the gates i, f, g and o, the biases
        (4 · width). Floats of 32 bits and more, here and for the next five. The active gates are (rows, 4 · width).
        """

    def lstm_layer_backward(
        self, grad_output: Array | None, grad_h: Array | None, grad_c: Array | None, output: Array, active: Array,
        cells: Array, input: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, sizes: Shape, reverse: bool, biases: bool,
        wanted: bool,
    ) -> tuple[Array | None, ...]:  # fmt: skip
        """The gradients of the first seven arguments from those of the first three results, each of which may be None.

        That of ``input`` is None unless ``wanted``, those of the biases unless there are ``biases``. They share no memory.
        """

    def gru_layer(
        self, input: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, sizes: Shape,
        reverse: bool,
    ) -> tuple[Array, ...]:  # fmt: skip
        """One direction of a layer of GRU: (results, last h, active gates, inner), as :meth:`lstm_layer`.

        The gates are r, z and n; ``inner``, (rows, width), is what state and bias give to n before r scales it.
        """

    def gru_layer_backward(
        self, grad_output: Array | None, grad_h: Array | None, output: Array, active: Array, inner: Array, input: Array,
        h: Array, w_ih: Array, w_hh: Array, sizes: Shape, reverse: bool, biases: bool, wanted: bool,
    ) -> tuple[Array | None, ...]:  # fmt: skip
        """The gradients of the first six arguments, as :meth:`lstm_layer_backward`."""

    def rnn_layer(
        self, input: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, relu: bool,
        sizes: Shape, reverse: bool,
    ) -> tuple[Array, ...]:  # fmt: skip
        """One direction of a layer of states that tanh gives, or relu: (results, last h), as :meth:`lstm_layer`."""

    def rnn_layer_backward(
        self, grad_output: Array | None, grad_h: Array | None, output: Array, input: Array, h: Array, w_ih: Array,
        w_hh: Array, relu: bool, sizes: Shape, reverse: bool, biases: bool, wanted: bool,
    ) -> tuple[Array | None, ...]:  # fmt: skip
        """The gradients of the first six arguments, as :meth:`lstm_layer_backward`."""

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

    def adadelta_step(
        self, parameter: Array, grad: Array, square_avg: Array, acc_delta: Array, lr: float, rho: float, eps: float,
        weight_decay: float, maximize: bool,
    ) -> None:  # fmt: skip
        """One step of :class:`flambeau.optim.Adadelta`; writes into every array but ``grad``."""

    def adagrad_step(
        self, parameter: Array, grad: Array, total: Array, rate: float, eps: float, weight_decay: float, maximize: bool
    ) -> None:
        """One step of :class:`flambeau.optim.Adagrad`; ``total`` are the squares so far, ``rate`` is that of this step."""

    def adamax_step(
        self, parameter: Array, grad: Array, exp_avg: Array, exp_inf: Array, rate: float, beta1: float, beta2: float, eps: float,
        weight_decay: float, maximize: bool,
    ) -> None:  # fmt: skip
        """One step of :class:`flambeau.optim.Adamax`; ``rate`` is that of this step."""

    def asgd_step(
        self, parameter: Array, grad: Array, average: Array, eta: float, mu: float, shrink: float, weight_decay: float,
        maximize: bool,
    ) -> None:  # fmt: skip
        """One step of :class:`flambeau.optim.ASGD`, which first multiplies the parameter by ``shrink``.

        The average becomes the parameter where ``mu`` is 1.
        """

    def nadam_step(
        self, parameter: Array, grad: Array, exp_avg: Array, exp_avg_sq: Array, grad_rate: float, mean_rate: float, known: float,
        beta1: float, beta2: float, eps: float, weight_decay: float, shrink: float, maximize: bool,
    ) -> None:  # fmt: skip
        """One step of :class:`flambeau.optim.NAdam`, which first multiplies the parameter by ``shrink``.

        It goes by ``grad_rate`` along the gradient and by ``mean_rate`` along its average; ``known`` is ``1 - beta2**step``.
        """

    def rmsprop_step(
        self, parameter: Array, grad: Array, square_avg: Array, grad_avg: Array | None, momentum_buffer: Array | None, lr: float,
        alpha: float, eps: float, weight_decay: float, momentum: float, maximize: bool,
    ) -> None:  # fmt: skip
        """One step of :class:`flambeau.optim.RMSprop`, centered where there is a ``grad_avg``; writes all but ``grad``."""

    def many_steps(self, name: str, rows: Sequence[Sequence[Array | None]], options: Sequence[Any]) -> None:
        """What the kernel of that name, one of the steps above, does to each row of arrays with these options, all at once.

        A row is what the kernel takes before the options; no two of them share memory.
        """

    def pack(self, arrays: Sequence[Array]) -> Array:
        """The elements of all arrays, which have one dtype, as a vector: one array after the other, each in C order.

        With :meth:`unpack`, a backend for which every kernel on a small array costs more than its elements do has steps
        of optimizers made on many parameters at once.
        """

    def unpack(self, vector: Array, arrays: Sequence[Array]) -> None:
        """Writes the elements of ``vector`` into the arrays, in the order of :meth:`pack`."""
