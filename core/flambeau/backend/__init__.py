"""The seam between core and the array engines: everything that a backend plugin imports.

:class:`Backend` is what a plugin implements, :class:`RequiredKernels` and :class:`OptionalKernels` what its kernels
do, :class:`ArrayBackend` an implementation of nearly everything over a NumPy-like namespace, and
:data:`hookimpl` marks the functions with which a plugin registers itself.
"""

from .array import ArrayBackend
from .hookspecs import ConformanceContext, OpContext, hookimpl, hookspec
from .kernels import OPTIONAL, REQUIRED, Array, KernelTable, OptionalKernels, RequiredKernels, Shape
from .manager import BackendContext, BackendRegistration, PluginManager, PluginRecord, plugin_manager
from .protocol import API_VERSION, Backend, Capabilities

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
    "ConformanceContext",
    "KernelTable",
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
