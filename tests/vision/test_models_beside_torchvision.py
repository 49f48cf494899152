"""Models beside torchvision's: names, shapes and first values of weights, what is printed, what is computed.

``VISION_MODELS=all`` in the environment compares the values of every model; otherwise small ones stand for each family.
"""

from __future__ import annotations

import inspect
import os
import random
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tests.support.undrawn import undrawn

import flambeau
from flambeau.vision import models

SMALL: dict[str, Callable[[Any, Any], Any]] = {
    "resnet-basic": lambda m, nn: m.ResNet(m.resnet.BasicBlock, [1, 2, 1, 1], 5, zero_init_residual=True),
    "resnet-bottleneck": lambda m, nn: m.ResNet(
        m.resnet.Bottleneck, [1, 1, 2, 1], 5, groups=4, width_per_group=4, replace_stride_with_dilation=[False, True, True]
    ),
    "resnet-groups": lambda m, nn: m.ResNet(
        m.resnet.BasicBlock, [1, 1, 1, 1], 5, norm_layer=lambda channels: nn.GroupNorm(2, channels)
    ),
    "squeezenet1_0": lambda m, nn: m.squeezenet1_0(num_classes=5),
    "squeezenet1_1": lambda m, nn: m.squeezenet1_1(num_classes=5, dropout=0.1),
    "mobilenet_v2": lambda m, nn: m.mobilenet_v2(num_classes=5, width_mult=0.35, dropout=0.1),
    "mobilenet_v3_small": lambda m, nn: m.mobilenet_v3_small(num_classes=5, width_mult=0.5),
    "mobilenet_v3_large": lambda m, nn: m.mobilenet_v3_large(
        num_classes=5, width_mult=0.3, reduced_tail=True, dilated=True
    ),
    "densenet": lambda m, nn: m.DenseNet(4, (1, 2, 3, 1), 6, bn_size=2, drop_rate=0.1, num_classes=5),
    "efficientnet": lambda m, nn: m.EfficientNet(
        [
            m.efficientnet.FusedMBConvConfig(1, 3, 1, 8, 8, 2),
            m.efficientnet.FusedMBConvConfig(4, 3, 2, 8, 16, 2),
            m.efficientnet.MBConvConfig(4, 5, 2, 16, 24, 2, depth_mult=1.1),
        ],
        dropout=0.2, stochastic_depth_prob=0.3, num_classes=5, last_channel=32,
    ),
    "vit": lambda m, nn: m.VisionTransformer(32, 8, 2, 2, 8, 12, dropout=0.1, attention_dropout=0.1, num_classes=5),
    "vit-stem": lambda m, nn: m.VisionTransformer(
        32, 8, 1, 2, 8, 12, num_classes=5, representation_size=7,
        conv_stem_configs=[m.vision_transformer.ConvStemConfig(4, 3, 2), m.vision_transformer.ConvStemConfig(8, 3, 4)],
    ),
    "convnext": lambda m, nn: m.ConvNeXt(
        [m.convnext.CNBlockConfig(8, 12, 1), m.convnext.CNBlockConfig(12, None, 2)], 0.3, 0.5, num_classes=5
    ),
}  # fmt: skip
"""One model or more of each family but AlexNet and VGG, whose linear layers are large whatever they are made of."""

if os.environ.get("VISION_MODELS") == "all":
    SMALL |= {name: lambda m, nn, name=name: m.get_model(name) for name in models.list_models()}  # type: ignore[misc]


def _images(t: Any, *shape: int) -> Any:
    draw = random.Random(0)
    numbers = [draw.random() for _ in range(shape[0] * shape[1] * shape[2] * shape[3])]
    return t.tensor(numbers).reshape(shape)


def _as_numpy(state: Any) -> dict[str, Any]:
    return {key: each.detach().numpy() for key, each in state.items()}


