"""Factories, conversions and what a tensor tells of itself, expression by expression against PyTorch."""

from __future__ import annotations

import copy
import enum
import warnings
from typing import Any

import numpy as np
import pytest

import flambeau

# One expression a line, with `t` for the module. What is compared is the text of the result, or the class of the error.
EXPRESSIONS = """
t.linspace(0,10,4,dtype=t.int32)
t.linspace(-7,5,6,dtype=t.int64)
t.linspace(0,1,3,dtype=t.bool)
t.linspace(t.tensor([0.]),1,3)
t.linspace(t.tensor(0.),t.tensor(3.),4)
t.linspace(0,1,0)
t.linspace(3,1,1)
t.linspace(0,1,-1)
t.linspace(0,1,2.5)
t.linspace(0,1,5,dtype=t.float64)
t.linspace(0,1,11)
t.logspace(0,2,3)
t.linspace(-3.7,11.3,101)
t.linspace(-3.7,11.3,101,dtype=t.float64)
t.linspace(-3.7,11.3,101,dtype=t.float16)
t.linspace(-3.7,11.3,101,dtype=t.bfloat16)
t.linspace(0,1j,3)
t.linspace(0,1j,3,dtype=t.float32)
t.linspace(-1,5,4,dtype=t.uint8)
t.linspace(-0.5,5,4,dtype=t.uint8)
t.linspace(0,300,4,dtype=t.int8)
t.linspace(-1.5,3,0,dtype=t.uint8)
t.linspace(0,3,1,dtype=t.bool)
t.logspace(1.4337,9,1,dtype=t.int8)
t.logspace(4.68,9,1)
t.logspace(10,0,1,dtype=t.int32)
t.logspace(0,3,2,dtype=t.bool)
t.arange(0,5,0.5,dtype=t.int32)
t.arange(0,5,0.5,dtype=t.int64)
t.arange(0,-5,0.5,dtype=t.int64)
t.arange(-3,-1,0.5,dtype=t.uint8)
t.arange(250,258,dtype=t.uint8)
t.arange(3,3,0.5,dtype=t.int32)
t.arange(0,3,dtype=t.complex64)
t.arange(t.tensor([3]))
t.arange(1+0j)
t.arange(1j)
t.full((1,),-1.5,dtype=t.uint8)
t.full((1,),-0.5,dtype=t.uint8)
t.full((1,),-1,dtype=t.uint8)
t.full((1,),255.5,dtype=t.uint8)
t.full((1,),127.5,dtype=t.int8)
t.tensor([-0.5],dtype=t.uint8)
t.tensor([127.5],dtype=t.int8)
t.tensor([2.5,-3.5],dtype=t.int8)
t.tensor([2147483647.5],dtype=t.int32)
t.zeros(1,dtype=t.uint8).fill_(-1.0)
t.zeros(1,dtype=t.int8).fill_(-128.5)
t.nn.functional.pad(t.zeros(1,dtype=t.uint8),(1,1),value=-1.5)
t.nn.functional.pad(t.zeros(1,dtype=t.uint8),(1,1),value=300)
t.where(t.tensor([True]),300,t.zeros(1,dtype=t.uint8))
t.where(t.tensor([True]),-255,t.zeros(1,dtype=t.int8))
t.scalar_tensor(3)
t.scalar_tensor(3,requires_grad=True)
t.scalar_tensor("3")
t.finfo(None)
t.iinfo(3)
setattr(t.finfo(t.float32),"max",1.0)
t.logspace(0,3,4,base=2)
t.logspace(0,3,4,base=2,dtype=t.int32)
t.range(1,4)
t.range(1,2,0.5)
t.arange(0,1,0.1,dtype=t.int32)
t.arange(5,dtype=t.bool)
t.arange(float('nan'))
t.arange(float('inf'))
t.arange(1,0)
t.arange(0,5,0)
t.arange(t.tensor(3),t.tensor(6.))
t.arange("3")
t.arange()
t.arange(5,0,-2)
t.arange(0.5)
t.arange(1,2.5,0.5)
t.arange(3,dtype=t.float16)
t.eye(-1)
t.eye(2,dtype=t.bool)
t.eye(2.5)
t.eye(0,3)
t.frombuffer(bytearray(8),dtype=t.int32)
t.frombuffer(b'12345678',dtype=t.int32)
t.frombuffer(bytearray(7),dtype=t.int32)
t.frombuffer(bytearray(0),dtype=t.int32)
t.frombuffer(bytearray(8),dtype=t.int32,count=5)
t.frombuffer(bytearray(8),dtype=t.int32,offset=9)
t.frombuffer(bytearray(8),dtype=t.int32,offset=2,count=1)
t.frombuffer(3,dtype=t.int32)
t.frombuffer(bytearray(8),dtype=t.int32,count=0)
t.frombuffer(bytearray(8))
t.asarray([1,2])
t.asarray(np.zeros(3))
t.asarray(np.zeros(3),copy=True)
t.asarray(np.zeros(3),dtype=t.float32,copy=False)
t.asarray([1.],copy=False)
t.asarray(bytearray(4),dtype=t.uint8)
t.asarray(t.ones(2,requires_grad=True))
t.asarray(t.ones(2,requires_grad=True),requires_grad=False)
t.asarray(3)
t.asarray(np.float64(2))
t.as_tensor(np.float64(2))
t.tensor(np.float64(2))
t.tensor(np.float32(2))
t.tensor([np.float64(2)])
t.tensor([np.float32(2)])
t.tensor([np.int32(2)])
t.tensor([np.float32(2),1.0])
t.tensor([np.int8(2),1])
t.tensor([np.zeros(2),np.ones(2)])
t.tensor([np.zeros(2,'f4'),np.ones(2,'f4')])
t.tensor(np.zeros(2,dtype=[('a','i4')]))
t.tensor(np.zeros(2,'>f4'))
t.tensor(np.arange(3)[::-1])
t.tensor(np.zeros(2,'U3'))
t.tensor(np.zeros(2,'M8[s]'))
t.as_tensor(np.zeros(2,'>f4'))
t.from_numpy(np.zeros(2,'>f4'))
t.from_numpy(np.array([None]))
t.from_numpy([1])
t.tensor(None)
t.tensor([None])
t.tensor("abc")
t.tensor(["a"])
t.tensor([1,[2]])
t.tensor([1.0,[2]])
t.tensor([[1],[2,3]])
t.tensor([[1],2])
t.tensor({})
t.tensor([1,2.5,True])
t.tensor([1,2j])
t.tensor([[]])
t.tensor([[],[]])
t.tensor(())
t.tensor([t.tensor(1),t.tensor(2.)])
t.tensor(2**63)
t.tensor(2**64)
t.tensor(-2**63)
t.tensor(300,dtype=t.uint8)
t.tensor([-1],dtype=t.uint8)
t.tensor([-255],dtype=t.uint8)
t.tensor([-256],dtype=t.uint8)
t.tensor(1.5,dtype=t.int32)
t.tensor(float('nan'),dtype=t.int32)
t.tensor(float('inf'),dtype=t.int64)
t.tensor(1e30,dtype=t.int64)
t.tensor(1j,dtype=t.float32)
t.tensor(1e40)
t.tensor(7e4,dtype=t.float16)
t.tensor(65520.,dtype=t.float16)
t.tensor(65519.,dtype=t.float16)
t.tensor(-1e9,dtype=t.float16)
t.tensor([3.4028235e38,3.4028236e38,1e39])
t.tensor(t.ones(2))
t.tensor([1,2],dtype=t.float32,requires_grad=True)
t.tensor([1,2],requires_grad=True)
t.tensor(range(3))
t.tensor(b'ab')
t.tensor(bytearray(b'ab'))
t.tensor(array.array('i',[1,2]))
t.tensor(iter([1]))
t.tensor({1,2})
t.tensor([True,1])
t.tensor([True,False])
t.tensor(True)
t.tensor([1.5],dtype=t.bool)
t.tensor([float('nan')],dtype=t.bool)
t.tensor(5, dtype="float32")
t.full((1,),10**10,dtype=t.int32)
t.full((1,),1e40,dtype=t.float32)
t.full((1,),1e40)
t.full((1,),float('inf'))
t.full((1,),-1,dtype=t.uint8)
t.full((1,),1e40,dtype=t.float16)
t.full((2,),True)
t.full((2,),1+2j)
t.full((2,),2.5,dtype=t.int32)
t.full((2,),float('nan'),dtype=t.int32)
t.full([2,1],t.tensor(3))
t.zeros(1,dtype=t.uint8).fill_(2**40)
t.zeros(1).fill_(1e40)
t.zeros(2).fill_(t.ones(2))
t.zeros(2,-1)
t.ones(2,-1)
t.empty(-1)
t.full((-2,),1)
t.zeros(2.5)
t.zeros("a")
t.zeros((2,),(3,))
t.zeros(2,dtype="int")
t.empty(2,memory_format=t.channels_last)
t.empty(2,memory_format=t.preserve_format)
t.empty(2,3,4,5,memory_format=t.channels_last).stride()
t.empty_strided((2,3),(1,2)).stride()
t.empty_strided((2,3),(1,)).stride()
t.empty_strided((2,3),(-1,1)).stride()
t.zeros_like(t.ones(3,2).t()).stride()
t.zeros_like(t.ones(4,3,2)[:,::2].permute(2,0,1)).stride()
t.zeros_like(t.ones(3,1).expand(3,4)).stride()
t.zeros_like(t.ones(1,3).expand(4,3)).stride()
t.zeros_like(t.ones(1,3,2).expand(4,3,2)).stride()
t.zeros_like(t.ones(2,3,4).transpose(0,2),memory_format=t.contiguous_format).stride()
t.zeros_like([1])
t.ones_like(t.zeros(2),dtype=t.int8)
t.full_like(t.zeros(2,dtype=t.int32),2.7)
t.full_like(t.zeros(2),1e40)
t.empty(2,out=t.empty(0)).shape
t.zeros(2,out=t.empty(0))
t.ones(3,out=t.empty(3,dtype=t.int32))
t.finfo(t.float16)
t.finfo(t.bfloat16)
t.finfo()
t.finfo(t.complex64)
t.finfo(t.float64).tiny
t.finfo(t.int32)
t.finfo("float32")
t.iinfo(t.uint8)
t.iinfo(t.int64)
t.iinfo(t.bool)
t.iinfo(t.float32)
t.iinfo()
t.finfo(t.float32)==t.finfo(t.float32)
t.FloatTensor([1,2])
t.LongTensor(2).shape
isinstance(t.ones(2), t.FloatTensor)
t.ones(2).type(t.LongTensor)
t.ones(2).type('torch.IntTensor')
t.ones(2).type('foo')
t.ones(2).type(3)
t.ones(2).type()
t.ones(2).type(t.float64)
t.ones(2).to(t.float32,t.int32)
t.ones(2).to("cpu",t.int32,False,True)
t.ones(2).to(None)
t.ones(2).to()
t.ones(2).to(t.ones(1,dtype=t.int8),True)
t.ones(2).to(device=None,dtype=t.int8)
t.ones(2).to(foo=3)
t.ones(2).to(t.int8,memory_format=t.contiguous_format)
t.ones(2).float(memory_format=t.preserve_format)
t.ones(2).double(1)
t.is_tensor(3)
t.numel(3)
t.is_nonzero(t.ones(2))
t.is_nonzero(t.tensor([]))
t.get_device(t.ones(1))
t.arange(6).resize_(2,2)
t.arange(6.).reshape(2,3).t().resize_(2)
t.arange(2).resize_(4).shape
t.ones(2,requires_grad=True).resize_(3)
t.ones(2).resize_(-1)
t.ones(2).new([1,2])
t.ones(2).new(2,3).shape
t.ones(2).new_tensor([1,2])
t.ones(2).new_full((2,),3)
t.ones(2).new_zeros(2,3,dtype=t.int32)
t.ones(2).new_ones((2,))
t.ones(2).new_empty((2,3)).shape
t.ones(2).apply_(lambda v: v+1)
t.ones(2).map_(t.tensor([3.,4.]),lambda a,b:a+b)
t.ones(2,requires_grad=True).apply_(lambda v: v+1)
t.ones(2).is_pinned()
t.ones(2).__cuda_array_interface__
t.arange(6.).reshape(2,3)[1].untyped_storage().nbytes()
t.arange(3.)[1:].storage()
t.arange(2,dtype=t.uint8).untyped_storage()
t.ones(2).set_(t.zeros(3))
t.ones(2).set_(t.zeros(3,dtype=t.int32))
t.ones(2).set_()
t.scalar_tensor(3)
t.scalar_tensor(3,dtype=t.int8)
t.tensor([1.5,2.25],dtype=t.bfloat16).tolist()
t.tensor(1/3,dtype=t.bfloat16).item()
t.promote_types(t.float16,t.bfloat16)
t.promote_types(t.bfloat16,t.complex64)
t.tensor([1.5],dtype=t.bfloat16)+1
t.tensor([1.5],dtype=t.bfloat16).type()
t.tensor([3.2e38, 3.4e38],dtype=t.bfloat16)
t.from_dlpack(np.arange(3))
t.from_dlpack(t.arange(3))
np.asarray(t.arange(3))
np.asarray(t.ones(2,requires_grad=True))
np.from_dlpack(t.arange(3))
np.from_dlpack(t.ones(2,requires_grad=True))
t.from_dlpack(t.to_dlpack(t.arange(3)))
t.from_dlpack(t.utils.dlpack.to_dlpack(t.ones(3,4)[:,1:]))
t.from_dlpack(t.to_dlpack(t.ones(2,requires_grad=True)))
t.to_dlpack([1.0])
t.from_dlpack(3)
t.from_dlpack(t.to_dlpack(t.ones(2)),copy=True)
list(t.utils.dlpack.DLDeviceType)
t.empty(0).type(t.BoolTensor)
""".strip().splitlines()


