"""Models of images: how many weights they have, how they are found by name, what they load, and that they learn."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.undrawn import undrawn

import flambeau
from flambeau import nn
from flambeau.vision import models
from flambeau.vision.models import _weights


@pytest.mark.parametrize("name", models.list_models())
def test_a_model_has_as_many_weights_as_is_told_of_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    undrawn(monkeypatch)
    entries = [each.meta for each in models.get_model_weights(name) if each.meta["categories"]]
    # What the places of a vision transformer are is a weight, too, so their number depends on the size of images.
    size = entries[-1]["min_size"][0] if name.startswith("vit") else None
    built = models.get_model(name, **({"image_size": size} if size else {}))
    count = sum(each.numel() for each in built.parameters())
    assert {entry["num_params"] for entry in entries if size in (None, entry["min_size"][0])} == {count}


def test_every_enum_of_weights_names_its_best() -> None:
    for name in models.list_models():
        enum = models.get_model_weights(name)
        assert enum.DEFAULT in list(enum)
        assert models.get_model_weights(models.get_model_builder(name)) is enum
        for each in enum:
            assert each.url.startswith("https://")
            assert each.url.endswith(".pth")
            assert each.meta["categories"] is None or len(each.meta["categories"]) == 1000
            assert models.get_weight(repr(each)) is each
            assert getattr(models, enum.__name__)[each.name] is each


def test_what_is_told_of_weights() -> None:
    best = models.ResNet50_Weights.DEFAULT
    assert best is models.ResNet50_Weights.IMAGENET1K_V2
    assert repr(best) == "ResNet50_Weights.IMAGENET1K_V2"
    assert best.url == "https://download.pytorch.org/models/resnet50-11ad3fa6.pth"
    assert best.meta["_metrics"] == {"ImageNet-1K": {"acc@1": 80.858, "acc@5": 95.434}}
    assert (best.meta["num_params"], best.meta["min_size"]) == (25557032, (1, 1))
    assert best.meta["categories"][:2] == ["tench", "goldfish"]
    assert best.transforms.keywords == {"crop_size": 224, "resize_size": 232}
    assert best.value == models.Weights(best.url, best.transforms, best.meta)
    assert best.value != models.ResNet50_Weights.IMAGENET1K_V1.value
    assert models.VGG16_Weights.IMAGENET1K_FEATURES.meta["categories"] is None


def test_weights_and_models_can_be_copied_and_pickled() -> None:
    best = models.ViT_B_16_Weights.DEFAULT
    assert pickle.loads(pickle.dumps(best)) is best
    assert copy.deepcopy(best) is best
    assert pickle.loads(pickle.dumps(models.vit_b_16)) is models.vit_b_16
    model = models.VisionTransformer(8, 4, 1, 2, 4, 6, num_classes=3).eval()
    images = flambeau.rand(1, 3, 8, 8)
    for same in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert flambeau.equal(same(images), model(images))


def test_names_are_those_that_patterns_fit() -> None:
    assert models.list_models(include="vgg1?", exclude="*11*") == ["vgg13", "vgg16", "vgg19"]
    assert models.list_models(include=["alex*", "squeeze*"]) == ["alexnet", "squeezenet1_0", "squeezenet1_1"]
    assert models.list_models(include=[], exclude=None) == models.list_models()
    assert models.list_models(models) == models.list_models()
    assert models.list_models(nn) == []


def test_a_model_of_a_program_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models._registry, "_BUILDERS", dict(models._registry._BUILDERS))

    @models.register_model()
    def mine(*, weights: models.AlexNet_Weights | None = None, features: int = 2) -> nn.Module:
        return nn.Linear(features, 1)

    models.register_model("other")(lambda: nn.ReLU())
    assert models.get_model("MINE", features=3).in_features == 3
    assert models.get_model_weights("mine") is models.AlexNet_Weights
    assert isinstance(models.get_model("other"), nn.ReLU)
    with pytest.raises(ValueError, match="already registered under the name 'mine'"):
        models.register_model()(mine)
    with pytest.raises(ValueError, match="missing the 'weights' argument"):
        models.get_model_weights("other")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: models.get_model("resnet19"), ValueError, "Unknown model resnet19"),
        (lambda: models.get_model("fcn_resnet50"), ValueError, "models of segmentation and detection are left out"),
        (lambda: models.get_weight("ResNet18_Weights"), ValueError, "Invalid weight name provided"),
        (lambda: models.get_weight("ResNet19_Weights.DEFAULT"), ValueError, "'ResNet19_Weights' for the specific method"),
        (lambda: models.get_weight("ResNet18_Weights.BEST"), KeyError, "BEST"),
        (lambda: models.resnet18(weights=models.ResNet34_Weights.DEFAULT), TypeError, "expected ResNet18_Weights but"),
        (lambda: models.resnet18(weights="DEFAULT", num_classes=3), ValueError, "expected value 1000 but got 3"),
        (lambda: models.resnext50_32x4d(groups=3), ValueError, "'groups' expected value 32 but got 3"),
        (lambda: models.vit_b_16(weights="DEFAULT", image_size=32), ValueError, "'image_size' expected value 224"),
        (lambda: models.vit_h_14(pretrained=True), ValueError, "No weights available for model vit_h_14"),
        (lambda: models.resnet18(None, True, 3), TypeError, "takes 0 positional arguments but 3 were given"),
        (lambda: models.resnet18(weights=None, pretrained=True), TypeError, "pretrained"),
        (lambda: models.SqueezeNet("2_0"), ValueError, "Unsupported SqueezeNet version 2_0"),
        (lambda: models.MobileNetV2(inverted_residual_setting=[]), ValueError, "should be non-empty"),
        (lambda: models.EfficientNet([3], 0.1), TypeError, "List"),
        (lambda: models.ConvNeXt([]), ValueError, "should not be empty"),
        (lambda: models.VisionTransformer(32, 5, 1, 1, 4, 4), AssertionError, "indivisible by patch size"),
        (lambda: models.resnet50(replace_stride_with_dilation=[True]), ValueError, "3-element tuple"),
        (lambda: models.resnet18(replace_stride_with_dilation=[True] * 3), NotImplementedError, "not supported in BasicBlock"),
    ],
)  # fmt: skip
def test_what_is_refused(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("name", ["segmentation", "detection", "quantization", "video", "googlenet", "Swin_T_Weights"])
def test_what_is_left_out_says_so(name: str) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}': .* left out"):
        getattr(models, name)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'$"):
        models.nothing  # noqa: B018


# -- weights of files --------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where downloads would go; whatever is not there would have to be downloaded."""
    monkeypatch.setattr(flambeau.hub, "_dir", str(tmp_path))
    monkeypatch.setattr(flambeau.hub, "urlopen", lambda *args: pytest.fail("a download"))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def test_weights_come_from_the_file_that_their_url_names(files: Path) -> None:
    weights = models.SqueezeNet1_1_Weights.DEFAULT
    trained = models.squeezenet1_1()
    flambeau.save(trained.state_dict(), files / weights.url.rpartition("/")[2])
    for given in (weights, "DEFAULT", "SqueezeNet1_1_Weights.IMAGENET1K_V1"):
        loaded = models.squeezenet1_1(weights=given, progress=False).state_dict()
        assert all(flambeau.equal(each, loaded[key]) for key, each in trained.state_dict().items())


