"""Files of both libraries, exchanged in both directions: what PyTorch saved is loaded here, what is saved here there."""

from __future__ import annotations

import io
import zipfile
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore:Sparse .* tensor support is in beta state:UserWarning"),
    pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental:UserWarning"),
    pytest.mark.filterwarnings("ignore:Sparse invariant checks are implicitly disabled:UserWarning"),
    pytest.mark.filterwarnings("ignore:TypedStorage is deprecated:UserWarning"),
]

DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex32", "complex64",
    "complex128",
)  # fmt: skip


def moved(obj: object, source: ModuleType, target: ModuleType, *, older: bool = False, **options: Any) -> Any:
    """An object that one library saved, as the other loads it."""
    file = io.BytesIO()
    source.save(obj, file, _use_new_zipfile_serialization=not older)
    file.seek(0)
    return target.load(file, **options)


@pytest.fixture(params=["to flambeau", "to PyTorch", "to flambeau, older", "to PyTorch, older"])
def way(request: pytest.FixtureRequest, torch: ModuleType) -> Callable[..., Any]:
    """A way from one library to the other: takes what makes the object of one, and gives it made and as it arrived."""
    libraries = (torch, flambeau) if "flambeau" in request.param else (flambeau, torch)
    older = "older" in request.param

    def go(make: Callable[[ModuleType], Any], **options: Any) -> tuple[Any, Any, ModuleType]:
        obj = make(libraries[0])
        return obj, moved(obj, *libraries, older=older, **options), libraries[1]

    go.reads_older = older and libraries[1] is torch  # type: ignore[attr-defined]
    return go


def bits(tensor: Any, library: ModuleType) -> list[int]:
    """The elements of a tensor as bytes."""
    return tensor.contiguous().reshape(-1).view(library.uint8).tolist() if tensor.numel() else []


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(way: Callable[..., Any], torch: ModuleType, dtype: str) -> None:
    def make(t: ModuleType) -> Any:
        return t.tensor([0, 1, 3, 200]).to(getattr(t, dtype))

    if dtype == "complex32" and way.reads_older:  # type: ignore[attr-defined]
        pytest.skip("PyTorch does not read it in the older format, in its own files either")
    before, after, library = way(make)
    assert str(after.dtype) == str(before.dtype) == f"torch.{dtype}"
    source = torch if library is flambeau else flambeau
    assert bits(after, library) == bits(before, source)


def test_special_values_keep_their_bits(way: Callable[..., Any], torch: ModuleType) -> None:
    before, after, library = way(lambda t: t.tensor([float("nan"), -0.0, float("inf"), 1e-45]))
    assert bits(after, library) == bits(before, torch if library is flambeau else flambeau)


@pytest.mark.parametrize("place", [
    lambda x: x, lambda x: x.t(), lambda x: x[1], lambda x: x[:, 1::2], lambda x: x[1:2].expand(3, 4), lambda x: x[3:],
    lambda x: x[1, 2], lambda x: x.unsqueeze(0).permute(2, 0, 1), lambda x: x[0, :0],
])  # fmt: skip
def test_places_in_memory(way: Callable[..., Any], place: Callable[[Any], Any]) -> None:
    before, after, _ = way(lambda t: place(t.arange(12.0).reshape(3, 4)))
    assert after.stride() == before.stride()
    if before.numel():
        assert after.storage_offset() == before.storage_offset()
    assert tuple(after.shape) == tuple(before.shape)
    assert after.tolist() == before.tolist()
    assert after.untyped_storage().nbytes() == before.untyped_storage().nbytes()


def test_tensors_of_one_storage_share_one(way: Callable[..., Any]) -> None:
    def make(t: ModuleType) -> Any:
        x = t.arange(6.0)
        return {"all": x, "part": x[2:], "again": x, "other": x.clone()}

    _, after, _ = way(make)
    after["all"][3] = 50
    assert after["part"].tolist() == [2, 50, 4, 5]
    assert after["again"] is after["all"]
    assert after["other"].tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("layout", ["coo", "csr", "csc", "bsr", "bsc"])