def outcome(module: Any, expression: str) -> str:
    """The text of the result, or the class of the error."""
    import array

    with warnings.catch_warnings(action="ignore"):
        try:
            return repr(eval(expression, {"t": module, "np": np, "array": array}))
        except Exception as error:
            return type(error).__name__


@pytest.mark.oracle
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_give_what_pytorch_gives(expression: str) -> None:
    torch = pytest.importorskip("torch")
    assert outcome(flambeau, expression) == outcome(torch, expression)


WARNINGS = ("t.tensor(t.ones(2))", "t.range(1, 3)")


@pytest.mark.oracle
@pytest.mark.parametrize("expression", WARNINGS)
def test_warnings_begin_as_pytorchs_do(expression: str) -> None:
    torch = pytest.importorskip("torch")

    def warned(module: Any) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            eval(expression, {"t": module, "np": np})
        return [str(warning.message)[:60] for warning in caught]

    assert warned(flambeau) == warned(torch) != []


# -- memory ----------------------------------------------------------------------------------------------------------


def test_asarray_and_frombuffer_share_memory() -> None:
    array = np.zeros(3, "float32")
    memory = bytearray(8)
    shared, viewed = flambeau.asarray(array), flambeau.frombuffer(memory, dtype=flambeau.int32)
    shared[0], viewed[1] = 5.0, 1
    assert array[0] == 5
    assert memory[4] == 1
    flambeau.asarray(array, copy=True)[1] = 7
    assert array[1] == 0


