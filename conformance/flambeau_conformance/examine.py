"""Looking at a subject before the first case: whether it can be tried, and the facts that go into the reports."""

from __future__ import annotations

import platform
import sys
from typing import Any

from flambeau.backend import OPTIONAL
from flambeau.backend.selection import default_place
from flambeau.version import __version__

from . import SUITE_VERSION
from .subject import Subject

__all__ = ["facts_about"]

_LIBRARIES = ("numpy", "scipy", "cupy", "torch", "ml_dtypes")


def facts_about(subject: Subject) -> dict[str, Any]:
    """What the reports say of a subject, the suite and the machine.

    Raises:
        BackendError: the backend has no device that works, or lacks required kernels, which the message lists.
    """
    with subject.in_use():
        subject.torch.empty(0)
        lacking = [] if subject.manifest is None else _optional_kernels_lacking()
    return {
        "subject": subject.name, "version": subject.version, "flambeau": __version__, "suite_version": SUITE_VERSION,
        "python": platform.python_version(), "platform": platform.platform(),
        "libraries": {name: _version(name) for name in _LIBRARIES if name in sys.modules},
        "claims": None if subject.manifest is None else subject.manifest.as_dict(),
        "manifest": None if subject.manifest is None else str(subject.manifest.path),
        "optional_kernels_lacking": lacking,
    }  # fmt: skip


def _version(library: str) -> str:
    return str(getattr(sys.modules[library], "__version__", "unknown"))


def _optional_kernels_lacking() -> list[str]:
    kernels = vars(default_place().kernels)
    return [name for name in OPTIONAL if kernels.get(name) is None]
