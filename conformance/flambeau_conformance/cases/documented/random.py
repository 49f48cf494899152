"""Documented behaviours of random numbers and the state they come from."""

import multiprocessing
import random
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...documented import gives, prints, refuses
from ...subject import CPU_STREAM, Subject

_INTS = ("int64",)
_STREAM = (CPU_STREAM,)


def _seeded(t: Any, call: Callable[[Any], Any]) -> Any:
    t.manual_seed(42)
    return call(t)


def _generator(t: Any, seed: int = 42) -> Any:
    """A generator of the device on trial."""
    return t.Generator(device=t.zeros(1).device).manual_seed(seed)


def _twice(t: Any, draw: Callable[[Any], Any]) -> tuple[bool, bool]:
    """Whether the same seed repeats the numbers, and the next draw does not."""
    one, other = _generator(t), _generator(t)
    first, repeated, following = draw(one), draw(other), draw(one)
    return bool((first == repeated).all()), bool((first == following).all())


def _drawn_twice(draw: Callable[[Any, Any], Any], t: Any) -> tuple[bool, bool]:
    return _twice(t, lambda generator: draw(t, generator))


def _with_generator(call: Callable[[Any, Any], Any], t: Any) -> Any:
    return call(t, t.Generator())


# -- numbers of seed 42 ---------------------------------------------------------------

gives("rand", "seed-42", lambda t: _seeded(t, lambda t: (t.rand(2), t.rand(2))), [[0.8823, 0.9150], [0.3829, 0.9593]],
      extensions=_STREAM)  # fmt: skip
gives("rand", "generator", lambda t: t.rand(2, generator=_generator(t)), [0.8823, 0.9150], extensions=_STREAM)
gives("rand#no_size", "zero-dim", lambda t: t.rand().shape, [])
gives("randn", "seed-42", lambda t: _seeded(t, lambda t: t.randn(2, 4)),
      [[0.3367, 0.1288, 0.2345, 0.2303], [-1.1229, -0.1863, 2.2082, -0.6380]], extensions=_STREAM)  # fmt: skip
gives("randint", "seed-42", lambda t: _seeded(t, lambda t: t.randint(0, 10, (3,))), [2, 7, 6], dtypes=_INTS,
      extensions=_STREAM)  # fmt: skip
gives("randperm#seed42_values", "seed-42", lambda t: _seeded(t, lambda t: (t.randperm(10), t.randperm(10))),
      [[2, 6, 1, 8, 4, 5, 0, 9, 3, 7], [3, 5, 8, 9, 4, 6, 1, 0, 7, 2]], dtypes=_INTS, extensions=_STREAM)  # fmt: skip
gives("bernoulli", "seed-42", lambda t: _seeded(t, lambda t: t.bernoulli(t.full((3,), 0.5))), [0.0, 0.0, 1.0],
      extensions=_STREAM)  # fmt: skip
refuses("bernoulli", "range", lambda t: t.bernoulli(t.tensor([1.5])), RuntimeError)


@case("generator/documented/cpu_stream/-", dtypes=("float32",), anchors=("generator#cpu_stream",), extensions=_STREAM)
def _cpu_stream(subject: Subject) -> None:
    t = subject.torch
    twister = random.Random()
    key, word = [42], 42
    for place in range(1, 624):
        word = (1812433253 * (word ^ word >> 30) + place) & 0xFFFFFFFF
        key.append(word)
    twister.setstate((3, (*key, 624), None))
    words = [twister.getrandbits(32) for _ in range(20)]
    t.manual_seed(42)
    expect_equal(t.rand(4).tolist(), [(word & 0xFFFFFF) / 2**24 for word in words[:4]], "rand")
    expect_equal(t.randint(3, 10, (3,)).tolist(), [3 + word % 7 for word in words[4:7]], "randint")
    order = list(range(6))
    for place, word in enumerate(words[7:12]):
        other = place + word % (6 - place)
        order[place], order[other] = order[other], order[place]
    expect_equal(t.randperm(6).tolist(), order, "randperm")


# -- seeds ---------------------------------------------------------------

