"""Random numbers: seeds, states and generators, which draws advance them, and what may never come."""

from functools import partial
from typing import Any

from ...programs import program, programs, refusals
from ...subject import CPU_STREAM

_BIG = 20000

# Everything that draws, with a generator `g`.
_DRAWS: dict[str, Any] = {
    "rand": lambda t, g: t.rand(5, generator=g), "randn": lambda t, g: t.randn(5, generator=g), "randn-many": lambda t, g: t.randn(17, generator=g),
    "randint": lambda t, g: t.randint(0, 1000, (5,), generator=g), "randperm": lambda t, g: t.randperm(20, generator=g),
    "uniform_": lambda t, g: t.empty(5).uniform_(generator=g), "normal_": lambda t, g: t.empty(5).normal_(generator=g),
    "normal": lambda t, g: t.normal(0.0, 1.0, (5,), generator=g), "normal-of-means": lambda t, g: t.normal(t.arange(5.0), 1.0, generator=g),
    "random_": lambda t, g: t.empty(5).random_(generator=g), "bernoulli": lambda t, g: t.bernoulli(t.full((64,), 0.5), generator=g),
    "bernoulli_": lambda t, g: t.empty(64).bernoulli_(0.5, generator=g), "bernoulli_-tensor": lambda t, g: t.empty(64).bernoulli_(t.full((64,), 0.5), generator=g),
    "exponential_": lambda t, g: t.empty(5).exponential_(generator=g), "cauchy_": lambda t, g: t.empty(5).cauchy_(generator=g),
    "log_normal_": lambda t, g: t.empty(5).log_normal_(generator=g), "geometric_": lambda t, g: t.empty(64).geometric_(0.1, generator=g),
    "multinomial": lambda t, g: t.multinomial(t.ones(100), 5, generator=g), "multinomial-one": lambda t, g: t.multinomial(t.ones(8, 100), 1, generator=g),
    "multinomial-replacement": lambda t, g: t.multinomial(t.ones(100), 5, replacement=True, generator=g),
    "poisson": lambda t, g: t.poisson(t.full((64,), 5.0), generator=g), "binomial": lambda t, g: t.binomial(t.full((64,), 20.0), t.full((64,), 0.5), generator=g),
    "rand_like": lambda t, g: t.rand_like(t.ones(5), generator=g), "randn_like": lambda t, g: t.randn_like(t.ones(5), generator=g),
    "randint_like": lambda t, g: t.randint_like(t.ones(5), 1000, generator=g),
}  # fmt: skip
_GLOBAL: dict[str, Any] = {
    "dropout": lambda t: t.nn.functional.dropout(t.ones(64)), "linear": lambda t: t.nn.Linear(2, 2).weight, "gumbel": lambda t: t.nn.functional.gumbel_softmax(t.zeros(5)),
    "rrelu": lambda t: t.nn.functional.rrelu(-t.ones(5), training=True), "init": lambda t: t.nn.init.xavier_uniform_(t.empty(2, 2)),
    "rand": lambda t: t.rand(5), "randn": lambda t: t.randn(5), "randint": lambda t: t.randint(1000, (5,)), "randperm": lambda t: t.randperm(20),
    "uniform_": lambda t: t.empty(5).uniform_(), "bernoulli": lambda t: t.bernoulli(t.full((64,), 0.5)), "multinomial": lambda t: t.multinomial(t.ones(100), 5),
    "rand_like": lambda t: t.rand_like(t.ones(5)), "normal": lambda t: t.distributions.Normal(0.0, 1.0).sample((5,)),
    "uniform": lambda t: t.distributions.Uniform(0.0, 1.0).sample((5,)), "exponential_": lambda t: t.empty(5).exponential_(),
}  # fmt: skip


def _generator(t: Any, seed: int = 3) -> Any:
    return t.Generator(device=t.zeros(1).device).manual_seed(seed)


