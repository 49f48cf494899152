"""Automatic differentiation: gradient modes, the backward pass and what hangs on it."""

from typing import TYPE_CHECKING

from flambeau._left_out import getattr_of as _getattr_of
from flambeau._tensor.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from flambeau._tensor.node import Node

from . import forward_ad as forward_ad
from . import function as function
from . import functional as functional
from . import graph as graph
from .anomaly_mode import detect_anomaly, set_detect_anomaly
from .function import Function
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .passes import backward, grad
from .variable import Variable

__all__ = [
    "Function",
    "GradcheckError",
    "Node",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

if not TYPE_CHECKING:  # to a type checker any name would be there
    __getattr__ = _getattr_of(__name__)
