"""``Function.apply`` with arguments by keyword, and with defaults where there is a ``setup_context``."""

import pytest

import flambeau as torch


class WithContext(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor=3, shift=0):
        ctx.needed = ctx.needs_input_grad
        return x * factor + shift

    @staticmethod
    def backward(ctx, grad):
        return (grad * 2, None, None)[: len(ctx.needed)]


class Separate(torch.autograd.Function):
    seen = None

    @staticmethod
    def forward(x, factor=3):
        return x * factor

    @staticmethod
    def setup_context(ctx, inputs, output):
        Separate.seen = inputs[1:], ctx.needs_input_grad

    @staticmethod
    def backward(ctx, grad):
        return grad * 2, None


@pytest.mark.parametrize("function", [WithContext, Separate])
@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda function, x: function.apply(x), 3),
        (lambda function, x: function.apply(x=x), 3),
        (lambda function, x: function.apply(x, factor=5), 5),
        (lambda function, x: function.apply(factor=5, x=x), 5),
    ],
)
def test_keywords_take_their_places(function, call, value):
    x = torch.ones(2, requires_grad=True)
    y = call(function, x)
    y.sum().backward()
    assert y.tolist() == [value, value]
    assert x.grad.tolist() == [2, 2]


def test_setup_context_sees_defaults():
    x = torch.ones(1, requires_grad=True)
    Separate.apply(x)
    assert Separate.seen == ((3,), (True, False))
    Separate.apply(factor=2, x=x)
    assert Separate.seen == ((2,), (True, False))


def test_a_context_knows_what_was_given():
    x = torch.ones(1, requires_grad=True)
    assert WithContext.apply(x).grad_fn.needed == (True,)
    assert WithContext.apply(x, factor=2).grad_fn.needed == (True, False)


def test_gradients_by_keyword_in_a_transform():
    assert torch.func.grad(lambda x: Separate.apply(x=x).sum())(torch.ones(2)).tolist() == [2, 2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: WithContext.apply(x, other=1), r"forward\(\) got an unexpected keyword argument 'other'"),
        (lambda x: WithContext.apply(x, ctx=1), r"forward\(\) got an unexpected keyword argument 'ctx'"),
        (lambda x: WithContext.apply(x, x=x), r"forward\(\) got multiple values for argument 'x'"),
        (lambda x: WithContext.apply(x, shift=1), r"forward\(\) missing required argument: 'factor' \(position 1\)"),
        (lambda x: WithContext.apply(factor=1), r"forward\(\) missing required argument: 'x' \(position 0\)"),
        (lambda x: Separate.apply(), "missing a required argument: 'x'"),
        (lambda x: Separate.apply(x, other=1), "got an unexpected keyword argument 'other'"),
        (lambda x: Separate.apply(x, x=x), "multiple values for argument 'x'"),
        (lambda x: Separate.apply(x, 1, 2), "too many positional arguments"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(TypeError, match=message):
        call(torch.ones(1))


def test_what_only_a_keyword_can_give_is_refused():
    class OnlyByKeyword(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, *, factor=1):
            return x * factor

    with pytest.raises(TypeError, match=r"forward\(\) got an unexpected keyword argument 'factor'"):
        OnlyByKeyword.apply(torch.ones(1), factor=2)