def test_older_names_of_weights_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    undrawn(monkeypatch)
    layer = "features.denseblock1.denselayer1"
    state = models.densenet121().state_dict()
    state[f"{layer}.norm2.bias"] = flambeau.full_like(state[f"{layer}.norm2.bias"], 3.0)
    older = {key.replace("norm1.", "norm.1.").replace("norm2.", "norm.2."): each for key, each in state.items()}
    older = {key.replace("conv1.", "conv.1.").replace("conv2.", "conv.2."): each for key, each in older.items()}
    older = {key: each for key, each in older.items() if not key.endswith("num_batches_tracked")}
    assert f"{layer}.norm.2.bias" in older
    monkeypatch.setattr(_weights, "load_state_dict_from_url", lambda url, **options: older)
    loaded = models.densenet121(weights="DEFAULT")
    assert loaded.state_dict()[f"{layer}.norm2.bias"].tolist() == [3.0] * 128


def test_older_names_in_a_transformer_are_read() -> None:
    model = models.VisionTransformer(8, 4, 1, 2, 4, 6, num_classes=3)
    state = model.state_dict()
    older = {
        key.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): each for key, each in state.items()
    }
    assert "encoder.layers.encoder_layer_0.mlp.linear_2.bias" in older
    model.load_state_dict(older)


def test_places_of_a_transformer_are_interpolated() -> None:
    resize = models.vision_transformer.interpolate_embeddings
    state = models.VisionTransformer(8, 4, 1, 2, 4, 6, num_classes=3).state_dict()
    larger = models.VisionTransformer(16, 4, 1, 2, 4, 6, num_classes=3)
    assert resize(8, 4, dict(state)).keys() == state.keys()
    larger.load_state_dict(resize(16, 4, dict(state)))
    assert flambeau.equal(larger.encoder.pos_embedding[:, :2], state["encoder.pos_embedding"][:, :2])
    assert "heads.head.weight" not in resize(16, 4, dict(state), reset_heads=True)
    with pytest.raises(ValueError, match="not a perfect square"):
        resize(16, 4, {"encoder.pos_embedding": flambeau.zeros(1, 4, 4)})


