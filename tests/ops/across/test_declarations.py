"""Declarations: what a row must say, and what is generated from it."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import pytest

import flambeau
from flambeau._dispatch.rules import parameters_of
from flambeau.extend import primitive
from flambeau.ops import ROWS
from stubs import STUBS


def test_every_row_has_a_derivative_or_says_why_not() -> None:
    for row in ROWS.values():
        assert row.kind == "composite" or (row.rule is None) == bool(row.not_differentiable), row.name


@pytest.mark.parametrize("path", STUBS)
def test_stubs_are_up_to_date(path: str) -> None:
    stub = Path(flambeau.__file__).parent / path
    assert stub.read_text() == STUBS[path](), "run `python tools/stubs.py`"


def _body(input: Any, dim: int) -> Any:
    raise AssertionError


_body.__annotations__ = {"input": "Tensor", "dim": "int", "return": "Tensor"}


@pytest.mark.parametrize(
    ("derivatives", "message"),
    [
        ({"dim": lambda grad: grad}, "'dim', which is not a tensor parameter"),
        ({"other": lambda grad: grad}, "'other', which is not a tensor parameter"),
        ({"input": lambda grad, size: grad}, "wants 'size', which does not exist"),
        (None, "give derivatives, or say in `not_differentiable`"),
    ],
)
def test_a_wrong_declaration_is_refused_where_it_stands(derivatives: Any, message: str) -> None:
    def body(input: flambeau.Tensor, dim: int) -> flambeau.Tensor:
        return input

    body.__annotations__ = dict(_body.__annotations__)
    with pytest.raises(TypeError, match=message):
        primitive(derivatives=derivatives)(body)
    assert "body" not in ROWS


def test_a_name_cannot_be_declared_twice() -> None:
    def exp(input: flambeau.Tensor) -> flambeau.Tensor:
        return input

    exp.__module__ = "flambeau.ops.elementwise.new"
    with pytest.raises(TypeError, match="'exp' is declared twice"):
        primitive(not_differentiable="it is a test", method=False)(exp)


def _written(first: Any, second: Any, third: Any) -> Any:
    def body(a: Any, b: Any, c: Any, d: Any) -> Any:
        raise NotImplementedError

    body.__annotations__ = {"a": first, "b": second, "c": third, "d": int}
    return body


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("Tensor", "Tensor | None", "Sequence[Tensor]"),
        (flambeau.Tensor, flambeau.Tensor | None, Sequence[flambeau.Tensor]),
        ("torch.Tensor", "typing.Optional[torch.Tensor]", "collections.abc.Sequence[torch.Tensor]"),
        ("flambeau.Tensor", Optional[flambeau.Tensor], typing.Sequence[flambeau.Tensor]),  # noqa: UP045
    ],
)
def test_a_plugin_may_write_annotations_as_it_likes(first: Any, second: Any, third: Any) -> None:
    """As text or not, with or without the module's name."""
    kinds = [parameter.kind for parameter in parameters_of(_written(first, second, third))]
    assert kinds == ["tensor", "optional", "sequence", "value"]
