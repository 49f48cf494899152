"""Optimizers: rules that change parameters by their gradients.

Schedulers and averages of weights, :mod:`.lr_scheduler` and :mod:`.swa_utils`, are imported when they are asked for.
"""

from typing import TYPE_CHECKING

from ._adafactor import Adafactor as Adafactor
from ._muon import Muon as Muon
from ._stateless import swap_in_optimizer_params_and_state as swap_in_optimizer_params_and_state
from .adadelta import Adadelta as Adadelta
from .adagrad import Adagrad as Adagrad
from .adam import Adam as Adam
from .adamax import Adamax as Adamax
from .adamw import AdamW as AdamW
from .asgd import ASGD as ASGD
from .lbfgs import LBFGS as LBFGS
from .nadam import NAdam as NAdam
from .optimizer import Optimizer as Optimizer
from .radam import RAdam as RAdam
from .rmsprop import RMSprop as RMSprop
from .rprop import Rprop as Rprop
from .sgd import SGD as SGD
from .sparse_adam import SparseAdam as SparseAdam

if TYPE_CHECKING:
    from . import lr_scheduler as lr_scheduler
    from . import swa_utils as swa_utils
else:
    _ON_USE = ("lr_scheduler", "swa_utils")

    def __getattr__(name):
        """Import one of the namespaces above."""
        if name not in _ON_USE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # here, so that it is no name of this namespace

        return import_module(f"{__name__}.{name}")

    def __dir__():
        return sorted({*globals(), *_ON_USE})