def test_sparse_layouts(way: Callable[..., Any], layout: str) -> None:
    def make(t: ModuleType) -> Any:
        dense = t.tensor([[0.0, 2.0], [3.0, 0.0]])
        return dense.to_sparse() if layout == "coo" else getattr(dense, f"to_sparse_{layout}")(
            *([(1, 1)] if layout[0] == "b" else [])
        )  # fmt: skip

    before, after, _ = way(make)
    assert str(after.layout) == str(before.layout)
    assert after.to_dense().tolist() == before.to_dense().tolist()
    if layout == "coo":
        assert after.is_coalesced() == before.is_coalesced()


def test_uncoalesced_tensors_stay_so(way: Callable[..., Any]) -> None:
    _, after, _ = way(lambda t: t.sparse_coo_tensor([[0, 0]], [1.0, 2.0], (3,)))
    assert not after.is_coalesced()
    assert after.to_dense().tolist() == [3, 0, 0]


def test_parameters_buffers_and_attributes(way: Callable[..., Any]) -> None:
    def make(t: ModuleType) -> Any:
        named = t.nn.Parameter(t.ones(2), requires_grad=False)
        named.note = {"of": 3}
        tensor = t.zeros(1, requires_grad=True)
        tensor.tag = "mine"
        return {"named": named, "plain": t.nn.Parameter(t.ones(2)), "buffer": t.nn.Buffer(t.ones(1)), "tensor": tensor}

    _, after, library = way(make)
    assert isinstance(after["plain"], library.nn.Parameter)
    assert after["plain"].requires_grad
    assert isinstance(after["named"], library.nn.Parameter)
    assert not after["named"].requires_grad
    assert after["named"].note == {"of": 3}
    assert isinstance(after["buffer"], library.nn.Buffer)
    assert after["tensor"].requires_grad
    assert after["tensor"].tag == "mine"


def test_values_of_python_and_of_the_library(way: Callable[..., Any]) -> None:
    def make(t: ModuleType) -> Any:
        return {
            "numbers": [0, -1, 255, 256, 1 << 31, -(1 << 63), 1 << 200, 1.5, float("inf"), 2j, True, None],
            "texts": ["", "ä", "\udc80", "x" * 300],
            "bytes": (b"a\xff", bytearray(b"b"), bytearray()),
            "containers": ([], {}, (), set(), {1, "a"}, (1, (2, (3, (4,)))), {(1, 2): 3, 4.5: None}),
            "ordered": OrderedDict(b=1, a=2),
            "counts": Counter("abca"),
        }

    before, after, _ = way(make)
    assert after == before
    assert [type(value) for value in after.values()] == [type(value) for value in before.values()]
    assert [type(value) for value in after["bytes"]] == [bytes, bytearray, bytearray]


def test_values_of_the_library(way: Callable[..., Any]) -> None:
    def make(t: ModuleType) -> Any:
        return [t.Size([2, 3]), t.float16, t.complex64, t.device("cpu"), t.sparse_csr, t.strided]

    before, after, library = way(make)
    assert list(map(repr, after)) == list(map(repr, before))
    assert [type(value) for value in after[:4]] == [
        library.Size,
        type(library.int8),
        type(library.int8),
        library.device,
    ]
    assert after[4] is library.sparse_csr


def test_other_containers_in_a_trusted_file(way: Callable[..., Any]) -> None:
    def make(t: ModuleType) -> Any:
        return defaultdict(list, a=[t.ones(2)]), frozenset([1]), range(3), slice(1, 2)

    _, after, _ = way(make, weights_only=False)
    assert after[0].default_factory is list
    assert after[0]["a"][0].tolist() == [1, 1]
    assert after[1:] == (frozenset([1]), range(3), slice(1, 2))


@pytest.mark.parametrize("storage", [lambda x: x.untyped_storage(), lambda x: x.storage()])
def test_storages_alone(way: Callable[..., Any], storage: Callable[[Any], Any]) -> None:
    if way.reads_older and isinstance(storage(flambeau.ones(1)), flambeau.storage.UntypedStorage):  # type: ignore[attr-defined]
        pytest.skip("PyTorch does not read these in the older format, in its own files either")
    before, after, _ = way(lambda t: storage(t.arange(3.0)))
    assert after.tolist() == before.tolist()
    assert type(after).__name__ == "TypedStorage"


