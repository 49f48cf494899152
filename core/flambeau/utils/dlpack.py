"""Memory that is shared with other libraries by DLPack. Source of the semantics: ``torch.utils.dlpack``."""

from __future__ import annotations

from enum import IntEnum

from flambeau.ops.creation.data import from_dlpack as from_dlpack
from flambeau.ops.creation.data import to_dlpack as to_dlpack

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]


class DLDeviceType(IntEnum):
    """DLPack's numbers of kinds of devices, the first of ``Tensor.__dlpack_device__``. flambeau's tensors are on the first two.

    Example:
        >>> import flambeau as torch
        >>> torch.utils.dlpack.DLDeviceType(torch.ones(2).__dlpack_device__()[0]).name
        'kDLCPU'
    """

    kDLCPU = 1  # noqa: N815 (these are the names of dlpack.h)
    kDLCUDA = 2  # noqa: N815
    kDLCUDAHost = 3  # noqa: N815
    kDLOpenCL = 4  # noqa: N815
    kDLVulkan = 7  # noqa: N815
    kDLMetal = 8  # noqa: N815
    kDLVPI = 9  # noqa: N815
    kDLROCM = 10  # noqa: N815
    kDLROCMHost = 11  # noqa: N815
    kDLExtDev = 12  # noqa: N815
    kDLCUDAManaged = 13  # noqa: N815
    kDLOneAPI = 14  # noqa: N815
    kDLWebGPU = 15  # noqa: N815
    kDLHexagon = 16  # noqa: N815
    kDLMAIA = 17  # noqa: N815
