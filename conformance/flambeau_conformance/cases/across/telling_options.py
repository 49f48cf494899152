"""Options that were given before without showing: each with a value that changes what comes out."""

from __future__ import annotations

import warnings
from typing import Any

from ...programs import programs, refusals

# -- functions ---------------------------------------------------------------------------------------------------------


def _warnings(call: Any) -> int:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return len(seen)


def _drawn_twice(t: Any, draw: Any, *options: dict[str, Any]) -> list[Any]:
    """What is drawn with each of the options, from the same state of the generator."""
    found = []
    for given in options:
        t.manual_seed(5)
        found.append(draw(**given))
    return found


def _temperature(t: Any) -> Any:
    logits = t.tensor([0.0, 1.0, -0.5, 2.0])
    one, two = _drawn_twice(
        t, lambda **given: t.nn.functional.gumbel_softmax(logits, **given), {"tau": 1.0}, {"tau": 2.5}
    )
    return t.allclose(one.log().diff(), 2.5 * two.log().diff(), atol=1e-4), two.sum().round(decimals=4)


def _ratio(t: Any, draw: Any, one: dict[str, Any], two: dict[str, Any]) -> Any:
    """How many times the first numbers the second ones are, where that is the same for all."""
    first, second = _drawn_twice(t, draw, one, two)
    ratios = (second / first)[first != 0]
    return [ratios.min().round(decimals=3), ratios.max().round(decimals=3)]


def _truncated(t: Any) -> Any:
    t.manual_seed(5)
    drawn = t.nn.init.trunc_normal_(t.empty(4000), mean=5.0, std=0.25, a=4.0, b=6.0)
    return abs(drawn.mean().item() - 5) < 0.05, abs(drawn.std().item() - 0.25) < 0.05


