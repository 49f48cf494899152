"""Optimizers: rules that change parameters by their gradients.

Schedulers and averages of weights, :mod:`.lr_scheduler` and :mod:`.swa_utils`, are imported when they are asked for.
"""

from typing import TYPE_CHECKING

from .adam import Adam as Adam
from .adam import AdamW as AdamW
from .optimizer import Optimizer as Optimizer
from .sgd import SGD as SGD
from .sparse_adam import SparseAdam as SparseAdam

if TYPE_CHECKING:
    from . import lr_scheduler as lr_scheduler
else:
    _ON_USE = ("lr_scheduler",)

    def __getattr__(name):
        """Import one of the namespaces above."""
        if name not in _ON_USE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return import_module(f"{__name__}.{name}")

    def __dir__():
        return sorted({*globals(), *_ON_USE})