def _behaves(t: Any, draw: Any) -> Any:
    """Whether draws differ, are repeated by the seed and by the state, go on in a clone, and leave the global generator."""
    generator = _generator(t)
    before = t.get_rng_state().tolist()
    first, state = draw(t, generator).tolist(), generator.get_state()
    clone = generator.clone_state()
    second = draw(t, generator).tolist()
    in_clone = draw(t, clone).tolist()
    generator.set_state(state)
    again = draw(t, generator).tolist()
    generator.manual_seed(3)
    anew = draw(t, generator).tolist()
    other = draw(t, _generator(t, 4)).tolist()
    return (
        first != second,
        second == in_clone,
        second == again,
        first == anew,
        other != first,
        t.get_rng_state().tolist() == before,
    )


def _behaves_globally(t: Any, draw: Any) -> Any:
    """Whether draws differ, and are repeated by the seed and in a forked generator."""
    t.manual_seed(3)
    first = draw(t).tolist()
    with t.random.fork_rng():
        second = draw(t).tolist()
    again = draw(t).tolist()
    t.manual_seed(3)
    anew = draw(t).tolist()
    t.manual_seed(4)
    return first != second, second == again, first == anew, draw(t).tolist() != first


programs("generator", {name: (partial(_behaves, draw=draw), [True] * 6) for name, draw in _DRAWS.items()},
         aspect="stream", dtypes=("float32", "int64"))  # fmt: skip
programs("global_generator", {name: (partial(_behaves_globally, draw=draw), [True] * 4) for name, draw in _GLOBAL.items()},
         aspect="stream", dtypes=("float32", "int64"))  # fmt: skip


def _state(t: Any) -> Any:
    t.manual_seed(1)
    t.rand(3, device="cpu")
    state = t.get_rng_state()
    first = t.rand(4, device="cpu").tolist()
    t.set_rng_state(state)
    return first == t.rand(4, device="cpu").tolist()


def _fork_error(t: Any) -> Any:
    t.manual_seed(1)
    first = t.rand(4).tolist()
    t.manual_seed(1)
    try:
        with t.random.fork_rng():
            t.rand(100)
            raise KeyError
    except KeyError:
        return t.rand(4).tolist() == first


programs("generator", {
    "initial-seed": (lambda t: (_generator(t, 9).initial_seed(), t.manual_seed(7).initial_seed(), t.initial_seed()), [9, 7, 7]),
    "negative-seed": (lambda t: t.manual_seed(-1).initial_seed(), 18446744073709551615),
    "seed-gives-another": (lambda t: (lambda g: (g.seed() != g.seed(), g.initial_seed() != 3))(_generator(t)), [True, True]),
    "gives-itself": (lambda t: (lambda g: g.manual_seed(1) is g)(_generator(t)), True),
    "state-is-a-copy": (lambda t: (lambda g: (lambda state: (t.rand(3, generator=g), state.tolist() == g.get_state().tolist())[1])(g.get_state()))(_generator(t)), False),
    "nothing-drawn-nothing-moved": (lambda t: (lambda g: (lambda before: (t.rand(0, generator=g), t.zeros(3), g.get_state().tolist() == before)[2])(
        g.get_state().tolist()))(_generator(t)), True),
    "two-generators-apart": (lambda t: (lambda one, two: (t.rand(3, generator=one), t.rand(2, generator=one).tolist() != t.rand(2, generator=two).tolist())[1])(
        _generator(t), _generator(t)), True),
    "rng-state": (lambda t: _state(t), True),
    "fork-after-error": (lambda t: _fork_error(t), True),
    "seed-everywhere": (lambda t: (t.manual_seed(5), t.rand(2).tolist() == (t.manual_seed(5), t.rand(2).tolist())[1])[1], True),
    "kinds-of-seeds": (lambda t: (t.manual_seed(2**40), t.manual_seed(2**64 - 1).initial_seed(), t.manual_seed(True).initial_seed())[1:], [18446744073709551615, 1]),
}, dtypes=("float32",))  # fmt: skip


# -- what may come, of many numbers ---------------------------------------------------------------------------------


def _range(t: Any, values: Any) -> Any:
    return float(values.min()), float(values.max())


def _within(values: Any, low: float, high: float) -> Any:
    return float(values.min()) >= low and float(values.max()) < high