gives("manual_seed", "initial", lambda t: (t.manual_seed(42) is t.default_generator, t.initial_seed()), [True, 42])
gives("initial_seed", "drawing", lambda t: _seeded(t, lambda t: (t.initial_seed(), t.rand(3) is None, t.initial_seed())),
      [42, False, 42])  # fmt: skip
gives("initial_seed", "int", lambda t: (t.seed() == t.initial_seed(), isinstance(t.initial_seed(), int)), [True, True])
gives("random#global_state", "one", lambda t: (
    _seeded(t, lambda t: (t.rand(2), t.nn.functional.dropout(t.ones(64)), t.empty(2).random_())[1]).tolist()
    == _seeded(t, lambda t: (t.empty(2).uniform_(), t.nn.functional.dropout(t.ones(64)))[1]).tolist()), True)  # fmt: skip
gives("get_rng_state", "restored", lambda t: (lambda state, first: (
    t.set_rng_state(state), t.rand(3, device="cpu").tolist() == first)[1])(
        t.get_rng_state(), t.rand(3, device="cpu").tolist()), True)  # fmt: skip
gives(
    "get_rng_state",
    "bytes",
    lambda t: (t.get_rng_state().dtype is t.uint8, str(t.get_rng_state().device)),
    [True, "cpu"],
)
gives(
    "set_rng_state",
    "refuses",
    lambda t: _refused(lambda: t.set_rng_state(t.zeros(3, dtype=t.uint8, device="cpu"))),
    True,
)
gives("generator#advice", "restored-soon", lambda t: (lambda state, used: (
    t.set_rng_state(state), t.manual_seed(1) and used)[1])(t.get_rng_state(), True), True)  # fmt: skip


def _refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except RuntimeError:
        return True
    return False


@case("print_report/documented/report/-", anchors=("seed#print_report", "cuda.is_available", "cuda.current_device",
                                                   "cuda.get_device_name", "cuda.initial_seed"))  # fmt: skip
def _report(subject: Subject) -> None:
    t = subject.torch
    t.manual_seed(42)
    lines = ["=" * 30 + "PyTorch Random Seeds Status", "=" * 30, f"[CPU] Seed: {t.initial_seed()}"]
    available = t.cuda.is_available()
    expect(available in (True, False), f"is_available() is {available!r}")
    if available:
        current = t.cuda.current_device()
        expect(isinstance(current, int), f"current_device() is {current!r}")
        lines.append(f"[GPU {current}] {t.cuda.get_device_name(current)} Seed: {t.cuda.initial_seed()}")
    else:
        lines.append("[GPU] CUDA is not available.")
        for call in (t.cuda.initial_seed, t.cuda.current_device, t.cuda.get_device_name):
            expect_raises(call, Exception)
    expect_equal(lines[2], "[CPU] Seed: 42", "the line of the CPU")


gives("cuda.manual_seed", "safe", lambda t: t.cuda.manual_seed(42), None)
gives("cuda.manual_seed_all", "safe", lambda t: t.cuda.manual_seed_all(42), None)


# -- generators ---------------------------------------------------------------

gives("Generator.initial_seed", "default", lambda t: t.Generator().initial_seed(), 67280421310721)
prints("Generator.device", "cpu", lambda t: t.Generator().device, "cpu")
gives("Generator", "streams", lambda t: _twice(t, lambda g: t.rand(8, generator=g)), [True, False])
gives("Generator.manual_seed", "chained", lambda t: (lambda g: (g.manual_seed(3) is g, g.initial_seed()))(t.Generator()),
      [True, 3])  # fmt: skip
gives("Generator#device_argument", "kinds", lambda t: [
    str(t.Generator(device=device).device) for device in ("cpu", t.device("cpu"))], ["cpu", "cpu"])  # fmt: skip
gives("Generator.seed", "fresh", lambda t: (lambda g: (g.seed() == g.initial_seed(), g.seed() != g.seed()))(t.Generator()),
      [True, True])  # fmt: skip
gives("default_generator", "used", lambda t: (lambda first: (
    t.default_generator.manual_seed(42), t.rand(2, device="cpu").tolist() == first)[1])(
        _seeded(t, lambda t: t.rand(2, device="cpu").tolist())), True)  # fmt: skip


