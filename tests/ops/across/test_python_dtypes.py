"""Python's types of numbers stand for dtypes wherever a dtype is asked for."""

import pytest

import flambeau as torch
from flambeau import nn

X = torch.tensor([1.0, 2.0])
DTYPES = {int: torch.int64, float: torch.float64, bool: torch.bool, complex: torch.complex128}

MADE = {
    "zeros": lambda d: torch.zeros(2, dtype=d),
    "zeros sparse": lambda d: torch.zeros(2, dtype=d, layout=torch.sparse_coo),
    "empty_strided": lambda d: torch.empty_strided((1,), (1,), dtype=d),
    "full": lambda d: torch.full((2,), 1, dtype=d),
    "eye": lambda d: torch.eye(2, dtype=d),
    "empty_like": lambda d: torch.empty_like(X, dtype=d),
    "zeros_like": lambda d: torch.zeros_like(X, dtype=d),
    "zeros_like sparse": lambda d: torch.zeros_like(X.to_sparse(), dtype=d),
    "tensor": lambda d: torch.tensor([1], dtype=d),
    "tensor of a tensor": lambda d: torch.asarray(X, dtype=d),
    "as_tensor": lambda d: torch.as_tensor([1], dtype=d),
    "frombuffer": lambda d: torch.frombuffer(bytearray(16), dtype=d),
    "scalar_tensor": lambda d: torch.scalar_tensor(1, dtype=d),
    "sparse_coo_tensor": lambda d: torch.sparse_coo_tensor([[0]], [1], dtype=d),
    "new_zeros": lambda d: X.new_zeros(2, dtype=d),
    "new_tensor": lambda d: X.new_tensor([1], dtype=d),
    "new_full": lambda d: X.new_full((1,), 1, dtype=d),
    "sum": lambda d: X.sum(dtype=d),
    "prod": lambda d: X.prod(0, dtype=d),
    "to": lambda d: X.to(d),
    "to a device": lambda d: X.to("cpu", d),
    "to dtype=": lambda d: X.to_sparse().to(dtype=d),
    "view": lambda d: torch.zeros(4).view(d),
}


@pytest.mark.parametrize("python", DTYPES, ids=lambda python: python.__name__)
@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_what_is_made(make, python):
    assert make(python).dtype is DTYPES[python]


COMPUTED = {
    "cumsum": lambda d: X.cumsum(0, dtype=d),
    "cumprod": lambda d: torch.cumprod(X, 0, dtype=d),
    "nansum": lambda d: X.nansum(dtype=d),
    "mean": lambda d: X.mean(dtype=d),
    "softmax": lambda d: torch.softmax(X, 0, dtype=d),
    "log_softmax": lambda d: nn.functional.log_softmax(X, 0, dtype=d),
    "sparse softmax": lambda d: torch.sparse.softmax(X.to_sparse(), 0, dtype=d),
    "norm": lambda d: torch.linalg.norm(X, dtype=d),
    "arange": lambda d: torch.arange(2, dtype=d),
    "rand": lambda d: torch.rand(2, dtype=d),
    "randperm": lambda d: torch.randperm(2, dtype=d),
    "fftfreq": lambda d: torch.fft.fftfreq(2, dtype=d),
    "Linear": lambda d: nn.Linear(1, 1, dtype=d).weight,
    "Module.to": lambda d: nn.Linear(1, 1).to(d).weight,
    "sum out": lambda d: torch.sum(X, 0, dtype=d, out=torch.empty((), dtype=torch.float64)),
    "cumsum_": lambda d: X.double().cumsum_(0, dtype=d),
    "zeros out": lambda d: torch.zeros(2, dtype=d, out=torch.empty(2, dtype=torch.float64)),
}


@pytest.mark.parametrize("compute", COMPUTED.values(), ids=COMPUTED)
def test_what_is_computed_in_float(compute):
    assert compute(float).dtype is torch.float64


def test_values_are_those_of_the_dtype():
    assert torch.tensor([1.5, -2.5]).sum(dtype=int).item() == -1
    assert torch.tensor([0.5, 0.5]).sum(dtype=bool).item() is True


def test_gradients_flow_through_the_conversion():
    x = torch.ones(2, requires_grad=True)
    x.sum(dtype=float).backward()
    assert x.grad.dtype is torch.float32
    assert x.grad.tolist() == [1, 1]


def test_types_are_asked_about():
    assert torch.promote_types(int, torch.float32) is torch.float32
    assert torch.can_cast(int, float)
    assert not torch.can_cast(float, bool)
    assert torch.iinfo(int).bits == 64
    assert torch.finfo(float).bits == 64


class Derived(int):
    """No type of Python's own."""


@pytest.mark.parametrize("wrong", [str, Derived, "int", "float32", 3, None.__class__])
@pytest.mark.parametrize("make", [MADE["zeros"], MADE["empty_like"], MADE["tensor"], MADE["sum"], MADE["frombuffer"],
                                  *list(COMPUTED.values())[:9], COMPUTED["sum out"], COMPUTED["cumsum_"]])  # fmt: skip
def test_other_types_are_refused(make, wrong):
    with pytest.raises(TypeError, match=r"dtype must be a torch.dtype, not|to\(\) received an invalid combination"):
        make(wrong)


@pytest.mark.parametrize("x", [X, X.to_sparse()])
def test_type_takes_classes_of_tensors(x):
    with pytest.raises(ValueError, match="invalid type: 'int'"):
        x.type(int)


def test_the_default_is_a_dtype_itself():
    with pytest.raises(TypeError, match="only floating-point types are supported as the default type"):
        torch.set_default_dtype(float)