def _bags(t: Any) -> Any:
    table = t.nn.EmbeddingBag(3, 2, mode="sum", _weight=t.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    return table(t.tensor([[0, 2]]), per_sample_weights=t.tensor([[2.0, -1.0]]))


def _sparse_bags(t: Any) -> Any:
    table = t.ones(3, 2, requires_grad=True)
    t.nn.functional.embedding_bag(t.tensor([[0, 2]]), table, mode="sum", sparse=True).sum().backward()
    return table.grad.is_sparse, table.grad.to_dense()


programs("telling-options", {
    "gumbel-tau": (_temperature, [True, 1.0]),
    "gumbel-eps": (lambda t: [_warnings(lambda given=given: t.nn.functional.gumbel_softmax(t.zeros(2), **given)) for given in ({}, {"eps": 1e-3})], [0, 1]),
    "gumbel-hard": (lambda t: t.nn.functional.gumbel_softmax(t.zeros(4), hard=True).sort().values.round(decimals=4), [0.0, 0.0, 0.0, 1.0]),
    "normalize-eps": (lambda t: t.nn.functional.normalize(t.tensor([[0.3, 0.4]]), eps=2.0), [[0.15, 0.2]]),
    "max_unpool1d-stride": (lambda t: t.nn.functional.max_unpool1d(t.tensor([[5.0, 7.0]]), t.tensor([[0, 3]]), 2, stride=3), [[5.0, 0.0, 0.0, 7.0, 0.0]]),
    "max_unpool2d-stride": (lambda t: t.nn.functional.max_unpool2d(t.tensor([[[5.0, 7.0]]]), t.tensor([[[0, 3]]]), (1, 2), stride=(1, 3)), [[[5.0, 0.0, 0.0, 7.0, 0.0]]]),
    "max_unpool3d-stride": (lambda t: t.nn.functional.max_unpool3d(t.tensor([[[[5.0, 7.0]]]]), t.tensor([[[[0, 3]]]]), (1, 1, 2), stride=(1, 1, 3)), [[[[5.0, 0.0, 0.0, 7.0, 0.0]]]]),
    "embedding_bag-sparse": (_sparse_bags, [True, [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]]),
    "embedding_bag-weights": (_bags, [[-3.0, -2.0]]),
    "kaiming_normal-nonlinearity": (lambda t: _ratio(t, lambda **given: t.nn.init.kaiming_normal_(t.empty(4, 5), **given), {}, {"nonlinearity": "linear"}), [0.7070000171661377, 0.7070000171661377]),
    "kaiming_uniform-nonlinearity": (lambda t: _ratio(t, lambda **given: t.nn.init.kaiming_uniform_(t.empty(4, 5), **given), {}, {"nonlinearity": "linear"}), [0.7070000171661377, 0.7070000171661377]),
    "sparse-std": (lambda t: _ratio(t, lambda **given: t.nn.init.sparse_(t.empty(4, 5), 0.25, **given), {}, {"std": 0.5}), [50.0, 50.0]),
    "trunc_normal": (_truncated, [True, True]),
}, dtypes=("float32", "int64"))  # fmt: skip

# -- modules and optimizers --------------------------------------------------------------------------------------------


def _not_seen(t: Any) -> Any:
    part = t.nn.ReLU()
    model = t.nn.Sequential(part, t.nn.Tanh())
    seen = {part}
    return [name for name, _ in model.named_modules(memo=seen)], len(seen)


def _emptied(t: Any) -> Any:
    model = t.nn.Sequential(t.nn.Linear(1, 1))
    weight = model[0].weight
    memory = weight.detach()
    model.to_empty(device=weight.device, recurse=False)
    return model[0].weight is weight, weight.data_ptr() == memory.data_ptr()


def _spectral(t: Any) -> Any:
    layer = t.nn.utils.spectral_norm(t.nn.Linear(2, 3), eps=1000.0)
    layer(t.ones(1, 2))
    return bool((layer.weight_u.abs() < 0.1).all())


def _with_grad(t: Any, value: float) -> Any:
    x = t.ones(1, requires_grad=True)
    x.grad = t.tensor([value])
    return x


def _chained(t: Any) -> Any:
    one, two = (t.optim.SGD([_with_grad(t, 1.0)], 0.1) for _ in range(2))
    return t.optim.lr_scheduler.ChainedScheduler([t.optim.lr_scheduler.ConstantLR(one)], optimizer=two)


programs("telling-options", {
    "named_modules-memo": (_not_seen, [["", "1"], 3]),
    "to_empty-recurse": (_emptied, [True, True]),
    "spectral_norm-eps": (_spectral, True),
})  # fmt: skip

refusals("telling-options", {
    "clip_grad_norm_-not-finite": (lambda t: t.nn.utils.clip_grad_norm_(_with_grad(t, float("inf")), 1.0, error_if_nonfinite=True), RuntimeError, "is non-finite"),
    "clip_grad_norm-not-finite": (lambda t: t.nn.utils.clip_grad_norm(_with_grad(t, float("nan")), 1.0, error_if_nonfinite=True), RuntimeError, "is non-finite"),
    "chained-optimizer": (_chained, ValueError, "expects all schedulers to belong to the same optimizer"),
})  # fmt: skip

# -- derivatives -------------------------------------------------------------------------------------------------------


def _leaf(t: Any) -> Any:
    return t.tensor([1.0, 2.0], requires_grad=True)


def _redrawn(t: Any, **options: Any) -> Any:
    """Whether the pass backward sees the numbers that the pass forward has drawn."""
    x = t.ones(50, requires_grad=True)
    y = t.utils.checkpoint.checkpoint(lambda z: z * t.rand(50), x, use_reentrant=False, **options)
    y.sum().backward()
    return t.equal(x.grad, y.detach())


def _in_parts(t: Any, **options: Any) -> int:
    parts = [t.sin, t.cos]
    return _warnings(lambda: t.utils.checkpoint.checkpoint_sequential(parts, 2, _leaf(t), **options))


def _context(t: Any) -> Any:
    return t.no_grad(), t.no_grad()


programs("telling-options", {
    "checkpoint-states": (lambda t: [_redrawn(t), _redrawn(t, preserve_rng_state=False)], [True, False]),
    "checkpoint_sequential-way": (lambda t: [_in_parts(t, use_reentrant=False), _in_parts(t) > 0], [0, True]),
    "jvp-strict": (lambda t: t.func.jvp(lambda x: x * x, (t.tensor([1.0, 2.0]),), (t.tensor([1.0, 3.0]),), strict=True), [[1.0, 4.0], [2.0, 12.0]]),
})  # fmt: skip

refusals("telling-options", {
    "jvp-strict": (lambda t: t.func.jvp(lambda x: t.ones(2), (t.ones(2),), (t.ones(2),), strict=True), RuntimeError, "is independent of"),
    "checkpoint-debug": (lambda t: t.utils.checkpoint.checkpoint(t.sin, _leaf(t), use_reentrant=False, debug=True, context_fn=lambda: _context(t)), ValueError, "debug=True is incompatible with non-default context_fn"),
    "vmap-chunks": (lambda t: t.vmap(t.sin, chunk_size=0), ValueError, "chunk_size should be None or greater than 0. (got 0)"),
    "jacrev-chunks": (lambda t: t.func.jacrev(t.sin, chunk_size=0), ValueError, "should be greater than 0."),
})  # fmt: skip

# -- distributions --------------------------------------------------------------------------------------


def _own(t: Any) -> Any:
    class Own(t.distributions.Distribution):  # type: ignore[misc]
        """A distribution that says how large a sample shall be."""

        def rsample(self, sample_shape: Any = ()) -> Any:
            return t.ones(sample_shape)

    return Own(validate_args=False).sample((2,))


programs("telling-options", {
    "binomial-support": (lambda t: t.distributions.Binomial(2, t.tensor([0.25, 0.5])).enumerate_support(expand=False), [[0.0], [1.0], [2.0]]),
    "one-hot-support": (lambda t: t.distributions.OneHotCategorical(t.ones(3, 2)).enumerate_support(expand=False), [[[1.0, 0.0]], [[0.0, 1.0]]]),
    "independent-support": (lambda t: t.distributions.Independent(t.distributions.Bernoulli(t.tensor([0.25, 0.5])), 0).enumerate_support(expand=False), [[0.0], [1.0]]),
    "own-sample": (_own, [1.0, 1.0]),
})  # fmt: skip
