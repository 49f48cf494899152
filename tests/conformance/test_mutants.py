"""The suite on trial: faults are planted where they are said to be, cases catch them, and nothing of them stays."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path

import pytest

import flambeau
from flambeau.backend.promises import PROMISES
from flambeau.ops import ROWS
from flambeau_conformance import cli, reach
from flambeau_conformance.catalogue import all_cases, matching
from flambeau_conformance.manifest import ManifestError
from flambeau_conformance.model import Case
from flambeau_conformance.mutants import kernel_mutants as module_of_kernels
from flambeau_conformance.mutants import sample, survey, survivors
from flambeau_conformance.mutants.battery import Battery
from flambeau_conformance.mutants.core_mutants import core_mutants, watch_core
from flambeau_conformance.mutants.derivative_faults import derivative_faults
from flambeau_conformance.mutants.faults import Fault
from flambeau_conformance.mutants.forking import alive, forked
from flambeau_conformance.mutants.hanging import Hung, ended_in
from flambeau_conformance.mutants.kernel_faults import confusable, faults_of
from flambeau_conformance.mutants.kernel_mutants import _dtypes, _gets_out, equivalents, kernel_mutants
from flambeau_conformance.mutants.model import Mutant, Verdict
from flambeau_conformance.mutants.runner import Trial
from flambeau_conformance.mutants.seam import Seam
from flambeau_conformance.mutants.source_faults import functions_by_code
from flambeau_conformance.mutants.source_mutants import source_mutants
from flambeau_conformance.mutants.together import Together
from flambeau_conformance.subject import Subject, subject_of


@pytest.fixture(scope="module")
def subject() -> Subject:
    return subject_of("numpy")


@pytest.fixture(scope="module")
def reached(subject: Subject) -> reach.Reach:
    return reach.trace(subject, [*matching("exp/*"), *matching("sort/value/*"), *matching("result_type/*")])


@pytest.fixture
def seam(subject: Subject) -> Iterator[Seam]:
    with subject.in_use():
        yield Seam()


@pytest.fixture
def verdict(subject: Subject, reached: reach.Reach) -> Callable[[Mutant], Verdict]:
    def judge(mutant: Mutant) -> Verdict:
        (found,) = Trial(subject, reached, all_cases(), jobs=1).run([mutant])
        return found

    return judge


# -- what cases reach --------------------------------------------------------------------------------------------------


def test_the_trace_names_ops_kernels_and_the_kinds_of_their_arrays(reached: reach.Reach) -> None:
    found = reached.cases["exp/value/plain/float64"]
    assert found.passed
    assert "exp" in found.ops
    assert "float64" in found.kernels["exp"]
    assert "sort" not in found.kernels
    assert "strided" in reached.cases["exp/noncontiguous/plain/float32"].kernels["exp"]
    assert {"zero-dim", "out"} <= reached.cases["exp/inplace/zero-dim/float32"].kernels["exp"]
    assert "exp_" in reached.cases["exp/inplace/plain/float32"].ops


def test_derivatives_are_told_apart_even_where_their_code_is_equal(subject: Subject) -> None:
    found = reach.trace(subject, [*matching("maximum/gradient/plain/*"), *matching("minimum/gradient/plain/*")])
    for op, other in (("maximum", "minimum"), ("minimum", "maximum")):
        functions = found.cases[f"{op}/gradient/plain/float64"].functions
        assert f"<derivative of {op}>:apply:1" in functions
        assert f"<derivative of {other}>:apply:1" not in functions


def test_the_kernels_are_those_of_before_again_after_a_trace(subject: Subject) -> None:
    with subject.in_use():
        before = flambeau.ones(1)._type.kernels.exp
        reach.trace(subject, matching("exp/value/plain/*"))
        assert flambeau.ones(1)._type.kernels.exp is before


def test_what_is_found_can_be_kept_in_a_file(tmp_path: Path, reached: reach.Reach) -> None:
    reach._write(tmp_path / "reach.json.gz", reached)
    assert reach._read(tmp_path / "reach.json.gz") == reached


def test_a_case_that_never_calls_its_op_is_named(subject: Subject) -> None:
    cases = [
        Case("exp/value/honest/-", "", lambda subject: subject.torch.exp(subject.torch.ones(2))),
        Case("exp/value/idle/-", "", lambda subject: subject.torch.ones(2)),
        Case("programs/value/any/-", "", lambda subject: None),
    ]
    assert reach.misses(cases, reach.trace(subject, cases)) == ["exp/value/idle/-"]


# -- kernels -----------------------------------------------------------------------------------------------------------


def test_every_kernel_has_faults_by_its_declaration(seam: Seam) -> None:
    assert set(seam.names) <= set(PROMISES)
    for kernel in seam.names:
        names = [fault.name for fault in faults_of(seam, kernel)]
        assert len(set(names)) == len(names) > 40
    by_name = {fault.name: fault for fault in faults_of(seam, "argmax")}
    assert {"keepdim always True", "dim is another", "ties broken the other way"} <= set(by_name)
    assert "out ignored" not in by_name


def test_kernels_that_agree_on_much_are_confused(seam: Seam) -> None:
    assert "le" in confusable(seam, "lt")
    assert "trunc" in confusable(seam, "floor")


def test_a_fault_that_changes_nothing_is_told_from_one_that_does(seam: Seam, reached: reach.Reach) -> None:
    battery = Battery(seam, "exp", reached.calls["exp"], frozenset({"float32", "float64"}))
    shows = {fault.name: battery.shows(fault) for fault in faults_of(seam, "exp")}
    assert not shows["negative zero lost"]
    assert not shows["a copy instead of a view"]
    assert shows["all elements"]
    assert shows["last element wrong over 20000"]
    assert shows["out written as contiguous"]
    assert shows["nan read as 0 in a"]


def test_what_is_promised_nowhere_makes_no_fault(seam: Seam, reached: reach.Reach) -> None:
    battery = Battery(seam, "exp", reached.calls["exp"], frozenset({"float32"}))
    table = seam.table
    one, other = (table.full((2, 1), sign * float("nan"), "float32") for sign in (1, -1))
    assert battery._described(one) == battery._described(table.neg(one)) == battery._described(other)
    assert battery._described(one) == battery._described(table.permute(table.reshape(one, (1, 2)), (1, 0)))
    assert battery._described(one) != battery._described(table.full((2, 1), 0.0, "float32"))


def test_arrays_for_results_are_tried_where_core_gives_them(seam: Seam, reached: reach.Reach) -> None:
    assert _gets_out(reached, "exp")
    assert not _gets_out(reached, "sort")
    battery = Battery(seam, "exp", reached.calls["exp"][:1], frozenset({"float32"}), out=False)
    assert not any("out" in arguments for arguments, *_ in battery._cases())


def test_dtypes_that_core_converts_are_none_of_a_kernel(seam: Seam) -> None:
    found = reach.trace(subject_of("numpy"), [*matching("addmm/*"), *matching("argmax/*")])
    assert "float16" not in _dtypes(seam, found, "addmm")
    assert {"float16", "int8"} <= _dtypes(seam, found, "argmax")


def test_the_equivalent_ones_of_a_backend_are_found_in_children(seam: Seam, reached: reach.Reach) -> None:
    found = {verdict.mutant for verdict in equivalents(seam, reached, kernel_mutants(seam, reached, "exp"), 1)}
    assert "kernel/exp/int8 saturates" in found
    assert "kernel/exp/all elements" not in found


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("all elements", "killed"), ("another dtype", "killed"), ("nan read as 0 in a", "killed"), ("out ignored", "killed"),
        ("a overwritten", "killed"), ("refuses what is empty", "killed"),
    ],
)  # fmt: skip
def test_faults_of_a_kernel_are_caught(
    seam: Seam, reached: reach.Reach, verdict: Callable[[Mutant], Verdict], fault: str, outcome: str
) -> None:
    (mutant,) = (each for each in kernel_mutants(seam, reached, "exp") if each.fault == fault)
    found = verdict(mutant)
    assert found.outcome == outcome, found
    assert found.case.startswith("exp/")
    assert found.detail
    assert flambeau.exp(flambeau.zeros(1)).item() == 1.0


# -- core --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("exp", "the gradient of input has the other sign"), ("exp", "the gradient of input has a doubled derivative"),
        ("exp", "out= is ignored"), ("exp_", "the version is not raised"), ("exp", "errors are of another class"),
        ("sort", "descending is ignored"),
    ],
)  # fmt: skip
def test_faults_of_a_row_are_caught(
    reached: reach.Reach, verdict: Callable[[Mutant], Verdict], place: str, fault: str
) -> None:
    (mutant,) = (each for each in core_mutants(reached, place.strip("_") if place == "exp_" else place)
                 if (each.place, each.fault) == (place, fault))  # fmt: skip
    assert verdict(mutant).outcome == "killed"


def test_a_survey_tells_in_which_cases_a_fault_shows(tmp_path: Path, subject: Subject, reached: reach.Reach) -> None:
    """And mutants of one place are tried in one child, each without the others."""
    path = tmp_path / "survey.json.gz"

    def work(_: int) -> bool:
        survey.write(path, survey.survey(subject, [*matching("exp/*"), *matching("sort/value/*")], watch_core))
        return True

    (ended,) = forked([0], work, jobs=1, timeout=600)
    assert ended.answer, ended.cause
    found = survey.read(path)
    assert "exp/second-gradient/plain/float64" in found.cases(
        "<derivative of exp>:apply:1", "the gradient of input is doubled"
    )
    assert set(found.cases("exp", "out= is ignored")) < set(reached.cases)
    assert not found.cases("exp", "the result is a copy, not a view")
    mutants = [each for each in core_mutants(reached, "exp", found) if each.family in ("derivative", "out of ops")]
    outcomes = {each.mutant: each.outcome for each in Together(subject, reached, all_cases(), jobs=1).run(mutants)}
    assert len(outcomes) == len(mutants) > 5
    assert set(outcomes.values()) == {"killed"}, outcomes
    assert flambeau.exp(flambeau.zeros(1)).item() == 1.0


def test_a_fault_in_the_source_is_caught_and_the_source_is_as_it_was(
    reached: reach.Reach, verdict: Callable[[Mutant], Verdict]
) -> None:
    path = Path(flambeau.__file__).with_name("promotion.py")
    before = path.read_bytes()
    mutants = source_mutants(reached, ("promotion.py",), "*:result_dtype")
    assert [mutant for mutant in mutants if "None is returned" in mutant.fault]
    outcomes = {verdict(mutant).outcome for mutant in mutants if "None is returned" in mutant.fault}
    assert "killed" in outcomes
    assert path.read_bytes() == before


def test_objects_of_other_libraries_are_not_asked_for_anything() -> None:
    class Deprecated:
        def __getattribute__(self, name: str) -> object:
            raise AssertionError(f"asked for {name}")

    found = Deprecated()
    assert functions_by_code(Path(flambeau.__file__).parent)
    del found


def test_a_module_that_is_not_there_is_an_error(reached: reach.Reach) -> None:
    with pytest.raises(LookupError, match="no module 'nowhere.py'"):
        source_mutants(reached, ("nowhere.py",))


# -- children ----------------------------------------------------------------------------------------------------------


def test_what_becomes_of_children() -> None:
    def work(task: str) -> str:
        if task == "dies":
            os.abort()
        if task == "hangs":
            time.sleep(60)
        if task == "exits":
            os._exit(3)
        return task

    ends = {ended.task: ended for ended in forked(["answers", "dies", "hangs", "exits"], work, jobs=2, timeout=2)}
    assert ends["answers"].answer == "answers"
    assert ends["dies"].cause == "the process was ended by SIGABRT"
    assert ends["hangs"].cause == "not done after 2 s"
    assert ends["exits"].cause == "the process exited with code 3"


def test_a_child_that_is_alive_may_take_long() -> None:
    def work(parts: int) -> str:
        for _ in range(parts):
            alive()
            time.sleep(0.4)
        return " as long as it takes"

    (ended,) = forked([6], work, jobs=1, timeout=1.5)
    assert ended.answer == " as long as it takes"


def test_what_works_or_waits_too_long_is_ended() -> None:
    def working() -> None:
        while True:
            pass

    for block in (working, lambda: time.sleep(60)):
        with pytest.raises(Hung, match=r"not done after 0\.1 s"), ended_in(0.1):
            block()


def test_a_fault_that_ends_the_process_hides_no_equivalent_one(
    monkeypatch: pytest.MonkeyPatch, seam: Seam, reached: reach.Reach
) -> None:
    mutants = kernel_mutants(seam, reached, "exp")
    plain = {each.mutant for each in equivalents(seam, reached, mutants, 1)}
    assert "kernel/exp/all elements" not in plain

    def shows(battery: Battery, fault: Fault) -> bool:
        if fault.name == "all elements":
            os.abort()
        return battery.shows(fault)

    monkeypatch.setattr(module_of_kernels, "_shows", shows)
    assert {each.mutant for each in equivalents(seam, reached, mutants, 2)} == plain != set()


# -- the list of survivors ---------------------------------------------------------------------------------------------


def _survivor(name: str) -> Verdict:
    return Verdict(name, "place", "family", "survived", reached=3, ran=3)


def test_a_survivor_can_be_explained(tmp_path: Path) -> None:
    path = tmp_path / "survivors.toml"
    path.write_text('[[survivor]]\nmutants = "kernel/empty/*"\nreason = "arbitrary"\n')
    explanations = survivors.read(path)
    found = survivors.explained(_survivor("kernel/empty/all elements"), explanations)
    assert (found.outcome, found.detail) == ("explained", "arbitrary")
    assert survivors.explained(_survivor("kernel/exp/all elements"), explanations).outcome == "survived"
    assert survivors.stale(explanations, [found], [found.mutant]) == []


def test_an_explanation_of_nothing_is_a_complaint() -> None:
    explanations = [survivors.Explanation("kernel/gone/*", "x"), survivors.Explanation("kernel/exp/*", "x")]
    complaints = survivors.stale(explanations, [], ["kernel/exp/all elements"])
    assert "no mutant is called 'kernel/gone/*'" in complaints[0]
    assert "none of 'kernel/exp/*' survives" in complaints[1]


def test_an_explanation_needs_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "survivors.toml"
    path.write_text('[[survivor]]\nmutants = "kernel/empty/*"\n')
    with pytest.raises(ManifestError, match="survivor 1 must have 'mutants', a pattern, and 'reason'"):
        survivors.read(path)


# -- the command -------------------------------------------------------------------------------------------------------


def test_a_sample_of_the_command(
    monkeypatch: pytest.MonkeyPatch, reached: reach.Reach, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(reach, "known", lambda subject, jobs: reached)
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for file in files:
        arguments = [
            "mutants",
            "numpy",
            "--kind",
            "kernel",
            "-k",
            "exp",
            "--fault",
            "place",
            "--sample",
            "3",
            "--jobs",
            "1",
            "--json",
            str(file),
        ]
        assert cli.main(arguments) == 0
    assert "100.0% of 3 mutants caught (3 killed)" in capsys.readouterr().out
    assert len(files[0].read_text().splitlines()) == 4


def test_mutants_may_be_tried_on_cases_that_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    faults = ["-k", "exp", "--fault", "the gradient of input is doubled"]
    assert (
        cli.main(["mutants", "--kind", "core", *faults, "--cases", "exp/gradient/*", "--cases", "exp/derivatives/*"])
        == 0
    )
    assert "100.0% of 1 mutants caught (1 killed)" in capsys.readouterr().out
    assert cli.main(["mutants", "--kind", "core", *faults, "--cases", "exp/refused/*"]) == 1
    faults += ["--fault", "the gradient of input is off by a thousandth"]
    assert cli.main(["mutants", "--kind", "core", *faults, "--cases", "exp/gradient/*"]) == 0
    assert "mutants caught (2 killed)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["-k", "nothing"], ["--sample", "soon"], ["--cases", "nothing/*"], ["--cases", "exp/*", "--cases", "nothing/*"]],
)
def test_what_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, reached: reach.Reach, arguments: list[str]
) -> None:
    monkeypatch.setattr(reach, "known", lambda subject, jobs: reached)
    assert cli.main(["mutants", "numpy", "--kind", "kernel", *arguments]) == 2


# -- the fixed sample --------------------------------------------------------------------------------------------------


def test_the_fixed_sample_names_cases_that_there_are() -> None:
    listed = sample.read(sample.OWN)
    known = {case.address for case in all_cases()}
    assert len(listed) >= 1000
    assert [(mutant, case) for mutant, case in listed.items() if case not in known] == []


def test_a_mutant_of_the_sample_is_tried_on_other_cases_if_its_own_no_longer_catches_it(
    subject: Subject, reached: reach.Reach
) -> None:
    (mutant,) = (each for each in core_mutants(reached, "exp") if each.fault == "the gradient of input is doubled")
    (chosen,), cases = sample.in_sample([mutant], {mutant.address: "exp/value/plain/float32"})
    assert next(iter(chosen.reached())) == "exp/value/plain/float32"
    (verdict,) = Together(subject, sample.reach_of(cases), cases, jobs=1).run([chosen])
    assert verdict.outcome == "killed"
    assert verdict.case != "exp/value/plain/float32"
    with pytest.raises(LookupError, match="mutants that there are no more \\(core/exp/none\\): write it anew"):
        sample.in_sample([mutant], {"core/exp/none": "exp/value/plain/float32"})


def test_what_is_kept_of_a_sample_can_be_read(tmp_path: Path) -> None:
    verdicts = [Verdict(f"kernel/exp/{n}", "exp", "f", "killed", f"exp/value/{n}/float32") for n in range(5)]
    verdicts.append(Verdict("kernel/exp/other", "exp", "f", "survived"))
    sample.write(tmp_path / "sample.txt", sample.kept(verdicts, 3))
    found = sample.read(tmp_path / "sample.txt")
    assert len(found) == 3
    assert found == {each.mutant: each.case for each in verdicts if each.mutant in found}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells how much memory a process has")
def test_a_child_does_not_take_all_memory() -> None:
    def work(size: int) -> str:
        try:
            return str(len(bytearray(size)))
        except MemoryError:
            return "refused"

    answers = {ended.task: ended.answer for ended in forked([1 << 20, 1 << 36], work, jobs=1, timeout=30)}
    assert answers == {1 << 20: str(1 << 20), 1 << 36: "refused"}


def test_complex32_is_there_after_a_mutant() -> None:
    before = flambeau.arange(3).to(flambeau.complex32)
    seam = Seam()
    seam.plant({})
    try:
        planted = flambeau.arange(3).to(flambeau.complex32) * 2
    finally:
        seam.restore()
    after = flambeau.arange(3).to(flambeau.complex32)
    assert (planted.tolist(), after.tolist()) == ((before * 2).tolist(), before.tolist())
    assert after._array.dtype == before._array.dtype


def test_what_core_never_gives_is_no_argument_of_a_battery(seam: Seam) -> None:
    found = reach.trace(subject_of("numpy"), [*matching("where/value/*"), *matching("conj/value/*")])
    battery = Battery(seam, "where", found.calls["where"], frozenset({"bool", "float32"}), out=False)
    assert {seam.dtype(arguments["condition"]) for arguments, *_ in battery._cases()} == {"bool"}
    assert all(name.startswith("complex") for name in _dtypes(seam, found, "conj"))


def test_a_view_whose_elements_a_fault_leaves_alone_stays_one(seam: Seam) -> None:
    found = reach.trace(subject_of("numpy"), matching("expand/value/*"))
    battery = Battery(seam, "expand", found.calls["expand"], frozenset({"float32", "uint8"}), out=False)
    shows = {fault.name: battery.shows(fault) for fault in faults_of(seam, "expand")}
    assert shows["a copy instead of a view"]
    assert not shows["uint8 saturates"]
    assert not shows["unsigned treated as signed"]
    assert not shows["wrong where a is infinite"]


def test_gradients_that_are_always_zero_have_no_wrong_multiples() -> None:
    names = [fault.name for fault in derivative_faults(ROWS["_poisson_of"])]
    assert names == ["there is no gradient of input"]
    assert not list(derivative_faults(ROWS["_standard_gamma_grad"]))


def test_what_is_planted_stays_where_cases_set_the_number_of_threads(seam: Seam) -> None:
    asked = []

    def watched(*args: object, **options: object) -> object:
        asked.append(args)
        return seam.table.exp(*args, **options)

    before = flambeau.get_num_threads()
    seam.plant({"exp": watched})
    try:
        flambeau.set_num_threads(before)
        flambeau.ones(2).exp()
        assert asked
    finally:
        seam.restore()
    asked.clear()
    flambeau.set_num_threads(before)
    flambeau.ones(2).exp()
    assert not asked


def test_parts_and_their_places_grow_together(seam: Seam) -> None:
    """A kernel that is given more parts than places may read beyond these, which ends the process and tells of no fault."""
    found = reach.trace(subject_of("numpy"), matching("index_add/value/repeated/*"))
    battery = Battery(seam, "index_add", found.calls["index_add"], frozenset({"float32"}), out=False)
    large = [arguments for arguments in battery._variations() if prod(arguments["source"].shape) > 1000]
    assert large
    assert all(arguments["index"].shape[0] == arguments["source"].shape[arguments["dim"]] for arguments in large)
