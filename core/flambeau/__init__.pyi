# Written by `python tools/stubs.py` from `__init__.py` and its table `ON_USE`: do not edit.
from builtins import bool as _bool, complex as _complex, float as _float, int as _int
from collections.abc import Sequence
from typing import Any

from . import dtypes, layouts
from ._tensor import Tensor as Tensor
from .random import Generator as Generator

_Number = _bool | _int | _float | _complex

def empty(*sizes: Any, size: Sequence[_int] | None = ..., memory_format: layouts.memory_format = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def empty_strided(size: Sequence[_int], stride: Sequence[_int], *, dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def empty_permuted(size: Sequence[_int], physical_layout: Sequence[_int], *, dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def full(size: Any, fill_value: _Number | Tensor, *, out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def zeros(*sizes: Any, size: Sequence[_int] | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def ones(*sizes: Any, size: Sequence[_int] | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def empty_like(input: Tensor, *, dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ..., memory_format: layouts.memory_format = ...) -> Tensor: ...
def full_like(input: Tensor, fill_value: _Number, *, dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ..., memory_format: layouts.memory_format = ...) -> Tensor: ...
def zeros_like(input: Tensor, *, dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ..., memory_format: layouts.memory_format = ...) -> Tensor: ...
def ones_like(input: Tensor, *, dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ..., memory_format: layouts.memory_format = ...) -> Tensor: ...
def scalar_tensor(s: _Number, *, dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def arange(*bounds: Any, start: Any = ..., end: Any = ..., step: Any = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def linspace(start: Any, end: Any, steps: _int, *, out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def logspace(start: Any, end: Any, steps: _int, base: _float = ..., *, out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def range(start: Any = ..., end: Any = ..., step: Any = ..., *, out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def eye(n: _int, m: _int | None = ..., *, out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def tril_indices(row: _int, col: _int, offset: _int = ..., *, dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def triu_indices(row: _int, col: _int, offset: _int = ..., *, dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def rand(*sizes: Any, size: Sequence[_int] | None = ..., generator: Generator | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def randn(*sizes: Any, size: Sequence[_int] | None = ..., generator: Generator | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def randint(low: Any = ..., high: Any = ..., size: Any = ..., *, generator: Generator | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def randperm(n: _int, *, generator: Generator | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def rand_like(input: Tensor, *, generator: Generator | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ..., memory_format: layouts.memory_format = ...) -> Tensor: ...
def randn_like(input: Tensor, *, generator: Generator | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ..., memory_format: layouts.memory_format = ...) -> Tensor: ...
def randint_like(input: Tensor, low: Any = ..., high: Any = ..., *, generator: Generator | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ..., memory_format: layouts.memory_format = ...) -> Tensor: ...
def exponential(lambd: _float = ..., size: Any = ..., *, generator: Generator | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def cauchy(median: _float = ..., sigma: _float = ..., size: Any = ..., *, generator: Generator | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def log_normal(mean: _float = ..., std: _float = ..., size: Any = ..., *, generator: Generator | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...
def geometric(p: _float, size: Any = ..., *, generator: Generator | None = ..., out: Tensor | None = ..., dtype: dtypes.dtype | None = ..., layout: layouts.layout | None = ..., device: Any = ..., requires_grad: _bool = ..., pin_memory: _bool = ...) -> Tensor: ...

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from . import autograd as autograd
from . import ops as ops
from . import random as random
from . import return_types as return_types
from . import sparse as sparse
from ._tensor.anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from ._tensor.anomaly import is_anomaly_enabled as is_anomaly_enabled
from .autograd import backward as backward
from .autograd import enable_grad as enable_grad
from .autograd import inference_mode as inference_mode
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import is_inference_mode_enabled as is_inference_mode_enabled
from .autograd import no_grad as no_grad
from .autograd import set_grad_enabled as set_grad_enabled
from .backend.registry import available_backends as available_backends
from .backend.selection import get_default_backend as get_default_backend
from .backend.selection import get_default_device as get_default_device
from .backend.selection import set_default_backend as set_default_backend
from .backend.selection import set_default_device as set_default_device
from .backend.selection import use_backend as use_backend
from .devices import device as device
from .errors import OutOfMemoryError as OutOfMemoryError
from .layouts import *
from .legacy import *
from .ops.creation import *
from .ops.elementwise import *
from .ops.indexing import *
from .ops.inplace import *
from .ops.linalg import *
from .ops.movement import *
from .ops.nn import *
from .ops.random import *
from .ops.reductions import *
from .ops.sorting import *
from .ops.special import *
from .printing import get_printoptions as get_printoptions
from .printing import printoptions as printoptions
from .printing import set_printoptions as set_printoptions
from .promotion import *
from .random import *
from .shapes import Size as Size
from .shapes import broadcast_shapes as broadcast_shapes
from .sparse.construction import sparse_bsc_tensor as sparse_bsc_tensor
from .sparse.construction import sparse_bsr_tensor as sparse_bsr_tensor
from .sparse.construction import sparse_compressed_tensor as sparse_compressed_tensor
from .sparse.construction import sparse_coo_tensor as sparse_coo_tensor
from .sparse.construction import sparse_csc_tensor as sparse_csc_tensor
from .sparse.construction import sparse_csr_tensor as sparse_csr_tensor
from .sparse.products import dsmm as dsmm
from .sparse.products import hspmm as hspmm
from .sparse.products import smm as smm
from .sparse.products import spmm as spmm
from .sparse.products import sspaddmm as sspaddmm
from .storage import *
from .type_info import *
from .version import __version__ as __version__
from ._streams import Event as Event
from ._streams import Stream as Stream
from . import _C as _C
from . import accelerator as accelerator
from .backends._determinism import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from . import backends as backends
from .nn._numbered_losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from .nn._numbered_losses import cosine_embedding_loss as cosine_embedding_loss
from . import cpu as cpu
from .nn._numbered_losses import ctc_loss as ctc_loss
from . import cuda as cuda
from . import distributions as distributions
from . import extend as extend
from . import fft as fft
from . import func as func
from .backends._determinism import get_deterministic_debug_mode as get_deterministic_debug_mode
from .accelerator import get_device_module as get_device_module
from .backends._precision import get_float32_matmul_precision as get_float32_matmul_precision
from .backends._threads import get_num_interop_threads as get_num_interop_threads
from .backends._threads import get_num_threads as get_num_threads
from .nn._numbered_losses import hinge_embedding_loss as hinge_embedding_loss
from . import hub as hub
from .backends._determinism import is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled
from .nn._numbered_losses import kl_div as kl_div
from . import linalg as linalg
from .serialization import load as load
from .nn._numbered_losses import margin_ranking_loss as margin_ranking_loss
from . import multiprocessing as multiprocessing
from . import nn as nn
from . import optim as optim
from . import overrides as overrides
from .nn._numbered_losses import poisson_nll_loss as poisson_nll_loss
from .serialization import save as save
from . import serialization as serialization
from .backends._determinism import set_deterministic_debug_mode as set_deterministic_debug_mode
from .backends._precision import set_float32_matmul_precision as set_float32_matmul_precision
from .backends._threads import set_num_interop_threads as set_num_interop_threads
from .backends._threads import set_num_threads as set_num_threads
from . import special as special
from . import testing as testing
from .nn._numbered_losses import triplet_margin_loss as triplet_margin_loss
from .backends._determinism import use_deterministic_algorithms as use_deterministic_algorithms
from . import utils as utils
from . import version as version
from . import vision as vision
from .func import vmap as vmap
from .ops.nn.layers import *

# Last, because these names hide Python's own in what follows.
from .dtypes import *  # noqa: E402  # isort: skip

newaxis = None
double = float64
half = float16
chalf = complex32
long = int64
short = int16
float = float32
int = int32
