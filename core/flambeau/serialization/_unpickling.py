"""Reads pickles without trusting them: an interpreter of those opcodes that PyTorch's ``weights_only`` knows.

It calls nothing that a file brings. The functions and classes that a pickle may name stand in a table, each with what
checks its arguments; those that the program allows in addition are called as they are. What a pickle may make is bounded by
its size, so that a small one does not fill the memory.
"""

from __future__ import annotations

import warnings
from _codecs import encode
from collections import Counter, OrderedDict
from pickle import UnpicklingError, decode_long
from struct import Struct
from struct import error as StructError  # noqa: N812 (an exception in lower case)
from typing import TYPE_CHECKING, Any, Final

from flambeau._tensor import Tensor
from flambeau.devices import device
from flambeau.errors import level_of_caller
from flambeau.nn.parameter import Parameter
from flambeau.shapes import Size

from ._names import allowed_globals, lacking, modern
from ._rebuilding import REBUILDERS
from ._settings import user_globals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


__all__ = ["WeightsUnpickler", "globals_in"]

_BLOCKED = ("sys", "os", "posix", "nt")
_LONGEST_NAME = 4096
_MOST_MARKS = 10_000
_LARGEST_KEY = 10_000
"""So many parts a tuple may have that is a key: what is hashed is walked through."""

_ROOM = 32 << 20
_ROOM_PER_BYTE = 24
"""Bytes that the containers of a pickle may take: a part for all, and a part for each byte of it."""

_DAMAGES = (IndexError, KeyError, TypeError, ValueError, OverflowError, AttributeError, StructError, RecursionError)
_INT, _SHORT, _LENGTH, _FLOAT = Struct("<i"), Struct("<H"), Struct("<I"), Struct(">d")


class _Source:
    """The bytes of a pickle, of a file that may go on behind it."""

    def __init__(self, file: Any, size: int) -> None:
        self.left = self.size = size
        self._file_read, self._file_readline = file.read, file.readline

    def read(self, count: int) -> bytes:
        """So many bytes.

        Raises:
            EOFError: there are fewer.
        """
        if count > self.left:
            raise EOFError("Ran out of input: the pickle ends before it is complete")
        content: bytes = self._file_read(count)
        if len(content) != count:
            raise EOFError("Ran out of input: the pickle ends before it is complete")
        self.left -= count
        return content

    def line(self) -> str:
        """What comes before the next line break.

        Raises:
            UnpicklingError: it is longer than names are.
        """
        content = self._file_readline(_LONGEST_NAME)
        self.left -= len(content)
        if not content.endswith(b"\n"):
            raise UnpicklingError("a name in the pickle has no end")
        return str(content[:-1].decode())


def _name(source: _Source) -> tuple[str, str]:
    """The module and the name of a function or a class."""
    return modern(source.line(), source.line())