def _moments(values: Any) -> Any:
    """Mean and deviation, rounded to where twenty thousand numbers hardly ever differ."""
    return round(float(values.double().mean()), 1) + 0.0, round(float(values.double().std()), 1) + 0.0


_MANY: dict[str, Any] = {
    "rand": (lambda t: (lambda x: (_within(x, 0.0, 1.0), _moments(x)))(t.rand(_BIG)), [True, [0.5, 0.3]]),
    "uniform_": (
        lambda t: (lambda x: (_within(x, -2.0, 4.0), _moments(x / 6)))(t.empty(_BIG).uniform_(-2, 4)),
        [True, [0.2, 0.3]],
    ),
    "randn": (
        lambda t: (lambda x: (_moments(x / 2), bool((x.abs() > 3).any()), bool((x.abs() > 7).any())))(t.randn(_BIG)),
        [[0.0, 0.5], True, False],
    ),
    "normal_": (lambda t: _moments(t.empty(_BIG).normal_(5.0, 2.0) / 5), [1.0, 0.4]),
    "normal-tensors": (lambda t: _moments(t.normal(t.full((_BIG,), 5.0), t.full((_BIG,), 2.0)) / 5), [1.0, 0.4]),
    "randint": (lambda t: sorted(set(t.randint(-2, 3, (_BIG,)).tolist())), [-2, -1, 0, 1, 2]),
    "randint-from-zero": (lambda t: sorted(set(t.randint(3, (_BIG,)).tolist())), [0, 1, 2]),
    "random_": (lambda t: sorted(set(t.empty(_BIG).random_(2, 5).tolist())), [2.0, 3.0, 4.0]),
    "randperm": (lambda t: t.randperm(5000).sort()[0].tolist() == list(range(5000)), True),
    "bernoulli": (lambda t: _moments(t.bernoulli(t.full((_BIG,), 0.7))), [0.7, 0.5]),
    "bernoulli-sure": (lambda t: t.bernoulli(t.tensor([0.0, 1.0] * 50)), [0.0, 1.0] * 50),
    "exponential_": (
        lambda t: (lambda x: (float(x.min()) > 0, _moments(x / 4)))(t.empty(_BIG).exponential_(0.5)),
        [True, [0.5, 0.5]],
    ),
    "geometric_": (
        lambda t: (lambda x: (float(x.min()), _moments(x / 8)))(t.empty(_BIG).geometric_(0.25)),
        [1.0, [0.5, 0.4]],
    ),
    "poisson": (lambda t: _moments(t.poisson(t.full((_BIG,), 9.0)) / 9), [1.0, 0.3]),
    "poisson-zero": (lambda t: t.poisson(t.zeros(3)), [0.0, 0.0, 0.0]),
    "binomial": (lambda t: _moments(t.binomial(t.full((_BIG,), 16.0), t.full((_BIG,), 0.5)) / 10), [0.8, 0.2]),
    "multinomial": (
        lambda t: (lambda x: [round(float((x == k).float().mean()), 1) for k in range(3)])(
            t.multinomial(t.tensor([1.0, 0.0, 4.0]), _BIG, replacement=True)
        ),
        [0.2, 0.0, 0.8],
    ),
    "multinomial-distinct": (
        lambda t: [len(set(row)) for row in t.multinomial(t.ones(4, 9), 9).tolist()],
        [9, 9, 9, 9],
    ),
    "log_normal_": (lambda t: _moments(t.empty(_BIG).log_normal_(1.0, 0.5).log() / 5), [0.2, 0.1]),
    "cauchy_": (lambda t: round(float(t.empty(_BIG).cauchy_(3.0, 2.0).median()) / 5, 1), 0.6),
}
programs("many", _MANY, dtypes=("float32", "int64", "float64", "bool"))


# -- the first numbers of PyTorch's CPU ---------------------------------------------------------------------------


def _first(t: Any, call: Any) -> Any:
    t.manual_seed(2024)
    return call(t), t.rand(1)


