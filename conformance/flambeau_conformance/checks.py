"""What cases check with: plain functions, because ``assert`` statements vanish under ``python -O``."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

from flambeau.backend.selection import default_place

__all__ = ["CheckError", "expect", "expect_equal", "expect_printed", "expect_raises", "has_words", "quietly", "wait"]


class CheckError(AssertionError):
    """A check of a case did not hold."""


def expect(condition: object, message: str) -> None:
    """Check that something holds.

    Raises:
        CheckError: it does not.
    """
    if not condition:
        raise CheckError(message)


def expect_equal(found: Any, expected: Any, what: str = "the result") -> None:
    """Check that two plain values are equal and of one type.

    Raises:
        CheckError: they are not.
    """
    expect(type(found) is type(expected) and found == expected, f"{what} is {found!r}, expected {expected!r}")


def expect_raises(
    call: Callable[[], object], raises: type[BaseException] | tuple[type[BaseException], ...], pattern: str = ""
) -> None:
    """Check that a call raises, with a message in which a pattern is found.

    Raises:
        CheckError: it raises nothing, or the message is another one. Another class of exception goes through.
    """
    classes = raises if isinstance(raises, tuple) else (raises,)
    try:
        call()
        wait()
    except classes as error:
        text = str(error)
        expect(re.search(pattern, text), f"the message {text!r} does not match {pattern!r}")
        expect(has_words(error), f"the error says only {text!r}")
        return
    raise CheckError(f"nothing was raised, expected {' or '.join(each.__name__ for each in classes)}")


def wait() -> None:
    """Wait for the device in use where it computes asynchronously: then what it was given is refused."""
    place = default_place()
    if place.backend.asynchronous:
        place.backend.synchronize(place.index)


def has_words(error: BaseException) -> bool:
    """Whether an error says more than a short word; of those whose class says it all, or that name a key, nothing is asked."""
    return (
        type(error) not in (IndexError, RuntimeError, TypeError, ValueError)
        or " " in str(error)
        or len(str(error)) > 10
    )


def expect_printed(found: str, expected: str) -> None:
    """Check that what is printed is a text, but for the device, which is the backend's.

    Raises:
        CheckError: it is not.
    """
    bare = re.sub(r",\s+device='[^']*'", "", found)
    if bare != found:  # the device has moved the line breaks
        expect_equal(bare.split(), expected.split(), "the text, but for its line breaks")
    else:
        expect_equal(found, expected, "the text")


def quietly(call: Callable[[], Any]) -> Any:
    """What a call gives that may warn: of what is old, or differs between the two libraries."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()