def _compare(torch: ModuleType, make: Callable[[Any], Any]) -> None:
    torch.manual_seed(3)
    theirs = make(torch)
    flambeau.manual_seed(3)
    ours = make(flambeau)
    assert repr(ours) == repr(theirs)
    expected, found = _as_numpy(theirs.state_dict()), _as_numpy(ours.state_dict())
    assert list(found) == list(expected)
    assert [key for key in expected if found[key].tobytes() != expected[key].tobytes()] == []
    size = getattr(ours, "image_size", 64)
    for training in (True, False):
        torch.manual_seed(5)
        flambeau.manual_seed(5)
        results = []
        for t, model in ((torch, theirs), (flambeau, ours)):
            with t.no_grad():
                results.append(model.train(training)(_images(t, 2, 3, size, size)).numpy())
        scale = max(abs(results[0]).max(), 1e-6)
        # In training each layer divides by the deviation of few numbers, which makes the last digits of those before count.
        assert abs(results[0] - results[1]).max() < (1e-3 if training else 1e-4) * scale


@pytest.mark.parametrize("name", SMALL)
def test_models_from_the_same_seed(torch: ModuleType, torchvision: ModuleType, name: str) -> None:
    """The same weights from the same seed, bit for bit, and the same logits, dropout and stochastic depth included."""
    _compare(torch, lambda t: SMALL[name](torchvision.models if t is torch else models, t.nn))