@case("Generator/documented/get_state-and-set_state/-", dtypes=("float32",),
      anchors=("Generator.get_state", "Generator.set_state"))  # fmt: skip
def _states(subject: Subject) -> None:
    t = subject.torch
    generator = _generator(t)
    t.randn(3, generator=generator)
    state = generator.get_state()
    expect_equal((str(state.dtype), str(state.device)), ("torch.uint8", "cpu"), "the state")
    first = t.randn(5, generator=generator).tolist()
    generator.set_state(state)
    expect_equal(t.randn(5, generator=generator).tolist(), first, "what follows a state")


@case("generator/documented/isolation/-", dtypes=("float32",), anchors=("generator#isolation",))
def _isolation(subject: Subject) -> None:
    t = subject.torch
    one, two = _generator(t), _generator(t)
    t.manual_seed(7)
    before = t.get_rng_state()
    a, b, c = (t.rand(2, generator=each).tolist() for each in (one, one, two))
    expect_equal(a, c, "two streams of a seed")
    expect(a != b, "a stream repeats its numbers")
    expect_equal(t.get_rng_state().tolist(), before.tolist(), "the state of the default generator")


refuses("generator#keyword_only", "positional", lambda t: t.randint(0, 10, (3,), t.Generator()), TypeError)
for _name, _call in {
    "ones": lambda t, g: t.ones(2, generator=g), "zeros": lambda t, g: t.zeros(2, generator=g),
    "arange": lambda t, g: t.arange(2, generator=g), "sin": lambda t, g: t.sin(t.ones(2), generator=g),
    "matmul": lambda t, g: t.matmul(t.ones(2, 2), t.ones(2, 2), generator=g),
    "cat": lambda t, g: t.cat([t.ones(2)], generator=g), "to": lambda t, g: t.ones(2).to(t.float64, generator=g),
    "index_select": lambda t, g: t.ones(2).index_select(0, t.tensor([0]), generator=g),
}.items():  # fmt: skip
    refuses("generator#non_random_operations", _name, partial(_with_generator, _call), TypeError)
gives("generator#helper_function", "seeded", lambda t: (lambda make: (
    make().initial_seed(), str(make().device)))(
        lambda device="cpu", seed=42: t.Generator(device=device).manual_seed(seed)), [42, "cpu"])  # fmt: skip
gives("generator#third_party", "not-touched", lambda t: (lambda state: (
    t.rand(3), t.manual_seed(1), random.getstate() == state)[2])(random.getstate()), True)  # fmt: skip


# -- devices ---------------------------------------------------------------

_ALIGNED = ("Generator#cuda_aligned", "randperm#device", "rand#cuda_generator", "Tensor.to#str", "generator#multi_gpu")


@case("Generator/documented/aligned/-", dtypes=("float32", "int64"), anchors=_ALIGNED)
def _aligned(subject: Subject) -> None:
    t = subject.torch
    here = t.zeros(1).device
    name = str(here)
    with warnings.catch_warnings(action="error"):
        order = t.randperm(10, device=name, generator=_generator(t))
        numbers = t.rand(3, device=name, generator=_generator(t))
    expect_equal((order.device, numbers.device), (here, here), "the devices")
    expect_equal(sorted(order.tolist()), list(range(10)), "the permutation")
    expect_equal(t.ones(2, device="cpu").to(name).device, here, "the device of a tensor that was moved")
    expect_equal(t.randperm(4).device, here, "the default")


_CROSSED = (
    "generator#cross_device_cuda_generator_cpu_operation", "generator#cross_device_cpu_generator_cuda_operation",
    "generator#cross_device_state_consumed", "generator#cuda_cpu_states_independent",
)  # fmt: skip


@case("Generator/documented/crossed/-", dtypes=("int64",), anchors=_CROSSED)
def _crossed(subject: Subject) -> None:
    t = subject.torch
    here = t.zeros(1).device
    if here.type == "cpu":  # there is nothing to cross to
        expect_raises(lambda: t.Generator(device="nowhere"), RuntimeError)
        return
    for own, other in ((str(here), "cpu"), ("cpu", str(here))):
        generator = t.Generator(device=own).manual_seed(42)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            drawn = t.randperm(10, device=other, generator=generator)
        expect_equal(len(seen), 1, "the number of warnings")
        expect_equal(drawn.device.type, other.partition(":")[0], "the device")
        aligned = t.randperm(10, device=own, generator=t.Generator(device=own).manual_seed(42))
        expect_equal(drawn.tolist(), aligned.tolist(), "what was drawn")
        following = t.randperm(10, device=own, generator=generator)
        expect(following.tolist() != aligned.tolist(), "the state of the generator has not moved")


