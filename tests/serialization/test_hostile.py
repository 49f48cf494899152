"""Files that are damaged or mean harm: an error that says what is wrong, and nothing of what they ask for."""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

import checkpoint_fuzz
import flambeau as torch
from checkpoint_fuzz import members, packed, sample, saved, with_pickle
from flambeau.serialization._unpickling import _OPERATIONS, WeightsUnpickler


def loaded_with(data: bytes, **options: Any) -> Any:
    """What a file gives whose pickle is ``data``; it has the storages "0" to "2", of 24 and 3 floats and 7 integers."""
    return torch.load(io.BytesIO(with_pickle(_content(), data)), **options)


@cache
def _content() -> bytes:
    return saved([torch.arange(24.0), torch.arange(3.0), torch.arange(7)])


def _storage(type: str = "FloatStorage", key: str = "0", count: int = 24, location: str = "cpu") -> bytes:
    texts = [b"X" + struct.pack("<I", len(text)) + text.encode() for text in ("storage", key, location)]
    return b"(" + texts[0] + f"ctorch\n{type}\n".encode() + texts[1] + texts[2] + _dumped(count) + b"tQ"


def _dumped(value: Any) -> bytes:
    return pickle.dumps(value, 2)[2:-1]


def _tensor(storage: bytes, *arguments: Any, more: bytes = b"") -> bytes:
    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + b"".join(map(_dumped, arguments))
        + b"\x89}"
        + more
        + b"tR."
    )


