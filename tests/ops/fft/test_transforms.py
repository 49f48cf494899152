"""Fourier transforms compared with PyTorch: values, errors, gradients in its convention."""

from __future__ import annotations

import itertools
import re
import warnings
from typing import Any

import pytest
from tests.support.complex_gradients import assert_same_complex_gradients

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

_NAMES = """
x = M.tensor([1 + 2j, 3 - 4j, -0.5 + 0.25j]); z = M.tensor([[1 + 1j, 2.0], [0.5j, -1]])
r = M.tensor([1.0, -2.0, 0.0, 3.0]); F = M.fft
"""

EXPRESSIONS = """
F.fft(r)
F.fft(x, n=5)
F.fft(x, n=2, norm="ortho")
F.fft(z, dim=0, norm="forward")
F.fft(M.tensor([1, 2, 3]))
F.fft(r, n=0)
F.fft(r, dim=3)
F.fft(r, norm="no")
F.ifft(x), F.ifft(x, norm="forward")
F.rfft(r), F.rfft(r, n=3), F.rfft(r, norm="ortho")
F.rfft(x)
F.irfft(x), F.irfft(x, n=5), F.irfft(x, n=3, norm="ortho")
F.hfft(x), F.hfft(x, n=5), F.ihfft(r), F.ihfft(r, n=3, norm="forward")
F.fft2(z), F.ifft2(z), F.rfft2(z.real), F.irfft2(z), F.irfft2(z, s=(3, 3))
F.fftn(z), F.fftn(z, s=(3,), dim=(0,)), F.ifftn(z, norm="ortho"), F.rfftn(z.real), F.irfftn(z)
F.fftn(z, dim=(0, 0))
F.fftn(z, s=(2, 2), dim=(0,))
F.fftfreq(5), F.fftfreq(4, 0.5), F.rfftfreq(5), F.rfftfreq(4, d=2)
F.fftshift(r), F.ifftshift(r), F.fftshift(z, dim=1), F.ifftshift(M.arange(5))
F.fft(r, out=M.empty(4, dtype=M.complex64))
""".strip().splitlines()


def _outcome(module: Any, expression: str) -> str:
    names: dict[str, Any] = {"M": module}
    exec(_NAMES, names)
    with warnings.catch_warnings(action="ignore"):
        try:
            text = repr(eval(expression, names)).replace("\\n", "\n").replace("\n", "").replace(" ", "")
        except Exception as error:
            return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")
    return re.sub(r"[-+](0\.0*j?)(?![0-9])", r"+\1", text).replace("[+", "[").replace(",+", ",").replace("(+", "(")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert _outcome(flambeau, expression) == _outcome(torch, expression)


GRADIENTS = """
M.fft.fft(z)
M.fft.ifft(r, norm="ortho")
M.fft.rfft(r)
M.fft.rfft(r, n=3)
M.fft.irfft(z)
M.fft.irfft(z, n=3)
M.fft.hfft(z)
M.fft.ihfft(r)
M.fft.fft2(z)
M.fft.rfft2(r)
M.fft.irfft2(z)
M.fft.fftn(z, s=(3, 3), norm="forward")
M.fft.fft(z,n=5)
M.fft.fft(z,n=1,dim=0)
M.fft.fft(r)
M.fft.ifft(z,norm='forward')
M.fft.rfft(r,n=1)
M.fft.rfft(r,n=5)
M.fft.rfft(r,norm='ortho')
M.fft.irfft(z,n=1)
M.fft.irfft(z,n=2)
M.fft.irfft(z,n=4)
M.fft.irfft(r)
M.fft.irfft(z,norm='ortho',dim=0)
M.fft.hfft(z,n=3)
M.fft.hfft(z,n=1)
M.fft.hfft(z,norm='forward')
M.fft.ihfft(r,n=3)
M.fft.fftn(z,dim=(0,))
M.fft.ifftn(r,norm='ortho')
M.fft.rfftn(r,s=(3,4))
M.fft.irfftn(z,s=(3,4))
M.fft.fftshift(z)
M.fft.ifft2(z,s=(3,1))
""".strip().splitlines()


@pytest.mark.parametrize("expression", GRADIENTS)
def test_gradients_as_pytorch(expression: str) -> None:
    assert_same_complex_gradients(flambeau, torch, expression)


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "fftn", "ifftn", "rfftn", "irfftn"])
def test_results_lie_in_memory_as_those_of_pytorch(name: str) -> None:
    for shape, order in itertools.product([(2, 3, 4), (2, 2, 3)], itertools.permutations(range(3))):
        for dim in (0, 1, 2) if name.endswith("fft") else ((0, 1), (2, 0), (1, 2), None):
            found, expected = [
                getattr(t.fft, name)(
                    t.ones([shape[d] for d in order]).permute([order.index(d) for d in range(3)]), dim=dim
                )
                for t in (flambeau, torch)
            ]
            assert found.stride() == expected.stride(), (shape, order, dim)
