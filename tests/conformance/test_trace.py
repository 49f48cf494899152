"""The memory in which a process that may die says where it is."""

from __future__ import annotations

import os

from flambeau.backend import checking
from flambeau_conformance.trace import Trace, noted


def test_a_process_that_a_kernel_forks_says_nothing_of_the_case() -> None:
    trace = Trace()
    checking.watchers.remove(trace._note)  # it watches this process's kernels otherwise
    shared = trace.share()
    trace.keep_to_this_process()
    trace.at("cosh/value/plain/float32")
    trace._note("cosh")
    child = os.fork()
    if not child:
        trace.at("sqrt/value/plain/float32")
        trace._note("to_host")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert noted(shared) == ("cosh/value/plain/float32", "cosh")