def _model(t: ModuleType) -> Any:
    return t.nn.Sequential(t.nn.Linear(3, 4), t.nn.BatchNorm1d(4), t.nn.ReLU(), t.nn.Linear(4, 1))


def _scheduler(t: ModuleType, *arguments: Any) -> Any:
    return t.optim.lr_scheduler.StepLR(*arguments)


def _trained(t: ModuleType, steps: int, model: Any, optimizer: Any, scheduler: Any) -> None:
    for step in range(steps):
        optimizer.zero_grad()
        x = t.arange(12.0).reshape(4, 3) / 10 + step
        (model(x) ** 2).sum().backward()
        optimizer.step()
        scheduler.step()


@pytest.mark.skipif(not hasattr(flambeau.optim, "lr_scheduler"), reason="needs schedulers")
def test_training_goes_on_in_the_other_library(way: Callable[..., Any]) -> None:
    def make(t: ModuleType) -> Any:
        model = _model(t)
        with t.no_grad():
            for parameter in model.parameters():
                parameter.copy_(t.linspace(-1, 1, parameter.numel()).reshape(parameter.shape))
        optimizer = t.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.1)
        scheduler = _scheduler(t, optimizer, 2, 0.5)
        _trained(t, 3, model, optimizer, scheduler)
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
        state["random"] = t.get_rng_state()
        copied = {key: moved(value, t, t) for key, value in state.items()}
        _trained(t, 3, model, optimizer, scheduler)
        make.result = [parameter.tolist() for parameter in model.parameters()]  # type: ignore[attr-defined]
        return copied

    before, after, library = way(make)
    model = _model(library)
    assert str(model.load_state_dict(after["model"])) == "<All keys matched successfully>"
    assert after["model"]._metadata == before["model"]._metadata
    optimizer = library.optim.Adam(model.parameters())
    optimizer.load_state_dict(after["optimizer"])
    scheduler = _scheduler(library, optimizer, 1)
    scheduler.load_state_dict(after["scheduler"])
    library.set_rng_state(after["random"])
    _trained(library, 3, model, optimizer, scheduler)
    for parameter, expected in zip(model.parameters(), make.result, strict=True):  # type: ignore[attr-defined]
        assert library.allclose(parameter, library.tensor(expected), rtol=1e-5, atol=1e-6)


def test_random_numbers_go_on_in_the_other_library(way: Callable[..., Any], torch: ModuleType) -> None:
    before, after, library = way(lambda t: t.Generator().manual_seed(3).get_state())
    other = torch if library is flambeau else flambeau
    here, there = library.Generator(), other.Generator()
    here.set_state(after)
    there.set_state(before)
    assert library.rand(5, generator=here).tolist() == other.rand(5, generator=there).tolist()


def test_modules_of_pytorch_become_those_of_flambeau(torch: ModuleType) -> None:
    model = torch.nn.ModuleDict({
        "layers": _model(torch), "attention": torch.nn.MultiheadAttention(4, 2), "rnn": torch.nn.LSTM(2, 3),
        "embedding": torch.nn.Embedding(5, 2), "conv": torch.nn.Conv2d(1, 2, 3),
    })  # fmt: skip
    after = moved(model, torch, flambeau, weights_only=False)
    assert isinstance(after, flambeau.nn.ModuleDict)
    assert repr(after) == repr(model)
    x = [[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]]
    expected = model["layers"](torch.tensor(x)).tolist()
    assert flambeau.allclose(after["layers"](flambeau.tensor(x)), flambeau.tensor(expected), atol=1e-6)


@pytest.mark.parametrize("view", [lambda x: x.conj(), lambda x: x.conj().imag, lambda x: x.mT.conj()])
def test_views_that_are_marked(torch: ModuleType, view: Callable[[Any], Any]) -> None:
    x = view(torch.tensor([[1 + 2j, 3j]]))
    assert moved(x, torch, flambeau).tolist() == x.tolist()


REFUSED = {
    "torch.uint16": lambda t: t.ones(2, dtype=t.uint16),
    "torch.float8_e5m2": lambda t: t.ones(2, dtype=t.float8_e5m2),
    "quantised": lambda t: t.quantize_per_tensor(t.ones(2), 1.0, 0, t.qint8),
    "meta": lambda t: t.ones(2, device="meta"),
    "nested": lambda t: t.nested.nested_tensor([t.ones(2)]),
    "torch.uint64": lambda t: {"dtype": t.uint64},
    "torch.per_tensor_affine": lambda t: t.per_tensor_affine,
}