def _of_a_process(state: list[int]) -> list[float]:
    import flambeau

    generator = flambeau.Generator()
    generator.set_state(flambeau.tensor(state, dtype=flambeau.uint8, device="cpu"))
    return flambeau.rand(3, generator=generator, device="cpu").tolist()


@case("multiprocessing/documented/generator/-", dtypes=("float32",),
      anchors=("multiprocessing", "multiprocessing#generator"))  # fmt: skip
def _processes(subject: Subject) -> None:
    t = subject.torch
    expect(callable(t.multiprocessing.Process), "there is no multiprocessing.Process")
    generator = t.Generator().manual_seed(42)
    state = generator.get_state().tolist()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        elsewhere = pool.apply(_of_a_process, (state,))
    expect_equal(elsewhere, t.rand(3, generator=generator, device="cpu").tolist(), "what another process draws")


# -- functions ---------------------------------------------------------------

gives("randperm", "permutation", lambda t: (lambda order: (sorted(order.tolist()), order.dtype is t.int64))(
    t.randperm(6, generator=_generator(t))), [[0, 1, 2, 3, 4, 5], True], dtypes=_INTS)  # fmt: skip
gives("randperm", "streams", lambda t: _twice(t, lambda g: t.randperm(12, generator=g)), [True, False], dtypes=_INTS)
gives("randperm", "options", lambda t: (t.randperm(0).shape, t.randperm(3, dtype=t.int32).dtype is t.int32,
      t.randperm(3, out=t.empty(3, dtype=t.int64)).shape), [[0], True, [3]], dtypes=("int64", "int32"))  # fmt: skip
refuses("randperm", "negative", lambda t: t.randperm(-1), RuntimeError, dtypes=_INTS)
for _name, _draw in {
    "rand_like": lambda t, g: t.rand_like(t.ones(8), generator=g),
    "randn_like": lambda t, g: t.randn_like(t.ones(8), generator=g),
    "randint_like": lambda t, g: t.randint_like(t.ones(16), 100, generator=g),
    "normal": lambda t, g: t.normal(0, 1, (8,), generator=g),
    "poisson": lambda t, g: t.poisson(t.full((32,), 20.0), generator=g),
    "exponential": lambda t, g: t.exponential(1.0, (8,), generator=g),
    "cauchy": lambda t, g: t.cauchy(0, 1, (8,), generator=g),
    "log_normal": lambda t, g: t.log_normal(0, 1, (8,), generator=g),
    "multinomial": lambda t, g: t.multinomial(t.ones(40), 20, generator=g),
    "Tensor.random_": lambda t, g: t.zeros(8).random_(generator=g),
    "Tensor.uniform_": lambda t, g: t.zeros(8).uniform_(0, 1, generator=g),
    "Tensor.normal_": lambda t, g: t.zeros(8).normal_(0, 1, generator=g),
    "Tensor.cauchy_": lambda t, g: t.zeros(8).cauchy_(0, 1, generator=g),
    "Tensor.exponential_": lambda t, g: t.zeros(8).exponential_(1, generator=g),
    "Tensor.log_normal_": lambda t, g: t.zeros(8).log_normal_(0, 1, generator=g),
    "nn.functional.dropout#generator": lambda t, g: t.nn.functional.dropout(t.ones(64), 0.5, generator=g),
    "nn.functional.dropout2d#generator": lambda t, g: t.nn.functional.dropout2d(t.ones(2, 32, 1, 1), 0.5, generator=g),
    "nn.functional.dropout3d#generator": lambda t, g: t.nn.functional.dropout3d(t.ones(2, 32, 1, 1, 1), generator=g),
    "distributions.Distribution.sample#generator": lambda t, g: t.distributions.Normal(
        t.zeros(8), t.ones(8)).sample((3,), generator=g),
}.items():  # fmt: skip
    gives(_name, "streams", partial(_drawn_twice, _draw), [True, False])