@pytest.mark.parametrize("arguments", [
    (0, (25,), (1,)), (1, (24,), (1,)), (0, (2,), (24,)), (24, (1,), (1,)), (-1, (1,), (1,)), (0, (1 << 62,), (1,)),
    (0, (2, 3), (1,)), (0, (-1,), (1,)), (0, (2,), (-1,)), (0, (1 << 40, 1 << 40), (0, 0)), (0.5, (1,), (1,)), (0, [1], (1,)),
    (0, (True, None), (1, 1)), (0, ("1",), (1,)), (0, (1,) * 65, (1,) * 65), (1 << 70, (1,), (1,)),
])  # fmt: skip
def test_tensors_outside_of_their_storage(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(
        (RuntimeError, pickle.UnpicklingError), match=r"out of bounds|size|stride|offset|ints|dimensions|overflow"
    ):
        loaded_with(_tensor(_storage(), *arguments))
    assert loaded_with(_tensor(_storage(), 20, (2, 2), (2, 1))).tolist() == [[20, 21], [22, 23]]


@pytest.mark.parametrize(("storage", "message"), [
    (_storage(count=25), "the pickle says 25 elements of torch.float32, and it has 96 bytes"),
    (_storage(count=1 << 59), "the pickle says"), (_storage(count=-1), "no size"), (_storage(count=True), "no size"),
    (_storage("DoubleStorage"), "the pickle says 24 elements of torch.float64"),
    (_storage(key="9"), "failed locating file data/9: file not found"),
    (_storage(key="../data.pkl"), "failed locating file"), (_storage("QInt8Storage"), "quantised"),
    (_storage("NoStorage"), "Unsupported global: GLOBAL torch.NoStorage"),
    (_storage(location="nowhere"), "don't know how to restore data location"),
    (b"X\x01\0\0\0aQ", "persistent_load id must be tuple or int"), (b"K\1Q", "a tuple of a word"),
    (b")Q", "Only persistent_load of storage"),
    (b"X\x01\0\0\0a\x85Q", "Only persistent_load of storage"), (b"X\x07\0\0\0storage\x85Q", "a tuple of a word"),
])  # fmt: skip
def test_storages_that_are_not_as_they_say(storage: bytes, message: str) -> None:
    with pytest.raises((RuntimeError, pickle.UnpicklingError), match=message):
        loaded_with(_tensor(storage, 0, (1,), (1,)))


@pytest.mark.parametrize("obj", [
    os.system, eval, exec, getattr, open, __import__, pickle.loads, sys.exit, torch.load, torch.hub.load_state_dict_from_url,
])  # fmt: skip
def test_functions_are_named_and_not_called(obj: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    class Call:
        def __reduce__(self) -> Any:
            return obj, ("touch called",)

    with pytest.raises(
        pickle.UnpicklingError, match=r"Unsupported global: GLOBAL \S+ was not an allowed|whose module \w+ is blocked"
    ):
        torch.load(io.BytesIO(saved(Call())))
    assert not os.listdir(tmp_path)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("code", range(256))
def test_every_opcode_without_what_it_wants(code: int) -> None:
    for before in (b"", b"N", b"NN", b"(", b"(N", b"]", b"}K\1", b"((", b"\x88\x85"):
        for after in (b"", b"\0", b"\xff\xff\xff\xff", b"a\nb\n"):
            with suppress(pickle.UnpicklingError, EOFError):
                loaded_with(b"\x80\x02" + before + bytes([code]) + after + b".")
    if code not in _OPERATIONS and code != ord("."):
        with pytest.raises(pickle.UnpicklingError, match=f"Unsupported operand {code}"):
            loaded_with(b"\x80\x02" + bytes([code]))


@pytest.mark.parametrize("data", [
    b"\x80\x02cbuiltins\nprint\n)R.", b"\x80\x02K\1)R.", b"\x80\x02ctorch\nfloat32\n)R.", b"\x80\x02ctorch\nTensor\n)\x81.",
    b"\x80\x02ctorch\nFloatStorage\nK\1\x85R.", b"\x80\x02ctorch\nFloatTensor\nK\1\x85R.", b"\x80\x02}}b.", b"\x80\x02]}b.",
    b"\x80\x02ccollections\nOrderedDict\n)R]b.", b"\x80\x02ccollections\nOrderedDict\n)R}K\1K\2sb.",
    b"\x80\x02c__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85R.", b"\x80\x02c_codecs\nencode\nX\1\0\0\0aX\4\0\0\0zlib\x86R.",
    b"\x80\x02ctorch\nSize\nX\1\0\0\0a\x85R.", b"\x80\x02ctorch\ndevice\nK\1\x85R.",
    b"\x80\x02ctorch\ndevice\nX\3\0\0\0lpu\x85R.",
    b"\x80\x02ctorch.serialization\n_get_layout\nX\1\0\0\0a\x85R.", b"\x80\x02ctorch.nn.parameter\nParameter\nK\1\x85R.",
    b"\x80\x02c__builtin__\ncomplex\nX\2\0\0\x001j\x85R.", b"\x80\x02c__builtin__\nset\nK\1\x85R.",
    b"\x80\x02c__builtin__\nset\n]]a\x85R.", b"\x80\x02}]K\1s.", b"\x80\x02}(K\1u.", b"\x80\x02]K\1K\1s.",
    b"\x80\x02ccollections\nCounter\n]\x85R.", b"\x80\x02ccollections\nOrderedDict\nK\1\x85R.",
])  # fmt: skip
def test_calls_that_do_not_fit(data: bytes) -> None:
    with pytest.raises((pickle.UnpicklingError, RuntimeError)) as caught:
        loaded_with(data)
    assert str(caught.value)


def test_no_attribute_of_the_library_is_set_on_a_tensor() -> None:
    for name in ("_array", "_type", "shape", "__class__", "grad", "add"):
        state = _dumped({name: 1})
        for given in (state, b"N" + state + b"\x86"):
            data = (
                b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nctorch\nTensor\n("
            )
            data += _storage() + b"K\0K\1\x85K\1\x85\x89}t" + given + b"tR."
            with pytest.raises(pickle.UnpicklingError, match=f"a file may not set the attribute '{name}' of a tensor"):
                loaded_with(data)


def test_indices_of_sparse_tensors_are_checked() -> None:
    for older in (False, True):
        x = torch.sparse_coo_tensor([[0, 2]], [1.0, 2.0], (3,))
        x._size = torch.Size([2])
        with pytest.raises(RuntimeError, match="size is inconsistent with indices|out of bounds|must be"):
            torch.load(io.BytesIO(saved(x, _use_new_zipfile_serialization=not older)))


@pytest.mark.parametrize("make", [
    lambda n: b"(" * n, lambda n: b"]" * n, lambda n: b"\x8f" * n + b".",
    lambda n: b"c_codecs\nencode\nq\0X\xa0\x86\1\0" + b"a" * 100_000 + b"X\6\0\0\0latin1\x86q\1" + b"h\0h\1R" * n,
])  # fmt: skip
def test_bombs(make: Callable[[int], bytes]) -> None:
    with pytest.raises((pickle.UnpicklingError, EOFError), match="nested|containers|Ran out of input"):
        loaded_with(b"\x80\x02" + make(1_000_000))


def test_keys_that_take_for_ever_to_hash() -> None:
    nested = b"K\1q\0" + b"h\0h\0\x86q\0" * 60
    for data in (
        nested + b"}h\0K\1s.",
        nested + b"c__builtin__\nset\n]h\0a\x85R.",
        b"}" + _dumped(1 << 70) + b"K\1s.",
    ):
        with pytest.raises(pickle.UnpicklingError, match="a key in the pickle is larger than keys are"):
            loaded_with(b"\x80\x02" + data)


def test_conjugates_of_what_is_repeated_are_not_made() -> None:
    content = saved([torch.ones(2, dtype=torch.complex64)])
    storage = _storage("ComplexFloatStorage", count=2)
    data = _tensor(storage, 0, (1 << 30,), (0,), more=b"}X\4\0\0\0conj\x88s")
    with pytest.raises(
        pickle.UnpicklingError, match="the pickle makes more of its storages than a file of its size holds"
    ):
        torch.load(io.BytesIO(with_pickle(content, data)))


def test_deep_nesting_is_loaded_or_refused() -> None:
    obj: Any = []
    for _ in range(200):
        obj = [obj]
    assert torch.load(io.BytesIO(saved(obj))) == obj
    with pytest.raises(pickle.UnpicklingError, match="nested deeper than 10000 levels"):
        loaded_with(b"\x80\x02" + b"(" * 20_000)


# -- archives ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "archive/../../evil", "archive\\..\\evil"])
def test_names_that_lead_out_of_the_archive(name: str) -> None:
    with pytest.raises(RuntimeError, match="leads out of the archive"):
        torch.load(io.BytesIO(packed([*members(_content()), (name, b"evil")])))


def test_compressed_records_are_refused_before_they_grow() -> None:
    content = packed(
        [(name, bytes(1 << 26) if name.endswith("/0") else data) for name, data in members(_content())],
        zipfile.ZIP_DEFLATED,
    )
    assert len(content) < 200_000
    with pytest.raises(RuntimeError, match="it is compressed or encrypted"):
        torch.load(io.BytesIO(content))


def test_records_that_overlap_are_refused() -> None:
    content = bytearray(_content())
    first = content.find(b"PK\1\2")
    second = content.find(b"PK\1\2", first + 4)
    content[second + 42 : second + 46] = bytes(4)  # where the first record is
    with pytest.raises(RuntimeError, match="it overlaps what comes behind it"):
        torch.load(io.BytesIO(content))


def test_records_with_one_name_are_refused() -> None:
    records = members(_content())
    with pytest.raises(RuntimeError, match="two records have one name"):
        torch.load(io.BytesIO(packed([*records, records[0]])))


def test_every_truncation_is_an_error() -> None:
    content = _content()
    for length in range(0, len(content), 37):
        with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError)) as caught:
            torch.load(io.BytesIO(content[:length]))
        assert str(caught.value)


def test_every_changed_byte_of_the_data_is_found() -> None:
    x = torch.arange(40, dtype=torch.uint8)
    content = saved(x)
    place = content.index(bytes(range(40)))
    for offset in range(40):
        damaged = bytearray(content)
        damaged[place + offset] ^= 4
        with pytest.raises(RuntimeError, match="failed reading file data/0: its checksum is another one"):
            torch.load(io.BytesIO(damaged))


@pytest.mark.parametrize(
    "content", [b"hello world", b"\x80\x02}.", b"PK\3\4" + bytes(100), b"\x93NUMPY", b"{}", b"\x89HDF\r\n"]
)
def test_what_is_no_checkpoint(content: bytes) -> None:
    for weights_only in (True, False):
        with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError)) as caught:
            torch.load(io.BytesIO(content), weights_only=weights_only)
        assert str(caught.value)


