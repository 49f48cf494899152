"""Transforms of images by hand-made values; beside torchvision they are compared elsewhere."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import pytest

import flambeau as torch
from flambeau.vision import transforms
from flambeau.vision.transforms import functional

Image = pytest.importorskip("PIL.Image")


def _steps() -> Any:
    return torch.arange(12, dtype=torch.float32).reshape(1, 3, 4)


def test_an_image_becomes_a_tensor_and_an_image_again(backend: str) -> None:
    image = Image.new("RGB", (2, 1))
    image.putpixel((1, 0), (255, 0, 51))
    tensor = transforms.ToTensor()(image)
    assert tensor.shape == (3, 1, 2)
    assert tensor[:, 0, 1].tolist() == torch.tensor([1.0, 0.0, 0.2]).tolist()
    assert transforms.ToPILImage()(tensor).tobytes() == image.tobytes()


def test_the_default_dtype_is_the_tensors() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        assert transforms.ToTensor()(Image.new("L", (1, 1), 3)).dtype is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_pipeline_of_tensors(backend: str) -> None:
    pipeline = transforms.Compose(
        [transforms.CenterCrop(2), transforms.Normalize([5.0], [2.0]), transforms.RandomHorizontalFlip(1.0)]
    )
    assert pipeline(_steps()).tolist() == [[[-1.5, -2.0], [0.5, 0.0]]]
    assert repr(pipeline) == (
        "Compose(\n    CenterCrop(size=(2, 2))\n    Normalize(mean=[5.0], std=[2.0])\n    RandomHorizontalFlip(p=1.0)\n)"
    )


def test_normalising_in_place_changes_the_tensor_and_nothing_where_it_is_refused() -> None:
    x = _steps()
    assert functional.normalize(x, [1.0], [2.0], inplace=True) is x
    assert x[0, 0].tolist() == [-0.5, 0.0, 0.5, 1.0]
    with pytest.raises(ValueError, match="std evaluated to zero"):
        functional.normalize(x, [1.0], [0.0], inplace=True)
    assert x[0, 0].tolist() == [-0.5, 0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("mode", "row"),
    [("edge", [0, 0, 0, 1, 2, 3, 3]), ("reflect", [2, 1, 0, 1, 2, 3, 2]), ("symmetric", [1, 0, 0, 1, 2, 3, 3])],
)
def test_borders_of_the_images_own_pixels(mode: str, row: list[int]) -> None:
    assert functional.pad(_steps(), [2, 0, 1, 0], padding_mode=mode)[0, 0].tolist() == row
    image = functional.to_pil_image(_steps().to(torch.uint8))
    padded = functional.pad(image, [2, 0, 1, 0], padding_mode=mode)
    assert functional.pil_to_tensor(padded)[0, 0].tolist() == row


def test_a_border_may_be_wider_than_the_image_of_pillow() -> None:
    image = functional.to_pil_image(torch.tensor([[1, 2, 3]], dtype=torch.uint8))
    assert functional.pil_to_tensor(functional.pad(image, [5, 0, 0, 0], padding_mode="symmetric")).tolist() == [
        [[2, 3, 3, 2, 1, 1, 2, 3]]
    ]


def test_what_is_cut_outside_is_black() -> None:
    assert functional.crop(_steps(), -1, 3, 3, 2).tolist() == [[[0, 0], [3, 0], [7, 0]]]
    assert functional.crop(_steps(), 5, 5, 1, 2).tolist() == [[[0, 0]]]


def test_a_quarter_turn_moves_the_pixels() -> None:
    square = torch.arange(9, dtype=torch.uint8).reshape(1, 3, 3)
    assert functional.rotate(square, 90).tolist() == [[[2, 5, 8], [1, 4, 7], [0, 3, 6]]]
    assert functional.affine(square, 0.0, [1, 0], 1.0, 0.0, fill=[9.0]).tolist() == [[[9, 0, 1], [9, 3, 4], [9, 6, 7]]]


def test_gradients_go_through_what_is_computed() -> None:
    x = torch.rand(3, 8, 9, dtype=torch.float64, requires_grad=True)
    for change in (
        lambda y: functional.resize(y, [5, 6]), lambda y: functional.gaussian_blur(y, [3, 3]),
        lambda y: functional.rotate(y, 20.0, transforms.InterpolationMode.BILINEAR), lambda y: functional.adjust_contrast(y, 0.7),
    ):  # fmt: skip
        assert torch.autograd.gradcheck(change, (x,))


@pytest.mark.parametrize(
    "make",
    [
        lambda g: transforms.RandomCrop(2, generator=g), lambda g: transforms.RandomResizedCrop(2, generator=g),
        lambda g: transforms.RandomHorizontalFlip(generator=g), lambda g: transforms.RandomVerticalFlip(generator=g),
        lambda g: transforms.RandomRotation(50, generator=g), lambda g: transforms.RandomAffine(50, generator=g),
        lambda g: transforms.RandomPerspective(generator=g), lambda g: transforms.ColorJitter(0.5, 0.5, generator=g),
        lambda g: transforms.RandomGrayscale(0.5, generator=g), lambda g: transforms.GaussianBlur(3, generator=g),
        lambda g: transforms.RandomErasing(value="random", generator=g), lambda g: transforms.RandomInvert(generator=g),
        lambda g: transforms.RandomSolarize(0.5, generator=g), lambda g: transforms.RandomAutocontrast(generator=g),
        lambda g: transforms.RandomAdjustSharpness(2.0, generator=g),
        lambda g: transforms.ElasticTransform(9.0, 0.9, generator=g),
        lambda g: transforms.RandomApply([transforms.CenterCrop(4)], generator=g),
        lambda g: transforms.RandomPosterize(2, generator=g), lambda g: transforms.RandomEqualize(generator=g),
        lambda g: transforms.AutoAugment(generator=g), lambda g: transforms.RandAugment(generator=g),
        lambda g: transforms.TrivialAugmentWide(generator=g),
        lambda g: transforms.RandomOrder([transforms.CenterCrop(4), transforms.Pad(1), transforms.Pad(2)], generator=g),
        lambda g: transforms.RandomChoice([transforms.CenterCrop(4), transforms.Pad(1)], generator=g),
        lambda g: transforms.RandomChoice([transforms.CenterCrop(4), transforms.Pad(1)], [1, 3], generator=g),
    ],
)  # fmt: skip
def test_a_generator_of_ones_own_leaves_the_default_one_alone(make: Any) -> None:
    image = torch.arange(3 * 9 * 9, dtype=torch.uint8).reshape(3, 9, 9)
    image = (
        image
        if "Posterize" in repr(make(None)) or "Equalize" in repr(make(None)) or "Augment" in repr(make(None))
        else image / 255
    )
    before = torch.random.get_rng_state()
    results = [
        [transform(image).tolist() for _ in range(4)]
        for transform in (make(torch.Generator().manual_seed(3)) for _ in range(2))
    ]
    assert results[0] == results[1]
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_old_name_of_resize_warns() -> None:
    with pytest.warns(DeprecationWarning, match="please use transforms.Resize"):
        assert transforms.Scale(2)(_steps()).shape == (1, 2, 2)


def test_transforms_go_to_other_processes() -> None:
    pipeline = transforms.Compose([transforms.RandomCrop(2), transforms.ColorJitter(0.2), transforms.AutoAugment()])
    assert repr(pickle.loads(pickle.dumps(pipeline))) == repr(pipeline)


def test_nothing_needs_pillow_for_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "PIL" or name.startswith("PIL.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert functional.resize(_steps(), [2, 2]).shape == (1, 2, 2)
    with pytest.raises(
        ImportError, match=r"needs the package 'pillow', which is not installed: pip install 'flambeau\[vision\]'"
    ):
        functional.to_pil_image(_steps())


def test_what_normalizes_may_change_between_images() -> None:
    image, mean, std = torch.ones(2, 1, 1), [0.5, 0.0], [0.5, 1.0]
    with torch.inference_mode():
        assert functional.normalize(image, mean, std).flatten().tolist() == [1.0, 1.0]
    mean[1], std[1] = 0.5, 0.25
    assert functional.normalize(image, mean, std).flatten().tolist() == [1.0, 2.0]
    assert functional.normalize(image.double(), mean, std).dtype is torch.float64
    leaf = image.clone().requires_grad_()
    functional.normalize(leaf, tuple(mean), tuple(std)).sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.flatten().tolist() == [2.0, 4.0]
    for _ in range(2):
        with pytest.raises(ValueError, match="std evaluated to zero"):
            functional.normalize(image, mean, [0.5, 0.0])


def test_bounds_that_are_tensors_may_change_between_images() -> None:
    least = torch.tensor(0.25)
    part = transforms.RandomResizedCrop(2, scale=(least, least.clone()), ratio=(1.0, 1.0))
    image = torch.zeros(1, 8, 8)
    assert part.get_params(image, part.scale, part.ratio)[2:] == (4, 4)
    part.scale[1].fill_(1.0)
    least.fill_(1.0)
    assert part.get_params(image, part.scale, part.ratio)[2:] == (8, 8)
