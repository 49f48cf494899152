"""All public names of PyTorch's ``torch.nn`` and what is below it, with their parameters."""

from __future__ import annotations

import importlib
import inspect
import types
from types import ModuleType
from typing import Any

import pytest

import flambeau

PLACES = [
    "nn", "nn.functional", "nn.init", "nn.modules", "nn.modules.activation", "nn.modules.container", "nn.modules.dropout",
    "nn.modules.flatten", "nn.modules.module", "nn.modules.rnn", "nn.parameter", "nn.utils", "nn.utils.clip_grad",
    "nn.utils.convert_parameters", "nn.utils.fusion", "nn.utils.init", "nn.utils.memory_format", "nn.utils.parametrizations",
    "nn.utils.parametrize", "nn.utils.prune", "nn.utils.rnn", "nn.utils.spectral_norm", "nn.utils.stateless",
    "nn.utils.weight_norm",
]  # fmt: skip

ABSENT = {
    "of several processes or devices": ["Container", "DataParallel", "factory_kwargs"],
    "for matrices in scaled formats of 8 and 4 bits, and of groups": [
        "ScalingType", "SwizzleType", "grouped_mm", "scaled_grouped_mm", "scaled_mm",
    ],
    "helpers of TorchScript and of PyTorch's own documentation": [
        "BroadcastingList1", "BroadcastingList2", "BroadcastingList3", "GRID_SAMPLE_INTERPOLATION_MODES",
        "GRID_SAMPLE_PADDING_MODES", "assert_int_or_pair", "boolean_dispatch", "reproducibility_notes",
        "sparse_support_notes", "tf32_notes",
    ],
    "what PyTorch's modules import": [
        "Callable", "DType", "Optional", "TYPE_CHECKING", "Tensor", "handle_torch_function", "has_torch_function",
        "has_torch_function_unary", "has_torch_function_variadic", "importlib", "math", "np", "torch", "warnings", "Any",
    ],
}  # fmt: skip
"""What is not there, and why."""

PENDING: list[str] = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveLogSoftmaxWithLoss", "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "BCELoss", "BCEWithLogitsLoss",
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "Bilinear", "CTCLoss", "ChannelShuffle", "CircularPad1d",
    "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "Conv1d", "Conv2d", "Conv3d",
    "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "CosineEmbeddingLoss", "CosineSimilarity",
    "CrossMapLRN2d", "EmbeddingBag", "Fold", "FractionalMaxPool2d", "FractionalMaxPool3d", "GaussianNLLLoss",
    "GroupNorm", "HingeEmbeddingLoss", "HuberLoss", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "KLDivLoss",
    "LPPool1d", "LPPool2d", "LPPool3d", "LayerNorm", "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d",
    "LazyConv1d", "LazyConv2d", "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
    "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d", "LazyLinear", "LinearCrossEntropyLoss",
    "LinearCrossEntropyOptions", "LocalResponseNorm", "MarginRankingLoss", "MaxPool1d", "MaxPool2d", "MaxPool3d",
    "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss",
    "MultiMarginLoss", "MultiheadAttention", "NLLLoss2d", "PairwiseDistance", "PixelShuffle", "PixelUnshuffle",
    "PoissonNLLLoss", "RMSNorm", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d",
    "ReplicationPad2d", "ReplicationPad3d", "SmoothL1Loss", "SoftMarginLoss", "SyncBatchNorm", "Transformer",
    "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
    "TripletMarginLoss", "TripletMarginWithDistanceLoss", "Unfold", "UninitializedBuffer", "UninitializedParameter",
    "UninitializedTensorMixin", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d", "ZeroPad1d", "ZeroPad2d",
    "ZeroPad3d", "is_lazy", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
    "adaptive_max_pool1d", "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices", "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "affine_grid",
    "avg_pool1d", "avg_pool2d", "avg_pool3d", "batch_norm", "bilinear", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_tbc",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity",
    "ctc_loss", "embedding_bag", "fold", "fractional_max_pool2d", "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d", "fractional_max_pool3d_with_indices", "gaussian_nll_loss", "grid_sample", "group_norm",
    "hinge_embedding_loss", "huber_loss", "instance_norm", "interpolate", "kl_div", "layer_norm",
    "linear_cross_entropy", "local_response_norm", "lp_pool1d", "lp_pool2d", "lp_pool3d", "margin_ranking_loss",
    "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d",
    "max_pool3d_with_indices", "max_unpool1d", "max_unpool2d", "max_unpool3d", "multi_head_attention_forward",
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "native_channel_shuffle",
    "pairwise_distance", "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "rms_norm",
    "scaled_dot_product_attention", "smooth_l1_loss", "soft_margin_loss", "triplet_margin_loss",
    "triplet_margin_with_distance_loss", "unfold", "upsample", "upsample_bilinear", "upsample_nearest",
]  # fmt: skip
"""What is not there yet."""

OTHERWISE = {"pad": '`mode=None` stands for "constant" where NumPy\'s names of options are given'}
"""What has other parameters, and why."""

MISSING = {*PENDING}.union(*ABSENT.values())


def _names(theirs: Any) -> list[str]:
    listed = getattr(theirs, "__all__", None)
    if listed is not None:
        return list(listed)
    return [name for name in dir(theirs) if name[0] != "_" and not isinstance(getattr(theirs, name), ModuleType)]


def _parameters(what: Any) -> list[tuple[str, Any, str]] | None:
    """Name, kind and default of each; None where Python can't tell."""
    try:
        return [(each.name, each.kind, repr(each.default)) for each in inspect.signature(what).parameters.values()]
    except (TypeError, ValueError):
        return None


def _fits(theirs: Any, ours: Any) -> bool:
    """Whether ours has the parameters of theirs; it may have further ones, by name only."""
    wanted, own = _parameters(theirs), _parameters(ours)
    if wanted is None or own is None:
        return True
    further = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    known = [name for name, _, _ in wanted]
    return wanted == [each for each in own if each[0] in known or each[1] not in further]


@pytest.mark.parametrize("place", PLACES)
def test_all_names_are_there_with_the_same_parameters(torch: ModuleType, place: str) -> None:
    theirs, ours = (importlib.import_module(f"{root.__name__}.{place}") for root in (torch, flambeau))
    missing, other = [], []
    for name in _names(theirs):
        if not hasattr(ours, name):
            missing += [name] if name not in MISSING else []
        elif not isinstance(getattr(theirs, name), types.ModuleType) and not _fits(
            getattr(theirs, name), getattr(ours, name)
        ):
            other += [name] if name not in OTHERWISE else []
    assert not missing, "neither there, nor in the table of what is absent"
    assert not other, "there with other parameters"


def test_what_is_absent_is_not_there() -> None:
    found = [
        name
        for name in set().union(*ABSENT.values())
        for place in (flambeau.nn, flambeau.nn.functional)
        if name in vars(place).get("__all__", ())
    ]
    assert not found


def test_paths_of_classes(torch: ModuleType) -> None:
    """A class can be imported from the file of its kind in ``nn.modules``, as programs do."""
    wrong = []
    for name in flambeau.nn.modules.__all__:
        place = getattr(torch.nn, name).__module__
        if not hasattr(importlib.import_module(place.replace("torch", "flambeau", 1)), name):
            wrong.append(f"{place}.{name}")
    assert not wrong