def test_dlpack_shares_memory_in_both_directions() -> None:
    array = np.arange(4.0)
    tensor = flambeau.from_dlpack(array)
    tensor[0] = 9
    assert array[0] == 9
    back = np.from_dlpack(tensor)
    assert np.shares_memory(back, array)


def test_dlpack_refuses_devices_that_no_backend_serves() -> None:
    class Elsewhere:
        def __dlpack_device__(self) -> tuple[int, int]:
            return 8, 0

        def __dlpack__(self) -> None:
            raise AssertionError

    with pytest.raises(RuntimeError, match="type 8"):
        flambeau.from_dlpack(Elsewhere())


def test_a_copied_tensor_shares_memory_and_is_a_leaf() -> None:
    original = flambeau.ones(2, requires_grad=True)
    made = copy.copy(original * 2)
    assert made.is_leaf
    assert made.requires_grad
    shared = copy.copy(original.detach())
    shared[0] = 5
    assert original.tolist() == [5, 1]


def test_numpy_functions_give_tensors() -> None:
    result = np.sin(flambeau.zeros(2))
    assert isinstance(result, flambeau.Tensor)
    assert result.tolist() == [0, 0]
    assert (np.greater(flambeau.ones(2), 0)).dtype is flambeau.bool


def test_storages_say_whether_memory_is_shared() -> None:
    base = flambeau.arange(6.0).reshape(2, 3)
    row, other = base[1], base.clone()
    assert row.untyped_storage() == base.untyped_storage() != other.untyped_storage()
    assert row.untyped_storage().data_ptr() == base.data_ptr()
    assert row.untyped_storage().nbytes() == 24
    assert flambeau.is_storage(row.untyped_storage())
    assert base.is_set_to(base.detach())
    assert not base.is_set_to(base.t())
    assert hash(row.untyped_storage()) == hash(base.untyped_storage())


