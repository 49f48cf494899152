"""The digits that come with the library."""

from __future__ import annotations

import flambeau
from flambeau.vision.datasets import Digits


def test_the_images_are_those_of_the_original(backend: str) -> None:
    training, test = Digits(train=True), Digits(train=False)
    assert (len(training), len(test)) == (1438, 359)
    # The first image of the file is a 0, the fifth a 4; the sum over all counts is 561,718 in the original.
    assert training.targets[:4].tolist() == [0, 1, 2, 3]
    assert test[0][1] == 4
    assert int(training.data.sum()) + int(test.data.sum()) == 561718
    assert training.data[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_items_are_images_between_0_and_1_and_labels() -> None:
    image, label = Digits(transform=lambda image: image * 2, target_transform=str)[0]
    assert image.shape == (1, 8, 8)
    assert image.dtype is flambeau.float32
    assert float(image.max()) <= 2.0
    assert label == "0"
