"""The mode that finds the operation behind an error."""

from __future__ import annotations

import warnings

import pytest

import flambeau
from flambeau.autograd import detect_anomaly, set_detect_anomaly


def negative() -> flambeau.Tensor:
    return flambeau.tensor([-1.0, 2.0], requires_grad=True)


def test_nan_is_an_error_that_names_the_node_and_the_line() -> None:
    x = negative()
    with set_detect_anomaly(True):
        y = x.sqrt().sum()  # the line that the warning shows
        with (
            pytest.warns(UserWarning, match=r"(?s)Error detected in SqrtBackward0.*the line that the warning shows"),
            pytest.raises(RuntimeError, match=r"Function 'SqrtBackward0' returned nan values in its 0th output\."),
        ):
            y.backward()


def test_nan_is_let_through_on_request() -> None:
    x = negative()
    with set_detect_anomaly(True, check_nan=False):
        x.sqrt().sum().backward()
    assert x.grad is not None
    assert x.grad.tolist()[0] != x.grad.tolist()[0]


def test_a_changed_tensor_is_traced_to_the_operation_that_saved_it() -> None:
    x = negative()
    with set_detect_anomaly(True):
        y = x.exp()
        z = y * 2
        y.add_(1)
        with (
            pytest.warns(UserWarning, match="Error detected in ExpBackward0"),
            pytest.raises(RuntimeError, match="modified by an inplace operation"),
        ):
            z.sum().backward()


def test_what_was_recorded_before_has_no_traceback() -> None:
    y = negative().sqrt().sum()
    with (
        set_detect_anomaly(True),
        pytest.warns(UserWarning, match="No forward pass information available"),
        pytest.raises(RuntimeError, match="nan"),
    ):
        y.backward()


def test_the_mode_ends_and_gradient_modes_stay_as_they_are() -> None:
    with warnings.catch_warnings(action="ignore"), detect_anomaly():
        assert flambeau.is_anomaly_enabled()
        with flambeau.no_grad():
            assert not flambeau.is_grad_enabled()
            with flambeau.enable_grad():
                assert (negative() * 2).requires_grad
            assert not (negative() * 2).requires_grad
        assert flambeau.is_grad_enabled()
    assert not flambeau.is_anomaly_enabled()
    assert flambeau.is_grad_enabled() is True


def test_it_announces_itself() -> None:
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        detect_anomaly()


def test_second_derivatives_are_watched_too() -> None:
    x = flambeau.tensor([0.0], requires_grad=True)
    with set_detect_anomaly(True):
        (first,) = flambeau.autograd.grad((x**1.5).sum(), x, create_graph=True)
        with pytest.warns(UserWarning, match="Traceback of forward call"), pytest.raises(RuntimeError):
            (first * x.sqrt()).sum().backward()


def test_a_pass_without_errors_gives_the_same_gradients() -> None:
    x = flambeau.tensor([1.0, 2.0], requires_grad=True)
    with set_detect_anomaly(True):
        (x.sqrt() * x).sum().backward()
    assert x.grad is not None
    assert [round(value, 4) for value in x.grad.tolist()] == [1.5, 2.1213]