class WeightsUnpickler:
    """An interpreter of one pickle.

    Args:
        file: stands where the pickle begins; stands behind it afterwards.
        size: how many bytes the file has from there.
        persistent_load: gives the storage for what stands for it.
        encoding: of strings of Python 2; ``"bytes"`` keeps them as bytes.

    Raises:
        UnpicklingError: the pickle is damaged, or wants more than it may.
        EOFError: it ends too early.
    """

    def __init__(self, file: Any, size: int, persistent_load: Callable[[Any], Any], *, encoding: str = "utf-8") -> None:
        self._source = _Source(file, size)
        self._persistent_load = persistent_load
        self._encoding = encoding
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._user = user_globals()
        self._outside = False
        self._room = _ROOM + _ROOM_PER_BYTE * size

    def load(self) -> Any:
        """What was pickled."""
        read, operations = self._source.read, _OPERATIONS
        code = 0
        try:
            while True:
                code = read(1)[0]
                if code == _STOP:
                    return self._stack.pop()
                operation = operations.get(code)
                if operation is None:
                    raise UnpicklingError(f"Unsupported operand {code}")
                operation(self)
        except _DAMAGES as error:
            if self._outside:
                raise
            place = self._source.size - self._source.left
            raise UnpicklingError(
                f"the pickle is damaged at byte {place}, operand {code}: {type(error).__name__}: {str(error)[:500]}"
            ) from error

    # -- names --------------------------------------------------------------------------------------------------------

    def _global(self) -> None:
        module, name = _name(self._source)
        full = f"{module}.{name}"
        if module in _BLOCKED:
            raise UnpicklingError(f"Trying to load unsupported GLOBAL {full} whose module {module} is blocked.")
        if full in self._user:
            self._stack.append(self._user[full])
        elif full in allowed_globals():
            self._stack.append(allowed_globals()[full])
        else:
            lacking(full)
            shown = full.removeprefix("builtins.")
            raise UnpicklingError(
                f"Unsupported global: GLOBAL {shown} was not an allowed global by default. Please use "
                f"`torch.serialization.add_safe_globals([{shown}])` or the `torch.serialization.safe_globals([{shown}])` context "
                "manager to allowlist this global if you trust this class/function."
            )

    def _allowed_by_user(self, value: Any) -> bool:
        return any(value is allowed for allowed in self._user.values())

    # -- calls --------------------------------------------------------------------------------------------------------

    def _reduce(self) -> None:
        arguments = self._stack.pop()
        function = self._stack[-1]
        self._stack[-1] = self._called(function, arguments, "call reduce for unrecognized function")

    def _new_object(self) -> None:
        arguments = self._stack.pop()
        cls = self._stack.pop()
        if isinstance(cls, type) and self._allowed_by_user(cls):
            self._stack.append(self._leave(cls.__new__, cls, *_tuple(arguments)))
        else:
            self._stack.append(self._called(cls, arguments, "create an object of"))

    def _called(self, function: Any, arguments: Any, doing: str) -> Any:
        own = _CALLS.get(id(function))
        if own is not None:
            made = own(*_tuple(arguments))
            self._take(_bytes_of(made))
            return made
        if self._allowed_by_user(function):
            return self._leave(function, *_tuple(arguments))
        what = (
            f"{function.__module__}.{function.__qualname__}" if isinstance(function, type) else type(function).__name__
        )
        raise UnpicklingError(f"Trying to {doing} {what}")

    def _leave(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call what the program has allowed: its errors are its own."""
        self._outside = True
        result = function(*arguments)
        self._outside = False
        return result

    def _build(self) -> None:
        state = self._stack.pop()
        made = self._stack[-1]
        if type(made) is OrderedDict:
            _set_attributes(made, state)
        elif self._allowed_by_user(type(made)):
            if hasattr(made, "__setstate__"):
                self._leave(made.__setstate__, state)
            else:
                slots = None
                if isinstance(state, tuple) and len(state) == 2:
                    state, slots = state
                if state:
                    _set_attributes(made, state)
                for name, value in (slots or {}).items():
                    setattr(made, name, value)
        else:
            raise UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{type(made)}"
            )

    # -- containers ---------------------------------------------------------------------------------------------------

    def _take(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise UnpicklingError("the pickle makes more containers than one of its size needs")

    def _mark(self) -> None:
        if len(self._below) >= _MOST_MARKS:
            raise UnpicklingError(f"the pickle is nested deeper than {_MOST_MARKS} levels")
        self._below.append(self._stack)
        self._stack = []

    def _marked(self) -> list[Any]:
        items = self._stack
        self._stack = self._below.pop()
        return items

    def _empty(self, make: Callable[[], Any], size: int) -> None:
        self._take(size)
        self._stack.append(make())

    def _append(self) -> None:
        item = self._stack.pop()
        self._list("append to").append(item)

    def _appends(self) -> None:
        items = self._marked()
        self._list("extend").extend(items)

    def _list(self, doing: str) -> list[Any]:
        target = self._stack[-1]
        if type(target) is not list:
            raise UnpicklingError(f"Can only {doing} lists, but got {type(target)}")
        return target

    def _set_item(self) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._dict("SETITEM")[_key(key)] = value

    def _set_items(self) -> None:
        items = self._marked()
        target = self._dict("SETITEMS")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key if key.__class__ is str else _key(key)] = value

    def _dict(self, operation: str) -> dict[Any, Any]:
        target = self._stack[-1]
        if type(target) not in (dict, OrderedDict, Counter):
            raise UnpicklingError(
                f"Can only {operation} for dict, collections.OrderedDict, collections.Counter, but got {type(target)}"
            )
        return target  # type: ignore[no-any-return]

    def _tuple(self) -> None:
        items = self._marked()
        self._take(56 + 8 * len(items))
        self._stack.append(tuple(items))

    def _tuple_of(self, count: int) -> None:
        if len(self._stack) < count:
            raise IndexError("stack underflow")
        self._take(56 + 8 * count)
        self._stack[-count:] = [tuple(self._stack[-count:])]

    # -- values -------------------------------------------------------------------------------------------------------

    def _text(self) -> None:
        size = _LENGTH.unpack(self._source.read(4))[0]
        self._stack.append(str(self._source.read(size), "utf-8", "surrogatepass"))

    def _old_text(self) -> None:
        content = self._source.read(self._source.read(1)[0])
        self._stack.append(content if self._encoding == "bytes" else content.decode(self._encoding, "strict"))

    def _long(self) -> None:
        self._stack.append(decode_long(self._source.read(self._source.read(1)[0])))

    def _number(self, form: Struct) -> None:
        self._stack.append(form.unpack(self._source.read(form.size))[0])

    def _stored(self) -> None:
        reference = self._stack.pop()
        if type(reference) is not tuple and type(reference) is not int:
            raise UnpicklingError(f"persistent_load id must be tuple or int, but got {type(reference)}")
        if type(reference) is tuple and reference[:1] not in (("storage",), (b"storage",)):
            raise UnpicklingError("Only persistent_load of storage is allowed")
        self._stack.append(self._leave(self._persistent_load, reference))  # which may ask the program

    def _get(self, index: int) -> None:
        if index not in self._memo:
            raise UnpicklingError(f"Memo value not found at index {index}")
        self._stack.append(self._memo[index])

    def _put(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _protocol(self) -> None:
        protocol = self._source.read(1)[0]
        if protocol != 2:
            warnings.warn(
                f"Detected pickle protocol {protocol} in the checkpoint, which was not the default pickle protocol used by "
                "`torch.load` (2). The weights_only Unpickler might not support all instructions implemented by this protocol, "
                "please file an issue for adding support if you encounter this.",
                UserWarning,
                stacklevel=level_of_caller(),
            )


def _bytes_of(made: Any) -> int:
    """What an object that was made takes, about."""
    if isinstance(made, Tensor):
        return 1000
    if isinstance(made, (bytes, bytearray)):
        return 56 + len(made)
    return 240 + 104 * len(made) if isinstance(made, (dict, set, tuple)) else 56


def _tuple(arguments: Any) -> tuple[Any, ...]:
    if type(arguments) is not tuple:
        raise UnpicklingError(f"the arguments of a call are a tuple, not a {type(arguments).__name__}")
    return arguments


def _set_attributes(made: Any, state: Any) -> None:
    if type(state) is not dict or not all(type(name) is str for name in state):
        raise UnpicklingError(f"the attributes of an object are a dict by names, not a {type(state).__name__}")
    vars(made).update(state)


def _key(key: Any) -> Any:
    """A key of a dict, or a member of a set, if it can be hashed in the time that one takes."""
    parts, budget = [key], _LARGEST_KEY
    while parts:
        part = parts.pop()
        budget -= 1
        if isinstance(part, tuple) and budget >= len(part):
            parts.extend(part)
        elif budget < 0 or isinstance(part, tuple) or (isinstance(part, int) and part.bit_length() > 64):
            raise UnpicklingError("a key in the pickle is larger than keys are")
        elif type(part).__hash__ is None:
            raise UnpicklingError(f"unhashable type: '{type(part).__name__}'")
    return key


# -- what may be called ------------------------------------------------------------------------------------------------


def _ordered_dict(pairs: Any = ()) -> OrderedDict[Any, Any]:
    if type(pairs) not in (tuple, list, dict, OrderedDict):
        raise UnpicklingError("an OrderedDict is made of pairs")
    items = pairs.items() if isinstance(pairs, dict) else pairs
    return OrderedDict((_key(key), value) for key, value in items)


def _counter(counts: Any = None) -> Counter[Any]:
    if type(counts) not in (dict, type(None)):
        raise UnpicklingError("a Counter is made of a dict")
    return Counter(counts)


def _set(members: Any = ()) -> set[Any]:
    if type(members) not in (list, tuple):
        raise UnpicklingError("a set is made of a list")
    return {_key(member) for member in members}


def _bytearray(content: Any = b"", encoding: Any = None) -> bytearray:
    return bytearray(content if type(content) is bytes and encoding is None else _bytes(content, encoding))


def _bytes(text: Any, encoding: Any = "utf-8") -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise UnpicklingError("bytes are made of text in latin-1, utf-8 or ascii")
    return text.encode(encoding)


def _complex(*parts: Any) -> complex:
    if any(type(part) not in (int, float) for part in parts):
        raise UnpicklingError("a complex number is made of two numbers")
    return complex(*parts)


def _size(sizes: Any = ()) -> Size:
    if type(sizes) not in (tuple, list) or any(type(size) is not int for size in sizes):
        raise UnpicklingError("a torch.Size is made of ints")
    return Size(sizes)


def _device(type_: Any, index: Any = None) -> device:
    if type(type_) is not str or not (index is None or type(index) is int):
        raise UnpicklingError("a device is made of a type and an index")
    return device(type_, index)


def _parameter(data: Any = None, requires_grad: Any = True) -> Any:
    if not isinstance(data, Tensor):
        raise UnpicklingError("a Parameter is made of a tensor")
    return Parameter(data, requires_grad)


_CALLS: Final[Mapping[int, Callable[..., Any]]] = {
    id(OrderedDict): _ordered_dict, id(Counter): _counter, id(set): _set, id(bytearray): _bytearray, id(encode): _bytes,
    id(complex): _complex, id(Size): _size, id(device): _device, id(Parameter): _parameter,
    **{id(function): function for function in REBUILDERS.values()},
}  # fmt: skip
"""What is called for a function or class that a pickle names, by the identity of that."""


# -- the opcodes -------------------------------------------------------------------------------------------------------

_STOP: Final = ord(".")
_U = WeightsUnpickler
_OPERATIONS: Final[Mapping[int, Callable[[WeightsUnpickler], None]]] = {
    ord("c"): _U._global, ord("R"): _U._reduce, 0x81: _U._new_object, ord("b"): _U._build,
    ord("a"): _U._append, ord("e"): _U._appends, ord("s"): _U._set_item, ord("u"): _U._set_items,
    ord("("): _U._mark, ord("t"): _U._tuple,
    0x85: lambda self: self._tuple_of(1), 0x86: lambda self: self._tuple_of(2), 0x87: lambda self: self._tuple_of(3),
    ord("N"): lambda self: self._stack.append(None), 0x88: lambda self: self._stack.append(True),
    0x89: lambda self: self._stack.append(False), ord(")"): lambda self: self._stack.append(()),
    ord("]"): lambda self: self._empty(list, 64), ord("}"): lambda self: self._empty(dict, 72),
    0x8F: lambda self: self._empty(set, 224),
    ord("J"): lambda self: self._number(_INT), ord("K"): lambda self: self._stack.append(self._source.read(1)[0]),
    ord("M"): lambda self: self._number(_SHORT), ord("G"): lambda self: self._number(_FLOAT),
    ord("X"): _U._text, ord("U"): _U._old_text, 0x8A: _U._long, ord("Q"): _U._stored,
    ord("h"): lambda self: self._get(self._source.read(1)[0]),
    ord("j"): lambda self: self._get(_LENGTH.unpack(self._source.read(4))[0]),
    ord("q"): lambda self: self._put(self._source.read(1)[0]),
    ord("r"): lambda self: self._put(_LENGTH.unpack(self._source.read(4))[0]),
    0x80: _U._protocol,
}  # fmt: skip

_ARGUMENT_BYTES: Final = {
    ord("J"): 4,
    ord("K"): 1,
    ord("M"): 2,
    ord("G"): 8,
    0x80: 1,
    **dict.fromkeys(b"hq", 1),
    **dict.fromkeys(b"jr", 4),
}
"""How many bytes follow those opcodes that always have as many; none follow the rest."""


def globals_in(file: Any, size: int) -> set[str]:
    """The full names that a pickle asks for, found without building anything of it.

    Raises:
        UnpicklingError: it has an opcode that is not known, or a name without an end.
        EOFError: it ends too early.
    """
    source, found = _Source(file, size), set()
    while True:
        code = source.read(1)[0]
        if code == ord("c"):
            found.add(".".join(_name(source)))
        elif code == ord("X"):
            source.read(_LENGTH.unpack(source.read(4))[0])
        elif code in (ord("U"), 0x8A):
            source.read(source.read(1)[0])
        elif code == _STOP:
            return found
        elif code not in _OPERATIONS:
            raise UnpicklingError(f"Unsupported operand {code}")
        else:
            source.read(_ARGUMENT_BYTES.get(code, 0))
