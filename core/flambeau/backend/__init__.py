"""The seam between core and the array engines: everything that a backend plugin imports.

:class:`Backend` is what a plugin implements; :class:`RequiredKernels`, :class:`OptionalKernels`, :class:`LinalgKernels` and
:class:`FftKernels` say what its kernels do; :class:`ArrayBackend` is an implementation of nearly everything over a
NumPy-like namespace; and :data:`hookimpl` marks the functions with which a plugin registers itself.
"""

from .array import ArrayBackend
from .extensions import FftKernels, LinalgKernels
from .hookspecs import ConformanceContext, OpContext, hookimpl, hookspec
from .kernels import Array, RequiredKernels, Shape
from .manager import BackendContext, BackendRegistration, PluginManager, PluginRecord, plugin_manager
from .optional import OptionalKernels
from .protocol import API_VERSION, Backend, Capabilities, CounterKernels
from .table import OPTIONAL, REQUIRED, KernelTable

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
