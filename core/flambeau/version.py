"""The version of the distribution, which the build reads too. Source of the names: ``torch.version``."""

__version__ = "0.1.0"

cuda: str | None = None
"""The version of CUDA that this was built for: none, nothing is compiled. A backend has its own, CuPy for one."""

hip: str | None = None
"""The version of ROCm, likewise."""

debug = False
"""Whether this was built for finding faults in compiled code."""