programs("seeded", {
    "rand-16": (lambda t: _first(t, lambda t: t.rand(16)[::5]), [[0.5317158699035645, 0.3494589328765869, 0.15209585428237915, 0.4060955047607422], [0.30449897050857544]]),
    "randn-15": (lambda t: _first(t, lambda t: t.randn(15)[::5]), [[-0.040429167449474335, -0.4823373854160309, 0.5986074209213257], [0.9827379584312439]]),
    "randn-16": (lambda t: _first(t, lambda t: t.randn(16)[::5]), [[-1.2262355089187622, -0.26098018884658813, 2.1821844577789307, 0.77411288022995], [0.30449897050857544]]),
    "randn-17": (lambda t: _first(t, lambda t: t.randn(17)[::5]), [[-1.2262355089187622, 1.977582573890686, 1.6579234600067139, 0.6343358159065247], [0.6969495415687561]]),
    "randn-odd": (lambda t: _first(t, lambda t: (t.randn(1), t.randn(3))), [[[-0.040429167449474335], [1.7259920835494995, -0.8140387535095215, 1.372166633605957]], [0.4848504662513733]]),
    "randn-1000": (lambda t: _first(t, lambda t: t.randn(1000)[::333]), [[-1.2262355089187622, -0.8737346529960632, 0.14397606253623962, 0.9738866090774536], [0.06486564874649048]]),
    "randn-matrix": (lambda t: _first(t, lambda t: t.randn(4, 5)[::2, ::3]), [[[-1.2262355089187622, -0.4656696021556854], [-0.2534773647785187, 0.9390771389007568]], [0.5646202564239502]]),
    "randint": (lambda t: _first(t, lambda t: t.randint(0, 2**31, (4,))), [[1104465402, 1025411712, 408516132, 1688125623], [0.4848504662513733]]),
    "randint-wide": (lambda t: _first(t, lambda t: t.randint(0, 2**40, (3,))), [[587367501306, 415489755776, 118520116772], [0.21499240398406982]]),
    "randperm-10": (lambda t: _first(t, lambda t: t.randperm(10)), [[2, 3, 0, 8, 7, 5, 1, 9, 4, 6], [0.7492141127586365]]),
    "bernoulli": (lambda t: _first(t, lambda t: t.bernoulli(t.full((12,), 0.5))), [[0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0], [0.173475444316864]]),
    "bernoulli_": (lambda t: _first(t, lambda t: t.empty(12).bernoulli_(0.5)), [[1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.22682756185531616]]),
    "multinomial": (lambda t: _first(t, lambda t: t.multinomial(t.tensor([0.1, 0.2, 0.3, 0.4]), 3)), [[2, 0, 3], [0.4848504662513733]]),
    "multinomial-replacement": (lambda t: _first(t, lambda t: t.multinomial(t.tensor([[0.1, 0.9], [0.9, 0.1]]), 6, True)), [[[1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]], [0.22682756185531616]]),
    "exponential_": (lambda t: _first(t, lambda t: t.empty(3).exponential_(2.0)), [[0.14633211493492126, 0.7451708316802979, 0.20414823293685913], [0.21499240398406982]]),
    "exponential_-17": (lambda t: _first(t, lambda t: t.empty(17).exponential_()[::8]), [[0.29266422986984253, 0.572687029838562, 1.9798038005828857], [0.6906646490097046]]),
    "normal-means": (lambda t: _first(t, lambda t: t.normal(t.arange(4.0), t.tensor([1.0, 2.0, 0.0, 0.5]))), [[-0.040429167449474335, 4.451984405517578, 2.0, 3.6860833168029785], [0.4848504662513733]]),
    "uniform_": (lambda t: _first(t, lambda t: t.empty(3).uniform_(-5, 5)), [[0.31715869903564453, 3.3126795291900635, 4.718379974365234], [0.11930084228515625]]),
    "rand_like": (lambda t: _first(t, lambda t: t.rand_like(t.zeros(2, 2))), [[[0.5317158699035645, 0.8312679529190063], [0.9718379974365234, 0.11930084228515625]], [0.16690224409103394]]),
    "cauchy_": (lambda t: _first(t, lambda t: t.empty(3).cauchy_()), [[-0.9768505692481995, 1.168649673461914, -0.569481611251831], [0.21499240398406982]]),
    "poisson": (lambda t: _first(t, lambda t: t.poisson(t.tensor([1.0, 10.0, 100.0]))), [[0.0, 13.0, 91.0], [0.9265328645706177]]),
}, dtypes=("float32", "int64"), extensions=(CPU_STREAM,))  # fmt: skip
programs("seeded", {
    "rand": (lambda t: _first(t, lambda t: t.rand(3, dtype=t.float64)), [[0.25372732026738665, 0.7747043317543358, 0.33521823650125215], [0.21499240398406982]]),
    "randn-16": (lambda t: _first(t, lambda t: t.randn(16, dtype=t.float64)[::5]), [[-0.7040247420378066, -0.12898060175907033, 0.6627430291229076, 0.7176353700328852], [0.9827379584312439]]),
    "randn-3": (lambda t: _first(t, lambda t: t.randn(3, dtype=t.float64)), [[-0.04042916736941367, 1.72599212022981, -0.8140387642807665], [0.4848504662513733]]),
}, aspect="double", dtypes=("float64", "float32"), extensions=(CPU_STREAM,))  # fmt: skip