def test_typed_storages_are_elements() -> None:
    with warnings.catch_warnings(action="ignore"):
        storage = flambeau.tensor([1.5, 2.5])[1:].storage()
    assert (len(storage), storage[1], list(storage), storage.dtype) == (2, 2.5, [1.5, 2.5], flambeau.float32)


def test_a_failed_resize_leaves_the_tensor() -> None:
    x = flambeau.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="cannot resize"):
        x.resize_(3)
    assert x.shape == (2,)


# -- bfloat16 --------------------------------------------------------------------------------------------------------


@pytest.mark.oracle
def test_bfloat16_is_rounded_as_pytorch_rounds() -> None:
    torch = pytest.importorskip("torch")
    values = [
        1 / 3,
        1e-40,
        -2.5,
        65504.7,
        3.3895e38,
        3.4e38,
        0.0,
        -0.0,
        float("inf"),
        float("nan"),
        257.0,
        258.0,
        259.0,
    ]
    ours, theirs = (module.tensor(values, dtype=module.bfloat16) for module in (flambeau, torch))
    assert repr(ours) == repr(theirs)
    assert repr((ours * ours).float()) == repr((theirs * theirs).float())
    assert ours.float().tolist()[:9] == theirs.float().tolist()[:9]


def test_bfloat16_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from flambeau_numpy.backend import NumpyBackend

    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(ImportError, match=r"pip install 'flambeau\[bfloat16\]'"):
        NumpyBackend().load_dtype("bfloat16")
    with pytest.raises(NotImplementedError, match="bfloat16"):
        flambeau.zeros(1, dtype=flambeau.bfloat16, device="minimal")