@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello world", "begins with b'hello world'; what torch.save writes"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS, for which `git lfs pull`"),
        (b"<!DOCTYPE html>", "a page of the web"),
        (b"{}", "begins with b'{}'"),
        (b"\x93NUMPY" + bytes(80), "NUMPY"),
    ],
)
def test_what_is_no_pickle_is_not_advised_to_be_trusted(content: bytes, said: str, weights_only: bool) -> None:
    with pytest.raises(pickle.UnpicklingError, match="^the file is no checkpoint") as caught:
        torch.load(io.BytesIO(content), weights_only=weights_only)
    assert said in str(caught.value)
    assert "weights_only" not in str(caught.value)


@pytest.mark.parametrize("weights_only", [True, False])
def test_an_empty_file(weights_only: bool) -> None:
    buffer = io.BytesIO()
    with pytest.raises(EOFError, match="Ran out of input: the file is empty"):
        torch.load(buffer, weights_only=weights_only)
    torch.save(torch.ones(1), buffer)
    with pytest.raises(EOFError, match=r"read to its end and needs seek\(0\)"):
        torch.load(buffer, weights_only=weights_only)


def test_the_older_format_with_sizes_that_lie() -> None:
    content = saved(torch.arange(5), _use_new_zipfile_serialization=False)
    for place, value in ((-48, 6), (-48, 1 << 62)):
        damaged = bytearray(content)
        damaged[len(content) + place : len(content) + place + 8] = value.to_bytes(8, "little")
        with pytest.raises(RuntimeError, match="has another size than the pickle says"):
            torch.load(io.BytesIO(damaged))
    huge = content.replace(b"K\x05Ntq", _dumped(1 << 50) + b"Ntq", 1)
    with pytest.raises((RuntimeError, pickle.UnpicklingError), match="larger than the file|damaged"):
        torch.load(io.BytesIO(huge))