refuses("rand_like", "integers", lambda t: t.rand_like(t.arange(3)), (NotImplementedError, RuntimeError), dtypes=_INTS)
gives("normal", "forms", lambda t: [tuple(t.normal(*arguments).shape) for arguments in (
    (0.0, 1.0, (3,)), (t.zeros(4), 1.0), (0.0, t.ones(5)), (t.zeros(2, 1), t.ones(3)))], [[3], [4], [5], [2, 3]])  # fmt: skip
gives("poisson", "counts", lambda t: (lambda drawn: (drawn.dtype is t.float32, bool((drawn == drawn.floor()).all()),
      float(drawn[0])))(t.poisson(t.tensor([0.0, 3.0, 30.0]))), [True, True, 0.0])  # fmt: skip
gives("exponential", "in-place", lambda t: bool((t.exponential(2.0, (5,), generator=_generator(t))
      == t.empty(5).exponential_(2.0, generator=_generator(t))).all()), True)  # fmt: skip
gives("cauchy", "in-place", lambda t: bool((t.cauchy(1, 2, (5,), generator=_generator(t))
      == t.empty(5).cauchy_(1, 2, generator=_generator(t))).all()), True)  # fmt: skip
gives("log_normal", "in-place", lambda t: bool((t.log_normal(0, 1, (5,), generator=_generator(t))
      == t.empty(5).log_normal_(0, 1, generator=_generator(t))).all()), True)  # fmt: skip
gives("multinomial", "drawn", lambda t: (lambda drawn: (len(set(drawn.tolist())), drawn.dtype is t.int64))(
    t.multinomial(t.ones(5), 3)), [3, True])  # fmt: skip
gives("multinomial", "rows", lambda t: (t.multinomial(t.ones(2, 5), 7, replacement=True).shape,
      t.multinomial(t.tensor([0.0, 1.0]), 3, True)), [[2, 7], [1, 1, 1]])  # fmt: skip
refuses("multinomial", "too-many", lambda t: t.multinomial(t.ones(5), 6), RuntimeError)
refuses("multinomial", "zero-weights", lambda t: t.multinomial(t.tensor([0.0, 0.0, 1.0]), 2), RuntimeError)
gives("Tensor.random_", "ranges", lambda t: (lambda x: (x.random_(3) is x, int(x.max()) < 3, int(x.random_(5, 7).min()) >= 5))(
    t.zeros(50, dtype=t.int64)), [True, True, True], dtypes=_INTS)  # fmt: skip
gives("Tensor.uniform_", "as-rand", lambda t: bool((t.empty(5).uniform_(generator=_generator(t))
      == t.rand(5, generator=_generator(t))).all()), True)  # fmt: skip
gives("Tensor.normal_", "as-randn", lambda t: bool((t.empty(5).normal_(generator=_generator(t))
      == t.randn(5, generator=_generator(t))).all()), True)  # fmt: skip
gives("shuffle", "rows", lambda t: (lambda x: (sorted(t.shuffle(x).flatten().tolist()), t.shuffle(x, 1).shape))(
    t.arange(6.0).reshape(3, 2)), [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [3, 2]])  # fmt: skip
gives("shuffle", "global", lambda t: bool((_seeded(t, lambda t: t.shuffle(t.arange(9)))
      == _seeded(t, lambda t: t.randperm(9))).all()), True, dtypes=_INTS)  # fmt: skip


# -- dropout, samplers, distributions, transforms ---------------------------------------------------------------

_DROPOUTS = {"dropout": (64,), "dropout2d": (2, 32, 2, 2), "dropout3d": (2, 32, 1, 2, 2)}


def _too_likely(name: str, shape: tuple[int, ...], t: Any) -> Any:
    return getattr(t.nn.functional, name)(t.ones(shape), p=1.5)


