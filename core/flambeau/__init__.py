"""PyTorch's eager programming model in pure Python, on array backends that are plugins.

``import flambeau as torch`` runs a PyTorch program; see the README for what there is. The public functions are those
that the groups of :mod:`flambeau.ops` show; namespaces that no tensor needs are imported when they are asked for.
"""

import gc as _gc
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import TYPE_CHECKING

_collects = _gc.isenabled()
_gc.disable()  # what an import makes stays: to look for garbage in it takes an eighth of the time
try:
    from . import autograd as autograd
    from . import ops as ops
    from . import random as random
    from . import return_types as return_types
    from . import sparse as sparse
    from ._tensor import Tensor as Tensor
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
finally:
    if _collects:
        if not _gc.get_freeze_count():  # what is there now counts as old, so that the next search for garbage skips it
            _gc.freeze()
            _gc.unfreeze()
        _gc.enable()

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

# Type checkers read the stub beside this file, which `python tools/stubs.py` writes from both tables.
if not TYPE_CHECKING:
    ON_USE = {
        "Event": "_streams.Event",
        "Stream": "_streams.Stream",
        "_C": "_C",
        "accelerator": "accelerator",
        "are_deterministic_algorithms_enabled": "backends._determinism.are_deterministic_algorithms_enabled",
        "backends": "backends",
        "binary_cross_entropy_with_logits": "nn._numbered_losses.binary_cross_entropy_with_logits",
        "cosine_embedding_loss": "nn._numbered_losses.cosine_embedding_loss",
        "cpu": "cpu",
        "ctc_loss": "nn._numbered_losses.ctc_loss",
        "cuda": "cuda",
        "distributions": "distributions",
        "extend": "extend",
        "fft": "fft",
        "func": "func",
        "get_deterministic_debug_mode": "backends._determinism.get_deterministic_debug_mode",
        "get_device_module": "accelerator.get_device_module",
        "get_float32_matmul_precision": "backends._precision.get_float32_matmul_precision",
        "get_num_interop_threads": "backends._threads.get_num_interop_threads",
        "get_num_threads": "backends._threads.get_num_threads",
        "hinge_embedding_loss": "nn._numbered_losses.hinge_embedding_loss",
        "hub": "hub",
        "is_deterministic_algorithms_warn_only_enabled": "backends._determinism.is_deterministic_algorithms_warn_only_enabled",
        "kl_div": "nn._numbered_losses.kl_div",
        "linalg": "linalg",
        "load": "serialization.load",
        "margin_ranking_loss": "nn._numbered_losses.margin_ranking_loss",
        "multiprocessing": "multiprocessing",
        "nn": "nn",
        "optim": "optim",
        "overrides": "overrides",
        "poisson_nll_loss": "nn._numbered_losses.poisson_nll_loss",
        "save": "serialization.save",
        "serialization": "serialization",
        "set_deterministic_debug_mode": "backends._determinism.set_deterministic_debug_mode",
        "set_float32_matmul_precision": "backends._precision.set_float32_matmul_precision",
        "set_num_interop_threads": "backends._threads.set_num_interop_threads",
        "set_num_threads": "backends._threads.set_num_threads",
        "special": "special",
        "testing": "testing",
        "triplet_margin_loss": "nn._numbered_losses.triplet_margin_loss",
        "use_deterministic_algorithms": "backends._determinism.use_deterministic_algorithms",
        "utils": "utils",
        "version": "version",
        "vision": "vision",
        "vmap": "func.vmap",
    }
    """What is imported when it is asked for: the module, or the name in a module, by the name here.

    No module that hangs a method on Tensor may be among them. ``FLAMBEAU_EAGER=1`` imports all at once.
    """

    def __getattr__(name):
        """Import what is in the table above, or else the functions of layers."""
        from importlib import import_module  # here, so that it is no name of the root

        if name in ON_USE:
            module, _, attribute = ON_USE[name].rpartition(".")
            found = import_module(f"{__name__}.{module or attribute}")
            globals()[name] = getattr(found, attribute) if module else found
        elif name == "__all__" or not name.startswith("_"):
            _show_layers()
        if name not in globals():  # as `__all__`, without which `from flambeau import *` takes what is there now
            raise import_module(f"{__name__}._left_out").missing(__name__, name)
        return globals()[name]

    def __dir__():
        _show_layers()
        return sorted({*globals(), *ON_USE})

    def _show_layers():
        from .ops.nn import layers  # which take a tenth of the import

        for name in layers.__all__:
            globals().setdefault(name, getattr(layers, name))

    from os import environ as _environ

    if _environ.get("FLAMBEAU_EAGER") == "1":
        _show_layers()
        for _name in ON_USE:
            __getattr__(_name)