@program(
    "seeded/value/resumes",
    [[0.2718876004219055, 0.46323180198669434], [0.2718876004219055, 0.46323180198669434]],
    extensions=(CPU_STREAM,),
)
def _resumes(t: Any) -> Any:
    t.manual_seed(11)
    t.randn(5, device="cpu")
    state = t.get_rng_state()
    first = t.rand(2, device="cpu")
    t.manual_seed(0)
    t.set_rng_state(state)
    return first, t.rand(2, device="cpu")


refusals("generator", {
    "no-generator": (lambda t: t.rand(2, generator=3), TypeError, "torch.Generator"),
    "state-no-tensor": (lambda t: _generator(t).set_state(3), TypeError, "expected a torch.ByteTensor, but got int"),
    "state-too-short": (lambda t: t.Generator().set_state(t.zeros(3, dtype=t.uint8)), RuntimeError, "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 3"),
    "state-of-floats": (lambda t: t.Generator().set_state(t.zeros(5056)), TypeError, "RNG state must be a torch.ByteTensor"),
    "seed-of-text": (lambda t: t.manual_seed("a"), ValueError, "invalid literal for int() with base 10: 'a'"),
    "seed-of-none": (lambda t: t.manual_seed(None), TypeError, "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'"),
    "seed-too-large": (lambda t: t.manual_seed(2**64), ValueError, "Overflow when unpacking long long"),
    "randint-turned": (lambda t: t.randint(5, 2, (1,)), RuntimeError, "random_ expects 'from' to be less than 'to', but got from=5 >= to=2"),
    "random-turned": (lambda t: t.empty(1).random_(5, 5), RuntimeError, "random_ expects 'from' to be less than 'to', but got from=5 >= to=5"),
    "uniform-turned": (lambda t: t.empty(1).uniform_(3, 2), RuntimeError, "uniform_ expects to return a [from, to) range, but found from=3 > to=2"),
    "normal-deviation": (lambda t: t.empty(1).normal_(0, -1), RuntimeError, "normal expects std >= 0.0, but found std -1"),
    "geometric-zero": (lambda t: t.empty(1).geometric_(0.0), RuntimeError, "geometric_ expects p to be in (0, 1), but got p=0"),
    "exponential-negative": (lambda t: t.empty(1).exponential_(-1.0), RuntimeError, "exponential_ expects lambda > 0.0, but found lambda=-1"),
    "poisson-negative": (lambda t: t.poisson(t.tensor([-1.0])), RuntimeError, "invalid Poisson rate, expected rate to be non-negative"),
    "multinomial-dims": (lambda t: t.multinomial(t.ones(2, 2, 2), 1), RuntimeError, "prob_dist must be 1 or 2 dim"),
    "multinomial-none": (lambda t: t.multinomial(t.ones(2), 0), RuntimeError, "cannot sample n_sample <= 0 samples"),
    "bernoulli-above": (lambda t: t.empty(2).bernoulli_(1.5), RuntimeError, "bernoulli_ expects p to be in [0, 1], but got p=1.5"),
}, dtypes=("float32", "int64", "uint8"))  # fmt: skip