@pytest.mark.filterwarnings("ignore")  # PyTorch's own, of what it calls prototypes
@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("weights_only", [True, False])
def test_what_flambeau_lacks_is_refused_by_name(torch: ModuleType, name: str, weights_only: bool) -> None:
    with pytest.raises(Exception, match=f"(?s){name}.*flambeau|flambeau.*{name}"):
        moved(REFUSED[name](torch), torch, flambeau, weights_only=weights_only)


def _messages(make: Callable[[ModuleType], Any], torch: ModuleType, **options: Any) -> list[tuple[str, str]]:
    found = []
    for library in (torch, flambeau):
        file = io.BytesIO()
        torch.save(make(torch), file)
        file.seek(0)
        with pytest.raises(Exception) as caught:
            library.load(file, **options)
        found.append((type(caught.value).__name__, str(caught.value)))
    return found


@pytest.mark.parametrize(
    "make", [lambda t: frozenset([1]), lambda t: slice(1), lambda t: t.nn.Linear(1, 1), lambda t: defaultdict(list)]
)
def test_globals_that_are_not_allowed_are_refused_in_the_same_words(
    torch: ModuleType, make: Callable[[Any], Any]
) -> None:
    theirs, ours = _messages(make, torch)
    assert ours == theirs


@pytest.mark.parametrize("location", ["cuda", "cuda:0"])
def test_devices_that_are_not_there_in_the_same_words(torch: ModuleType, location: str) -> None:
    if torch.cuda.is_available() or flambeau.cuda.is_available():
        pytest.skip("there is such a device")
    theirs, ours = _messages(lambda t: t.ones(1), torch, map_location=location)
    assert ours == theirs


@pytest.mark.parametrize("obj", [
    lambda t: t.arange(3.0), lambda t: {"a": t.ones(2), "b": [t.zeros(3, dtype=t.int64)] * 2},
    lambda t: OrderedDict(w=t.nn.Parameter(t.ones(2, 2)), e=t.empty(0)), lambda t: [t.ones(2, dtype=t.bfloat16)] * 40,
    lambda t: _filled(t).state_dict(), lambda t: t.eye(2).to_sparse(), lambda t: "text", lambda t: t.ones(2, dtype=t.complex32),
])  # fmt: skip
@pytest.mark.parametrize("name", ["model.pt", "a.b.pth", "plain"])
def test_the_same_bytes_are_written(torch: ModuleType, tmp_path: Any, obj: Callable[[Any], Any], name: str) -> None:
    contents = []
    for library in (torch, flambeau):
        path = tmp_path / library.__name__ / name
        path.parent.mkdir()
        library.save(obj(library), path)
        with zipfile.ZipFile(path) as archive:
            folder = archive.namelist()[0].partition("/")[0]
            place = archive.getinfo(f"{folder}/.data/serialization_id").header_offset
        contents.append(path.read_bytes()[:place])  # what comes then depends on a hash of C++'s library
    assert contents[0] == contents[1]


def _filled(t: ModuleType) -> Any:
    model = _model(t)
    for value in model.state_dict().values():
        value.fill_(1)
    return model


def test_files_without_checksums_and_byte_order(torch: ModuleType) -> None:
    file = io.BytesIO()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(torch.arange(3), file, _disable_byteorder_record=True)
    finally:
        torch.serialization.set_crc32_options(True)
    file.seek(0)
    assert flambeau.load(file).tolist() == [0, 1, 2]


def test_unsafe_globals_are_the_same(torch: ModuleType) -> None:
    file = io.BytesIO()
    torch.save([frozenset([1]), slice(1), torch.ones(1)], file)
    found = []
    for library in (torch, flambeau):
        file.seek(0)
        found.append(sorted(library.serialization.get_unsafe_globals_in_checkpoint(file)))
    assert found[0] == found[1]


def test_files_made_without_data_are_exchanged(torch: ModuleType) -> None:
    for source, target in ((torch, flambeau), (flambeau, torch)):
        with source.serialization.skip_data():
            assert moved(source.arange(1, 4), source, target).tolist() == [0, 0, 0]
