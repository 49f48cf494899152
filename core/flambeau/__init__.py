"""PyTorch's eager programming model in pure Python, on array backends that are plugins.

``import flambeau as torch`` runs a PyTorch program; see the README for what there is. The public functions are those
that the modules of :mod:`flambeau.ops` and :mod:`flambeau.random` list in their ``__all__``.
"""

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi

from . import autograd as autograd
from . import ops as ops
from ._tensor import Tensor as Tensor
from .autograd import backward as backward
from .autograd import enable_grad as enable_grad
from .autograd import inference_mode as inference_mode
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import is_inference_mode_enabled as is_inference_mode_enabled
from .autograd import no_grad as no_grad
from .autograd import set_grad_enabled as set_grad_enabled
from .autograd.anomaly_mode import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from .autograd.anomaly_mode import is_anomaly_enabled as is_anomaly_enabled
from .backend.registry import available_backends as available_backends
from .backend.selection import get_default_backend as get_default_backend
from .backend.selection import get_default_device as get_default_device
from .backend.selection import set_default_backend as set_default_backend
from .backend.selection import set_default_device as set_default_device
from .backend.selection import use_backend as use_backend
from .devices import device as device
from .layouts import *
from .legacy import *
from .ops.creation.conversion import *
from .ops.creation.data import *
from .ops.creation.filled import *
from .ops.creation.properties import *
from .ops.creation.ranges import *
from .ops.elementwise.arithmetic import *
from .ops.elementwise.bitwise import *
from .ops.elementwise.closeness import *
from .ops.elementwise.comparison import *
from .ops.elementwise.complex_parts import *
from .ops.elementwise.exponential import *
from .ops.elementwise.floating import *
from .ops.elementwise.integers import *
from .ops.elementwise.powers import *
from .ops.elementwise.rounding import *
from .ops.elementwise.selection import *
from .ops.elementwise.ternary import *
from .ops.elementwise.trigonometric import *
from .ops.indexing.gathering import *
from .ops.indexing.keys import *
from .ops.indexing.scatter_reductions import *
from .ops.indexing.scattering import *
from .ops.inplace import *
from .ops.linalg.distances import *
from .ops.linalg.einsum import *
from .ops.linalg.matmul import *
from .ops.linalg.norms import *
from .ops.linalg.older import *
from .ops.linalg.products import *
from .ops.movement.broadcasting import *
from .ops.movement.diagonals import *
from .ops.movement.grids import *
from .ops.movement.joining import *
from .ops.movement.padding import constant_pad_nd as constant_pad_nd
from .ops.movement.reordering import *
from .ops.movement.repeating import *
from .ops.movement.shapes import *
from .ops.movement.slicing import *
from .ops.movement.splitting import *
from .ops.movement.strided import *
from .ops.nn.activation import *
from .ops.nn.dropout import *
from .ops.nn.rectifiers import *
from .ops.nn.sparse import *
from .ops.reductions.covariance import *
from .ops.reductions.differences import *
from .ops.reductions.extremes import *
from .ops.reductions.logsums import *
from .ops.reductions.scans import *
from .ops.reductions.statistics import *
from .ops.reductions.sums import *
from .ops.sorting.counting import *
from .ops.sorting.histograms import *
from .ops.sorting.medians import *
from .ops.sorting.order import *
from .ops.sorting.quantiles import *
from .ops.sorting.searching import *
from .ops.special.bessel import *
from .ops.special.error import *
from .ops.special.gamma import *
from .printing import get_printoptions as get_printoptions
from .printing import printoptions as printoptions
from .printing import set_printoptions as set_printoptions
from .promotion import *
from .random import *
from .shapes import Size as Size
from .shapes import broadcast_shapes as broadcast_shapes
from .storage import *
from .type_info import *
from .version import __version__ as __version__

# After the ops, which they are written with.
from .ops.fft import transforms as fft  # isort: skip
from . import linalg as linalg  # isort: skip
from . import nn as nn  # isort: skip
from . import optim as optim  # isort: skip
from . import cuda as cuda  # isort: skip
from . import random as random  # isort: skip
from . import sparse as sparse  # isort: skip
from . import special as special  # isort: skip
from . import utils as utils  # isort: skip
from . import vision as vision  # isort: skip
from . import func as func  # isort: skip
from .func import vmap as vmap  # isort: skip

from .sparse.construction import sparse_compressed_tensor as sparse_compressed_tensor  # isort: skip
from .sparse.construction import sparse_coo_tensor as sparse_coo_tensor  # isort: skip
from .sparse.construction import sparse_bsc_tensor as sparse_bsc_tensor  # isort: skip
from .sparse.construction import sparse_bsr_tensor as sparse_bsr_tensor  # isort: skip
from .sparse.construction import sparse_csc_tensor as sparse_csc_tensor  # isort: skip
from .sparse.construction import sparse_csr_tensor as sparse_csr_tensor  # isort: skip
from .sparse.products import dsmm as dsmm  # isort: skip
from .sparse.products import hspmm as hspmm  # isort: skip
from .sparse.products import smm as smm  # isort: skip
from .sparse.products import spmm as spmm  # isort: skip
from .sparse.products import sspaddmm as sspaddmm  # isort: skip

# Last, because these names hide Python's own in what follows.
from .dtypes import *  # isort: skip

newaxis = None
double = float64
half = float16
long = int64
short = int16
float = float32
int = int32


def __getattr__(name: str) -> object:
    """Modules that few programs need, imported when they are asked for."""
    if name in ("distributions", "multiprocessing"):
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