@pytest.mark.parametrize("name", models.list_models())
def test_names_and_shapes_of_weights(
    torch: ModuleType, torchvision: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with torch.device("meta"):
        theirs = torchvision.models.get_model(name)
    undrawn(monkeypatch)
    ours = models.get_model(name)
    told = [[(key, tuple(each.shape)) for key, each in model.state_dict().items()] for model in (ours, theirs)]
    assert told[0] == told[1]
    assert repr(ours) == repr(theirs)


def test_weights_are_those_of_the_original(torchvision: ModuleType) -> None:
    for name in models.list_models():
        ours, theirs = models.get_model_weights(name), torchvision.models.get_model_weights(name)
        assert ours.__name__ == theirs.__name__
        assert list(ours.__members__) == list(theirs.__members__)
        for each in theirs:
            same = ours[each.name]
            meta = {key: value for key, value in each.meta.items() if key != "_docs"}
            assert repr(same.meta) == repr({key: meta[key] for key in same.meta})  # of which some are nan
            assert (same.url, set(same.meta)) == (each.url, set(meta))
            options = {key: getattr(value, "value", value) for key, value in each.transforms.keywords.items()}
            assert {key: _plain(value) for key, value in same.transforms.keywords.items()} == {
                key: _plain(value) for key, value in options.items()
            }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


CALLS: list[Callable[[Any], Any]] = [
    lambda m: m.squeezenet1_1(pretrained=True),
    lambda m: m.squeezenet1_1(pretrained=False),
    lambda m: m.squeezenet1_1(True),
    lambda m: m.squeezenet1_1(False, False),
    lambda m: m.squeezenet1_1(True, progress=False),
    lambda m: m.squeezenet1_1(weights=True),
    lambda m: m.squeezenet1_1(weights="legacy"),
    lambda m: m.squeezenet1_1(weights="DEFAULT"),
    lambda m: m.squeezenet1_1(m.SqueezeNet1_1_Weights.DEFAULT),
    lambda m: m.squeezenet1_1(weights=None),
    lambda m: m.squeezenet1_1(weights="SqueezeNet1_0_Weights.DEFAULT"),
    lambda m: m.squeezenet1_1(weights=m.SqueezeNet1_0_Weights.DEFAULT),
    lambda m: m.squeezenet1_1(pretrained=True, num_classes=4),
    lambda m: m.squeezenet1_1(pretrained=True, weights=False),
    lambda m: m.vit_h_14(pretrained=True),
    lambda m: m.get_model("nothing"),
    lambda m: m.get_model_weights("squeezenet1_1").DEFAULT,
    lambda m: m.get_weight("SqueezeNet1_1_Weights.DEFAULT"),
    lambda m: m.get_weight("SqueezeNet1_1_Weights"),
    lambda m: m.get_weight("Nothing.DEFAULT"),
    lambda m: m.get_weight("SqueezeNet1_1_Weights.NOTHING"),
    lambda m: m.list_models(include=["vgg*", "resnet*"], exclude="*_bn"),
    lambda m: m.SqueezeNet1_1_Weights.verify(3),
]


@pytest.mark.parametrize("place", range(len(CALLS)))
def test_calls_of_older_programs(torchvision: ModuleType, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same warnings, the same weights asked for with the same options, the same error."""
    outcomes = []
    for library in (models, torchvision.models):
        asked: list[Any] = []

        def states(self: Any, library: Any = library, asked: Any = asked, **options: Any) -> Any:
            asked.append((repr(self), options))
            return library.squeezenet1_1().state_dict()

        monkeypatch.setattr(library.WeightsEnum, "get_state_dict", states)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                result = CALLS[place](library)
                told = repr(result)
            except (ValueError, TypeError, KeyError) as error:
                told = f"{type(error).__name__}: {error}"
        outcomes.append([told, asked, [str(each.message) for each in caught], {each.category for each in caught}])
    (ours, *own), (theirs, *others) = outcomes
    assert ours.startswith(theirs) if "Unknown model" in theirs else ours == theirs  # ours says what is left out
    assert own == others


def test_options_of_classes_are_those_of_the_original(torchvision: ModuleType) -> None:
    places = {
        "resnet": ["BasicBlock", "Bottleneck", "ResNet", "conv1x1", "conv3x3"],
        "mobilenetv2": ["InvertedResidual"],
        "mobilenetv3": ["InvertedResidual", "InvertedResidualConfig"],
        "efficientnet": ["MBConvConfig", "FusedMBConvConfig", "MBConv", "FusedMBConv"],
        "vision_transformer": ["ConvStemConfig", "MLPBlock", "EncoderBlock", "Encoder", "interpolate_embeddings"],
        "convnext": ["LayerNorm2d", "CNBlock", "CNBlockConfig"],
        "squeezenet": ["Fire"],
        "densenet": ["_DenseLayer", "_DenseBlock", "_Transition"],
    }
    for file, names in places.items():
        for name in names:
            ours, theirs = (getattr(getattr(library, file), name) for library in (models, torchvision.models))
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name


# -- pictures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["picture", "bytes", "floats", "batch"])
@pytest.mark.parametrize("name", ["ResNet18_Weights", "ConvNeXt_Tiny_Weights", "EfficientNet_B0_Weights"])
def test_weights_make_images_ready_as_torchvision_does(
    name: str, kind: str, torchvision: Any, torch: ModuleType
) -> None:
    images = pytest.importorskip("PIL.Image")
    numbers = np.random.default_rng(3).integers(0, 256, (3, 41, 57), dtype=np.uint8)
    ours, theirs = (
        getattr(library, name).DEFAULT.transforms(crop_size=24, resize_size=30)
        for library in (models, torchvision.models)
    )
    assert repr(ours) == repr(theirs)
    found = []
    for library, prepare in ((flambeau, ours), (torch, theirs)):
        tensor = library.from_numpy(numbers.copy())
        given = {
            "picture": images.fromarray(numbers.transpose(1, 2, 0).copy()), "bytes": tensor, "floats": tensor / 255,
            "batch": library.stack([tensor, tensor.flip(-1)]),
        }[kind]  # fmt: skip
        found.append(np.asarray(prepare(given).tolist()))
    assert found[0].shape == found[1].shape
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-5 if kind in ("picture", "floats") else 0.018)
    assert np.mean(np.abs(found[0] - found[1]) > 1e-5) < 0.02  # a half of a byte may be rounded to either side
