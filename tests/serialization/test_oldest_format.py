"""Files from before PyTorch 0.2: tar archives, which are read where they are trusted."""

from __future__ import annotations

import io
import struct
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

import flambeau

STORAGES = b"I2\n." + b"".join([
    b"(I11\nVcpu\nctorch\nFloatStorage\nt.", struct.pack("<q6f", 6, *range(6)),
    b"(I12\nVcpu\nctorch\nLongStorage\nt.", struct.pack("<q2q", 2, -1, 1 << 40),
    b"((I13\nI11\nI2\nI4\ntl.",  # 13 is a part of 11: 4 elements from the third on
])  # fmt: skip
TENSORS = b"I3\n." + b"".join([
    b"(I21\nI11\nctorch\nFloatTensor\nt.", struct.pack("<ii2q2qq", 2, 0, 2, 3, 3, 1, 0),
    b"(I22\nI13\nctorch\nFloatTensor\nt.", struct.pack("<iiqqq", 1, 0, 2, 2, 1),
    b"(I23\nI12\nctorch\nLongTensor\nt.", struct.pack("<iiqqq", 1, 0, 2, 1, 0),
])  # fmt: skip
# {"all": 21, "some": 22, "long": 23, "epoch": 5}
PICKLE = b"(Vall\nP21\nVsome\nP22\nVlong\nP23\nVepoch\nI5\nd."


def archive(**parts: bytes) -> io.BytesIO:
    """A tar archive of these parts."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:", format=tarfile.PAX_FORMAT) as tar:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    file.seek(0)
    return file


def test_tensors_views_of_storages_and_numbers() -> None:
    found = flambeau.load(archive(storages=STORAGES, tensors=TENSORS, pickle=PICKLE), weights_only=False)
    assert found["all"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert found["some"].tolist() == [3.0, 5.0]
    assert found["long"].tolist() == [-1, 1 << 40]
    assert found["epoch"] == 5
    found["all"][1, 0] = 9
    assert found["some"][0].item() == 9


@pytest.mark.oracle
def test_pytorch_reads_the_same(torch: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(archive(storages=STORAGES, tensors=TENSORS, pickle=PICKLE).getvalue())
    theirs, ours = (library.load(path, weights_only=False) for library in (torch, flambeau))
    assert {key: getattr(each, "tolist", lambda: None)() for key, each in ours.items()} == {
        key: getattr(each, "tolist", lambda: None)() for key, each in theirs.items()
    }
    assert [ours[key].stride() for key in ("all", "some")] == [theirs[key].stride() for key in ("all", "some")]


@pytest.mark.oracle
def test_it_is_refused_where_it_is_not_trusted(torch: ModuleType, tmp_path: Path) -> None:
    path, errors = tmp_path / "a.tar", []
    path.write_bytes(archive(storages=STORAGES, tensors=TENSORS, pickle=PICKLE).getvalue())
    for library in (flambeau, torch):
        with pytest.raises(
            RuntimeError, match="Cannot use ``weights_only=True`` with files saved in the legacy .tar"
        ) as caught:
            library.load(path)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"readme": b"text"}, "a tar archive without 'storages'"),
        ({"storages": STORAGES[:-40]}, "larger than the file|ends too early|exhausted|pickle|unpack"),
        ({"storages": STORAGES, "tensors": TENSORS.replace(b"I13", b"I99"), "pickle": PICKLE}, "names the object 99"),
        ({"storages": STORAGES, "tensors": TENSORS.replace(struct.pack("<ii2q", 2, 0, 2, 3), struct.pack("<ii2q", 2, 0, 2, 9)),
          "pickle": PICKLE}, "out of bounds|storage"),
        ({"storages": STORAGES.replace(struct.pack("<q", 6), struct.pack("<q", 1 << 50), 1)}, "larger than the file"),
    ],
)  # fmt: skip
def test_damage(parts: dict[str, bytes], message: str) -> None:
    with pytest.raises((RuntimeError, EOFError, struct.error, Exception), match=message):
        flambeau.load(archive(**parts), weights_only=False)
