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
from .ops.activation import *
from .ops.arithmetic import *
from .ops.bessel_functions import *
from .ops.bitwise import *
from .ops.broadcasting import *
from .ops.closeness import *
from .ops.combination import *
from .ops.comparison import *
from .ops.complex_parts import *
from .ops.conversion import *
from .ops.counting import *
from .ops.covariance import *
from .ops.creation import *
from .ops.data import *
from .ops.diagonals import *
from .ops.differences import *
from .ops.distances import *
from .ops.dropout import *
from .ops.einsum import *
from .ops.embedding import *
from .ops.error_functions import *
from .ops.exponential import *
from .ops.extremes import *
from .ops.floating import *
from .ops.gamma_functions import *
from .ops.gathering import *
from .ops.grids import *
from .ops.histograms import *
from .ops.inplace import *
from .ops.integers import *
from .ops.joining import *
from .ops.keys import *
from .ops.linalg import *
from .ops.logsums import *
from .ops.medians import *
from .ops.movement import *
from .ops.norms import *
from .ops.older_linalg import *
from .ops.padding import constant_pad_nd as constant_pad_nd
from .ops.powers import *
from .ops.products import *
from .ops.properties import *
from .ops.quantiles import *
from .ops.ranges import *
from .ops.rectifiers import *
from .ops.reductions import *
from .ops.reordering import *
from .ops.repeating import *
from .ops.rounding import *
from .ops.scans import *
from .ops.scatter_reductions import *
from .ops.scattering import *
from .ops.searching import *
from .ops.selection import *
from .ops.slicing import *
from .ops.sorting import *
from .ops.splitting import *
from .ops.statistics import *
from .ops.strided import *
from .ops.trigonometric import *
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
from . import fft as fft  # isort: skip
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
