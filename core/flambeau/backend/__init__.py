"""The seam between core and the array engines: everything that a backend plugin imports.

:class:`Backend` is what a plugin implements; :class:`RequiredKernels`, :class:`OptionalKernels`, :class:`LinalgKernels` and
:class:`FftKernels` say what its kernels do; :class:`ArrayBackend` is an implementation of nearly everything over a
NumPy-like namespace; and :data:`hookimpl` marks the functions with which a plugin registers itself.
"""

import importlib
from typing import TYPE_CHECKING, Any

from .extensions import FftKernels, LinalgKernels
from .kernels import Array, RequiredKernels, Shape
from .optional import OptionalKernels
from .table import OPTIONAL, REQUIRED, KernelTable

if TYPE_CHECKING:
    from .array import ArrayBackend
    from .hookspecs import BackendContext, ConformanceContext, OpContext, hookimpl, hookspec
    from .manager import PluginManager, plugin_manager
    from .protocol import API_VERSION, Backend, Capabilities, CounterKernels
    from .records import BackendRegistration, PluginRecord

__all__ = [
    "API_VERSION",
    "OPTIONAL",
    "REQUIRED",
    "Array",
    "ArrayBackend",
    "Backend",
    "BackendContext",
    "BackendRegistration",
    "Capabilities",
    "CounterKernels",
    "ConformanceContext",
    "FftKernels",
    "KernelTable",
    "LinalgKernels",
    "OpContext",
    "OptionalKernels",
    "PluginManager",
    "PluginRecord",
    "RequiredKernels",
    "Shape",
    "hookimpl",
    "hookspec",
    "plugin_manager",
]

_ON_USE = {
    "ArrayBackend": "array",
    **dict.fromkeys(("BackendRegistration", "PluginRecord"), "records"),
    **dict.fromkeys(("BackendContext", "ConformanceContext", "OpContext", "hookimpl", "hookspec"), "hookspecs"),
    **dict.fromkeys(("PluginManager", "plugin_manager"), "manager"),
    **dict.fromkeys(("API_VERSION", "Backend", "Capabilities", "CounterKernels"), "protocol"),
}
"""What plugins need and programs do not, by the module: imported when it is asked for. Some import pluggy or dataclasses."""


def __getattr__(name: str) -> Any:
    module = _ON_USE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f".{module}", __name__), name)
    return found