# -- what the program allows -------------------------------------------------------------------------------------------


class Point:
    def __init__(self, x: int = 0) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and other.x == self.x

    __hash__ = None  # type: ignore[assignment]


class Slotted:
    __slots__ = ("a",)


def test_classes_that_the_program_allows() -> None:
    slotted = Slotted()
    slotted.a = 5
    content = saved([Point(3), slotted])
    path = f"{Point.__module__}.Point"
    unsafe = torch.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(content))
    assert unsafe == [path, f"{Point.__module__}.Slotted"]
    with pytest.raises(pickle.UnpicklingError, match="Point was not an allowed global"):
        torch.load(io.BytesIO(content))
    with torch.serialization.safe_globals([Point, Slotted]):
        assert torch.serialization.get_safe_globals() == [Point, Slotted]
        assert torch.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(content)) == []
        loaded = torch.load(io.BytesIO(content))
    assert loaded[0] == Point(3)
    assert loaded[1].a == 5
    assert torch.serialization.get_safe_globals() == []


def test_functions_under_another_name() -> None:
    data = b"\x80\x02cold.place\nmaker\nK\4\x85R."
    torch.serialization.add_safe_globals([(Point, "old.place.maker")])
    try:
        assert loaded_with(data) == Point(4)
    finally:
        torch.serialization.clear_safe_globals()
    with pytest.raises(pickle.UnpicklingError):
        loaded_with(data)
    for wrong, error in (((Point, "a", "b"), ValueError), ((Point, 3), TypeError)):
        with torch.serialization.safe_globals([wrong]), pytest.raises(error, match="Expected"):  # type: ignore[list-item]
            loaded_with(data)


def test_modules_that_are_never_allowed() -> None:
    with (
        torch.serialization.safe_globals([os.system]),
        pytest.raises(pickle.UnpicklingError, match="whose module posix is blocked"),
    ):
        loaded_with(b"\x80\x02cposix\nsystem\nX\4\0\0\0true\x85R.")


def test_errors_of_what_the_program_allows_are_its_own() -> None:
    def fail(value: int) -> None:
        raise KeyError("mine")

    with torch.serialization.safe_globals([(fail, "x.fail")]), pytest.raises(KeyError, match="mine"):
        loaded_with(b"\x80\x02cx\nfail\nK\1\x85R.")


def test_another_protocol_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="Detected pickle protocol 3 in the checkpoint"):
        assert loaded_with(b"\x80\x03K\1.") == 1


def test_strings_of_python_2() -> None:
    assert loaded_with(b"\x80\x02U\x02\xc3\xa4.") == "ä"
    assert loaded_with(b"\x80\x02U\x01\xe4.", encoding="latin1") == "ä"
    assert loaded_with(b"\x80\x02U\x01\xe4.", encoding="bytes") == b"\xe4"
    with pytest.raises(pickle.UnpicklingError, match="damaged at byte"):
        loaded_with(b"\x80\x02U\x01\xe4.")


def test_a_pickle_that_goes_on_behind_its_end() -> None:
    file = io.BytesIO(b"\x80\x02K\1.rest")
    assert WeightsUnpickler(file, 9, lambda reference: None).load() == 1
    assert file.read() == b"rest"


def test_metadata_of_state_dicts_is_kept() -> None:
    state = OrderedDict(a=torch.ones(1))
    state._metadata = {"": {"version": 2}}  # type: ignore[attr-defined]
    assert torch.load(io.BytesIO(saved(state)))._metadata == {"": {"version": 2}}


@pytest.mark.skipif(sys.platform == "win32", reason="has no limits for processes")
def test_five_hundred_mutated_files() -> None:
    tally, wrong = checkpoint_fuzz.run(500, seed=0)
    assert not wrong
    assert sum(tally.values()) == 500
    assert tally["loaded"] > 20
    assert sample()["steps"] == 12
