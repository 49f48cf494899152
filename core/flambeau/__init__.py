"""PyTorch's eager programming model in pure Python, on array backends that are plugins.

``import flambeau as torch`` runs a PyTorch program; see the README for what there is.
"""

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi

from . import autograd, ops
from ._tensor import Tensor
from ._version import __version__
from .autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .autograd import backward as backward
from .backend.selection import (
    available_backends,
    get_default_backend,
    get_default_device,
    set_default_backend,
    set_default_device,
    use_backend,
)
from .devices import device
from .dtypes import (
    bool,
    complex64,
    complex128,
    dtype,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from .layouts import channels_last, contiguous_format, layout, memory_format, preserve_format, strided
from .ops.activation import log_softmax, relu, softmax
from .ops.arithmetic import (
    add,
    arctan2,
    atan2,
    div,
    divide,
    floor_divide,
    fmod,
    maximum,
    minimum,
    mul,
    multiply,
    pow,
    reciprocal,
    remainder,
    square,
    sub,
    subtract,
    true_divide,
)
from .ops.bitwise import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
)
from .ops.comparison import (
    eq,
    ge,
    greater,
    greater_equal,
    gt,
    isfinite,
    isinf,
    isnan,
    le,
    less,
    less_equal,
    lt,
    ne,
    not_equal,
)
from .ops.conversion import clone, detach, from_numpy
from .ops.creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    scalar_tensor,
    tensor,
    zeros,
    zeros_like,
)
from .ops.exponential import exp, expm1, log, log1p, log2, log10, rsqrt, sigmoid, sqrt
from .ops.indexing import gather, index_select, masked_fill, nonzero, scatter, scatter_add
from .ops.linalg import addmm, bmm, dot, matmul, mm, mv, outer
from .ops.movement import (
    cat,
    chunk,
    concat,
    flatten,
    flip,
    hstack,
    movedim,
    narrow,
    permute,
    ravel,
    reshape,
    select,
    split,
    squeeze,
    stack,
    swapaxes,
    t,
    transpose,
    unbind,
    unflatten,
    unsqueeze,
    vstack,
)
from .ops.reductions import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    cumsum,
    logsumexp,
    max,
    mean,
    min,
    prod,
    std,
    sum,
    var,
)
from .ops.rounding import abs, absolute, ceil, floor, neg, negative, round, sign, trunc
from .ops.selection import clamp, clamp_max, clamp_min, clip, where
from .ops.trigonometric import (
    acos,
    arccos,
    arcsin,
    arctan,
    asin,
    atan,
    cos,
    cosh,
    erf,
    lgamma,
    sin,
    sinh,
    tan,
    tanh,
)
from .promotion import can_cast, get_default_dtype, promote_types, set_default_dtype
from .shapes import Size, broadcast_shapes

float = float32
double = float64
half = float16
int = int32
long = int64
short = int16
