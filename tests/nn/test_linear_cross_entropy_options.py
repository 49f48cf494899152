"""Options that are checked and change nothing."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau

BAD = [
    ({"chunking_method": "rows"}, "invalid chunking_method: 'rows'"),
    ({"chunking_method": "aspect_ratio:0"}, "invalid chunking_method: 'aspect_ratio:0'"),
    ({"acc_policy": "quick"}, "invalid acc_policy: 'quick'"),
    ({"batch_chunk_size": 0}, "batch_chunk_size must be positive int or None, got 0"),
    ({"acc_dtype": flambeau.int64}, "acc_dtype must be one of"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_a_bad_option_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        flambeau.nn.LinearCrossEntropyOptions(**options)


def test_they_print_compare_and_cannot_be_changed() -> None:
    options = flambeau.nn.LinearCrossEntropyOptions(chunking_method="aspect_ratio:2")
    assert repr(options) == (
        "LinearCrossEntropyOptions(allow_retain_graph=False, batch_chunk_size=None, chunking_method='aspect_ratio:2', "
        "acc_policy='auto', acc_dtype=None)"
    )
    assert options == flambeau.nn.LinearCrossEntropyOptions(chunking_method="aspect_ratio:2")
    with pytest.raises(AttributeError):
        options.acc_policy = "compact"  # type: ignore[misc]


def test_the_loss_is_the_same_with_them() -> None:
    x, w, y = flambeau.rand(4, 3), flambeau.rand(5, 3), flambeau.tensor([0, 1, 2, 4])
    function = flambeau.nn.functional.linear_cross_entropy
    options = flambeau.nn.LinearCrossEntropyOptions(batch_chunk_size=2, chunking_method=None)
    assert function(x, w, y, options=options).item() == function(x, w, y).item()