@pytest.mark.parametrize(
    ("name", "size", "mode"), [("ResNet50_Weights", 232, "bilinear"), ("EfficientNet_B0_Weights", 256, "bicubic")]
)
def test_what_makes_images_ready_is_imported_when_it_is_called(
    name: str, size: int, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    functional = types.SimpleNamespace(
        resize=lambda image, size, **options: called.append((size, options)) or image,
        center_crop=lambda image, size: called.append(size) or image,
        convert_image_dtype=lambda image: image.float() / 255,
        normalize=lambda image, mean, std: called.append((mean, std)) or image,
    )
    transforms = types.SimpleNamespace(functional=functional, InterpolationMode=str)
    weights = getattr(models, name).DEFAULT
    monkeypatch.setitem(sys.modules, "flambeau.vision.transforms", transforms)
    found = weights.transforms(antialias=False)(flambeau.full((3, 4, 4), 255, dtype=flambeau.uint8))
    assert float(found.sum()) == 48.0
    assert called[0] == ([size], {"interpolation": mode, "antialias": False})
    assert called[1] == [224]
    assert called[2] == ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


# -- computing ---------------------------------------------------------------------------------------------

SMALL: dict[str, Callable[[], nn.Module]] = {
    "resnet": lambda: models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=3),
    "squeezenet": lambda: models.squeezenet1_1(num_classes=3),
    "mobilenet": lambda: models.mobilenet_v2(num_classes=3, width_mult=0.25),
    "mobilenet-3": lambda: models.mobilenet_v3_small(num_classes=3, width_mult=0.25),
    "densenet": lambda: models.DenseNet(4, (1, 2, 1, 1), 8, num_classes=3),
    "efficientnet": lambda: models.EfficientNet(
        [models.efficientnet.MBConvConfig(2, 3, 2, 8, 8, 2), models.efficientnet.FusedMBConvConfig(2, 3, 2, 8, 16, 2)],
        0.1, num_classes=3,
    ),
    "transformer": lambda: models.VisionTransformer(32, 8, 2, 2, 8, 12, num_classes=3, representation_size=5),
    "convnext": lambda: models.ConvNeXt([models.convnext.CNBlockConfig(8, None, 2)], num_classes=3),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_images_become_logits_and_gradients_reach_every_weight(name: str) -> None:
    flambeau.manual_seed(0)
    model, images = SMALL[name](), flambeau.rand(4, 3, 32, 32)
    logits = model(images)
    assert logits.shape == (4, 3)
    (logits * flambeau.randn(4, 3)).sum().backward()
    assert [key for key, each in model.named_parameters() if each.grad is None] == []
    with flambeau.no_grad():
        assert model.eval()(images[:1]).shape == (1, 3)


def test_a_small_network_computes_on_another_backend() -> None:
    with flambeau.use_backend("minimal"), flambeau.no_grad():
        model = models.DenseNet(2, (1, 1, 1, 1), 2, bn_size=1, num_classes=3).eval()
        assert model(flambeau.rand(1, 3, 32, 32)).shape == (1, 3)


def test_memory_that_is_saved_changes_no_gradient() -> None:
    found = []
    for efficient in (False, True):
        flambeau.manual_seed(0)
        model = models.DenseNet(4, (1, 1, 1, 1), 8, num_classes=3, memory_efficient=efficient)
        model(flambeau.rand(2, 3, 32, 32)).sum().backward()
        found.append([each.grad for each in model.parameters()])
    assert all(flambeau.allclose(one, other, atol=1e-5) for one, other in zip(*found, strict=True))


def test_a_residual_network_learns() -> None:
    flambeau.manual_seed(0)
    model = models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=2, zero_init_residual=True)
    images, classes = flambeau.rand(8, 3, 32, 32), flambeau.arange(8) % 2
    images[classes == 1] += 0.5
    optimizer = flambeau.optim.SGD(model.parameters(), lr=0.05)
    losses = []
    for _ in range(6):
        loss = nn.functional.cross_entropy(model(images), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_builders_tell_what_they_take() -> None:
    signature = inspect.signature(models.resnet18)
    assert str(signature).startswith("(*, weights: ")
    assert list(signature.parameters) == ["weights", "progress", "kwargs"]
    assert signature.return_annotation is models.ResNet
    assert models.resnet18.__module__ == "flambeau.vision.models.resnet"
    assert models.resnet18.__doc__ is not None