def _dropped(name: str, shape: tuple[int, ...], t: Any) -> Any:
    function = getattr(t.nn.functional, name)
    x = t.ones(shape)
    kept = _seeded(t, lambda t: function(x, 0.5))
    again = _seeded(t, lambda t: function(x, 0.5))
    whole = kept if name == "dropout" else kept.flatten(2).amax(2)
    return (sorted(set(kept.flatten().tolist())), bool((kept == again).all()), bool((function(x, training=False) == x).all()),
            kept.numel() // whole.numel() * int((whole == 2).sum()) == int((kept == 2).sum()))  # fmt: skip


for _name, _shape in _DROPOUTS.items():
    gives(f"nn.functional.{_name}", "scaled", partial(_dropped, _name, _shape),
          [[0.0, 2.0], True, True, True])  # fmt: skip
    refuses(f"nn.functional.{_name}", "probability",
            partial(_too_likely, _name, _shape), ValueError,
            "dropout probability has to be between 0 and 1, but got 1.5")  # fmt: skip
gives("nn.Dropout", "modes", lambda t: (lambda layer, x: (
    sorted(set(layer(x).tolist())), layer.eval()(x).tolist() == x.tolist()))(t.nn.Dropout(0.5), t.ones(64)),
    [[0.0, 2.0], True])  # fmt: skip
prints("nn.Dropout", "text", lambda t: t.nn.Dropout(0.2), "Dropout(p=0.2, inplace=False)")
gives("utils.data.RandomSampler", "generator", lambda t: (lambda sampler: (
    len(sampler), list(sampler), isinstance(next(iter(sampler)), int)))(
        t.utils.data.RandomSampler(range(5), generator=t.Generator().manual_seed(42))),
    [5, [2, 4, 3, 0, 1], True], extensions=_STREAM)  # fmt: skip
gives("utils.data.Sampler", "base", lambda t: issubclass(t.utils.data.RandomSampler, t.utils.data.Sampler), True)


@case("Normal/documented/shapes/-", dtypes=("float32",), anchors=("distributions.Normal", "distributions.Uniform"))
def _distributions(subject: Subject) -> None:
    d, t = subject.torch.distributions, subject.torch
    normal, wide = d.Normal(0, 1), d.Normal(t.zeros(2), t.ones(2))
    shapes = [tuple(each.shape) for each in (normal.sample((3,)), normal.sample(), wide.sample((3,)))]
    expect_equal(shapes, [(3,), (), (3, 2)], "the shapes")
    expect_equal(str(normal.sample((3,)).dtype), "torch.float32", "the dtype")
    one, two = (_seeded(t, lambda t: normal.sample((4,)).tolist()) for _ in range(2))
    expect_equal(one, two, "what the global seed repeats")
    loc = t.zeros(2, requires_grad=True)
    expect_equal((d.Normal(loc, 1.0).sample().requires_grad, d.Normal(loc, 1.0).rsample().requires_grad), (False, True),
                 "whether gradients flow")  # fmt: skip
    expect(abs(normal.log_prob(t.tensor(0.0)).item() + 0.9189385) < 1e-6, "the density at 0")
    expect(abs(normal.entropy().item() - 1.4189385) < 1e-6, "the entropy")
    expect_equal((normal.mean.item(), normal.stddev.item()), (0.0, 1.0), "mean and deviation")
    uniform = d.Uniform(2.0, 5.0).sample((100,))
    expect(bool(((uniform >= 2) & (uniform < 5)).all()), "uniform numbers are out of bounds")


@case("RandomCrop/documented/size-and-generator/-", dtypes=("float32",),
      anchors=("vision.transforms.RandomCrop", "vision.transforms.RandomCrop#generator"))  # fmt: skip
def _crop(subject: Subject) -> None:
    t = subject.torch
    image = t.arange(3 * 40 * 50.0).reshape(3, 40, 50)
    cut = t.vision.transforms.RandomCrop(32)(image)
    expect_equal(tuple(cut.shape), (3, 32, 32), "the shape")
    one, two = (t.vision.transforms.RandomCrop((8, 9), generator=t.Generator().manual_seed(5))(image) for _ in range(2))
    expect_equal(one.tolist(), two.tolist(), "what a seed repeats")
    expect_raises(lambda: t.vision.transforms.RandomCrop(60)(image), ValueError, "larger than input image size")
