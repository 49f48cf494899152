"""Every exception and warning that flambeau defines.

The classes derive from the built-in class that PyTorch raises in the same situation, so that programs written
for PyTorch catch what they expect::

    Exception
    ├── FlambeauError                      marker: raised by flambeau on purpose
    │   ├── BackendError (RuntimeError)        a backend cannot be had
    │   │   ├── UnknownBackendError                no plugin registers it
    │   │   ├── BackendLoadError                   its plugin failed to load
    │   │   │   └── DeviceUnavailableError (AssertionError)   what a device takes is not there
    │   │   ├── BackendConflictError               two backends claim one device type
    │   │   └── MissingKernelsError                required kernels are absent
    │   ├── OutOfMemoryError (RuntimeError)    a device has not the memory that is asked of it
    │   ├── KernelContractError                a kernel gave something else than the contract says
    │   ├── UnsupportedError (NotImplementedError) a backend lacks an op, dtype or layout
    │   ├── UnsupportedLayoutError (NotImplementedError, RuntimeError, AttributeError)   an op has no sparse form
    │   ├── LinAlgError (RuntimeError)         a matrix is singular, or not positive definite
    │   ├── NotScalarError (RuntimeError, ValueError)   item() of several elements
    │   ├── QuantileError (RuntimeError, ValueError)    a quantile outside [0, 1]
    │   └── MissingExtraError (ImportError)    an optional dependency is not installed
    └── Warning
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any, NoReturn

__all__ = [
    "BackendConflictError",
    "BackendError",
    "BackendLoadError",
    "DeviceUnavailableError",
    "FlambeauError",
    "GeneratorDeviceWarning",
    "GeneratorForkWarning",
    "KernelContractError",
    "LinAlgError",
    "MissingExtraError",
    "MissingKernelsError",
    "NotScalarError",
    "OutOfMemoryError",
    "QuantileError",
    "UnknownBackendError",
    "UnsupportedError",
    "UnsupportedLayoutError",
    "level_of_caller",
]


def level_of_caller(*packages: str) -> int:
    """The ``stacklevel`` for a warning, so that it names the line of the program that called flambeau.

    No fixed number is right: an op's function has one frame more when it runs for the first time, and others behind
    ``out=``, a method or an operator. A backend that warns is not the program either, nor one of the ``packages``.
    """
    level, frame = 1, sys._getframe(1)
    ours = {"flambeau", _package(frame), *packages}
    while frame.f_back is not None and _package(frame) in ours:
        level, frame = level + 1, frame.f_back
    return level


def _package(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0]


class FlambeauError(Exception):
    """Base of the exceptions that flambeau defines."""


class BackendError(FlambeauError, RuntimeError):
    """A backend or device cannot be had."""


class LinAlgError(FlambeauError, RuntimeError):
    """A factorisation does not exist: the matrix is singular, or not positive definite."""


class OutOfMemoryError(FlambeauError, RuntimeError):
    """A device has not the memory that is asked of it; the message says how much that is, and who takes the rest.

    Source of the semantics: ``torch.OutOfMemoryError``.
    """


class UnsupportedLayoutError(FlambeauError, NotImplementedError, AttributeError):
    """An operation is not implemented for sparse tensors.

    An AttributeError too, because what a strided tensor is made of is not there.
    """


class UnknownBackendError(BackendError):
    """No plugin registers the backend or device type that was asked for."""


class BackendLoadError(BackendError):
    """The plugin of the backend that was asked for failed to load; the cause is chained."""


class DeviceUnavailableError(BackendLoadError, AssertionError):
    """A device type is known, but what its devices take is missing: a package, a driver or the device itself.

    The message says which, and what to install. PyTorch raises an AssertionError where it was built without CUDA, and a
    RuntimeError where the driver or the device is missing; this is both.
    """


class BackendConflictError(BackendError):
    """Several backends claim the device type that was asked for, and none of them was chosen."""


class MissingKernelsError(BackendError):
    """A backend lacks required kernels.

    Attributes:
        backend: its name.
        missing: the names of the kernels.
    """

    def __init__(self, backend: str, missing: Iterable[str]) -> None:
        self.backend = backend
        self.missing = tuple(missing)
        super().__init__(
            f"backend '{backend}' lacks {len(self.missing)} required kernel(s): {', '.join(self.missing)}. "
            "A backend must provide every kernel of flambeau.backend.RequiredKernels, and those of the extensions that its "
            "capabilities name."
        )


class KernelContractError(FlambeauError):
    """A kernel gave something else than the contract says; raised where ``FLAMBEAU_CHECK_KERNELS=1`` asks for checks.

    It is no RuntimeError, so that no program takes it for an error that it expects.

    Attributes:
        backend, kernel: whose kernel, and its name.
    """

    def __init__(self, backend: str, kernel: str, call: str, found: str, expected: str) -> None:
        self.backend = backend
        self.kernel = kernel
        super().__init__(f"backend '{backend}': the kernel {call} gave {found}; expected {expected}")


class UnsupportedError(FlambeauError, NotImplementedError):
    """A backend cannot do what was asked; nothing was computed, copied or changed.

    Attributes:
        op: what was asked for.
        backend, dtype, layout: for what it was asked, as far as that matters.
    """

    def __init__(self, op: str, *, backend: str, dtype: object = None, layout: object = None, hint: str = "") -> None:
        self.op = op
        self.backend = backend
        self.dtype = dtype
        self.layout = layout
        about = "".join(f" for {word}" for word in (dtype, layout) if word is not None)
        super().__init__(f"backend '{backend}' does not support {op}{about}" + (f"; {hint}" if hint else ""))


class NotScalarError(FlambeauError, RuntimeError, ValueError):
    """A tensor of several elements was asked for its only one.

    PyTorch raises RuntimeError, the documents that flambeau follows say ValueError; this is both.
    """

    def __init__(self, numel: int) -> None:
        super().__init__(
            f"a Tensor with {numel} elements cannot be converted to Scalar: "
            "only one element tensors can be converted to Python scalars"
        )


class QuantileError(FlambeauError, RuntimeError, ValueError):
    """A quantile was asked for that does not lie between 0 and 1.

    PyTorch raises RuntimeError, the documents that flambeau follows say ValueError; this is both.
    """


class GeneratorDeviceWarning(UserWarning):
    """A generator of one device draws for a tensor on another: the numbers are copied.

    PyTorch raises an error there. Give the generator the device of the operation, or the operation that of the generator.
    """


class GeneratorForkWarning(UserWarning):
    """A forked process goes on with the random numbers of its parent, which draws the same ones.

    Call ``torch.seed()``, or ``torch.manual_seed()`` with a number of the process's own, at the start of the process.
    """


class MissingExtraError(FlambeauError, ImportError):
    """An optional dependency is needed and not installed."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the package '{package}', which is not installed: pip install 'flambeau[{extra}]'"
        )


def raise_unknown_dtype(name: object, known: Mapping[str, Any]) -> NoReturn:
    """Raise the TypeError for a dtype that does not exist."""
    raise TypeError(f"unknown dtype {name!r}; the dtypes are: {', '.join(known)}")


def type_name(value: object) -> str:
    """The name of the type of a value, as PyTorch's errors have it: that of a type in C has its module, numpy.ndarray."""
    kind, made_in_python = type(value), 1 << 9  # Py_TPFLAGS_HEAPTYPE
    name, module = kind.__name__, kind.__module__
    return name if module == "builtins" or kind.__flags__ & made_in_python else f"{module}.{name}"


def argument_type(function: str, argument: str, position: int, value: object, expected: str) -> TypeError:
    """PyTorch's TypeError for an argument of the wrong type; position 0 is that of one that has a name alone."""
    where = f" (position {position})" if position else ""
    return TypeError(f"{function}(): argument '{argument}'{where} must be {expected}, not {type_name(value)}")