# -- typed tensor classes --------------------------------------------------------------------------------------------


def test_typed_classes_construct_and_are_tested_for() -> None:
    x = flambeau.IntTensor([1, 2])
    assert isinstance(x, flambeau.IntTensor)
    assert not isinstance(x, flambeau.LongTensor)
    assert repr(flambeau.IntTensor) == "<class 'torch.IntTensor'>"


def test_the_default_tensor_type_sets_the_default_dtype() -> None:
    try:
        flambeau.set_default_tensor_type(flambeau.DoubleTensor)
        assert flambeau.zeros(1).dtype is flambeau.float64
    finally:
        flambeau.set_default_tensor_type("torch.FloatTensor")
    with pytest.raises(TypeError, match="floating-point"):
        flambeau.set_default_tensor_type(flambeau.LongTensor)


def test_data_of_many_kinds_is_refused_before_anything_is_made() -> None:
    for data, error, words in (
        (np.array([object()]), TypeError, "object_"),
        (np.zeros(2, [("a", "i4")]), TypeError, "void"),
        ([[1], [2, 3]], ValueError, "at dim 1"),
        ({"a": 1}, RuntimeError, "dict"),
    ):
        with pytest.raises(error, match=words):
            flambeau.tensor(data)


def test_large_lists_and_mixed_scalars_keep_their_dtype() -> None:
    assert flambeau.tensor([np.float32(1), np.float64(2)]).dtype is flambeau.float64
    assert flambeau.tensor([flambeau.tensor(1), flambeau.tensor(2.5)]).tolist() == [1, 2.5]
    assert flambeau.tensor([[1.5] * 1000] * 100).shape == (100, 1000)


class _Named(enum.IntEnum):
    """Numbers with names."""

    ONE = 1
    TWO = 2


class _Length(float):
    """Numbers of a class of their own."""


@pytest.mark.parametrize(
    ("data", "dtype", "values"),
    [
        (_Named.TWO, flambeau.int64, 2),
        ([_Named.ONE, 5], flambeau.int64, [1, 5]),
        ([[_Named.ONE], [_Named.TWO]], flambeau.int64, [[1], [2]]),
        ([True, _Named.TWO], flambeau.int64, [1, 2]),
        (_Length(1.5), flambeau.float32, 1.5),
        ([_Length(1.5), _Named.TWO], flambeau.float32, [1.5, 2.0]),
    ],
)
def test_numbers_of_subclasses_are_numbers(data: Any, dtype: Any, values: Any) -> None:
    for made in (flambeau.tensor(data), flambeau.as_tensor(data), flambeau.zeros(1, dtype=dtype).new_tensor(data)):
        assert (made.dtype, made.tolist()) == (dtype, values)
    if isinstance(data, list):
        assert flambeau.Tensor(data).tolist() == values
    assert flambeau.tensor(data, dtype=flambeau.float16).tolist() == values
    assert flambeau.tensor(data, dtype=flambeau.complex64).tolist() == values
