"""The schedule of a plan, its slack, its fit and its forecast, against brute force on random plans."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.releases.planning import Step, fit, forecast, scheduled

START = datetime(2026, 3, 1, 20, tzinfo=UTC)
NAMES = [f"s{number}" for number in range(9)]


@st.composite
def plans(draw: st.DrawFn) -> list[Step]:
    """Random steps in random phases, each needing only earlier ones of its own or an earlier phase, in random order."""
    steps: list[Step] = []
    for name in NAMES[: draw(st.integers(0, len(NAMES)))]:
        phase = draw(st.sampled_from(["prepare", "execute", "back_out"]))
        before = [one.name for one in steps if phase == one.phase or (one.phase, phase) == ("prepare", "execute")]
        needs = draw(st.lists(st.sampled_from(before), unique=True)) if before else []
        offset = draw(st.none() | st.integers(-20, 20))
        steps.append(Step(name, phase, draw(st.integers(0, 9)), tuple(needs), offset))
    return draw(st.permutations(steps))


def _longest(step: Step, known: dict[str, Step]) -> int:
    own = [known[need] for need in step.needs if known[need].phase == step.phase]
    return max((_longest(one, known) for one in own), default=0) + step.minutes


def _start(step: Step, known: dict[str, Step]) -> int:
    """By definition: after what it needs, not before its phase begins, nor before its offset."""
    phase = [one for one in known.values() if one.phase == step.phase]
    begin = -max(_longest(one, known) for one in phase) if step.phase == "prepare" else 0
    earliest = begin if step.offset is None or step.phase == "back_out" else step.offset
    own = [known[need] for need in step.needs if known[need].phase == step.phase]
    return max([earliest, *(_start(one, known) + one.minutes for one in own)])


@given(plans())
def test_the_plan_is_scheduled_as_the_reference_says(steps: list[Step]) -> None:
    known = {one.name: one for one in steps}
    found = scheduled(steps)
    assert found.placed.keys() == known.keys()
    for name, placed in found.placed.items():
        assert placed.start == _start(known[name], known)
        assert placed.end == placed.start + known[name].minutes


@given(plans())
def test_a_step_may_slip_by_its_slack_and_not_a_minute_more(steps: list[Step]) -> None:
    """Held up by its slack the phase ends when it would have; a minute more delays it."""
    known = {one.name: one for one in steps}
    found = scheduled(steps)
    for name, placed in found.placed.items():
        phase = known[name].phase
        goal = max(one.end for other, one in found.placed.items() if known[other].phase == phase)
        goal = max(goal, 0) if phase == "prepare" else goal
        assert _end_when_late(known, name, placed.slack, phase) == goal or placed.slack > 0
        assert _end_when_late(known, name, placed.slack, phase) <= goal
        assert _end_when_late(known, name, placed.slack + 1, phase) == goal + 1


def _end_when_late(known: dict[str, Step], late: str, minutes: int, phase: str) -> int:
    """When the phase ends if one step begins that much later than planned, everything after it following."""
    starts = {one.name: _start(one, known) + (minutes if one.name == late else 0) for one in known.values()}

    def end(name: str) -> int:
        own = [need for need in known[name].needs if known[need].phase == phase]
        return max([starts[name], *(end(need) for need in own)]) + known[name].minutes

    return max(end(one.name) for one in known.values() if one.phase == phase)


@given(plans())
def test_each_phase_has_a_critical_step_and_every_critical_step_is_without_slack(steps: list[Step]) -> None:
    found = scheduled(steps)
    for phase in {one.phase for one in steps} - {"prepare"}:
        assert any(found.placed[one.name].is_critical for one in steps if one.phase == phase)


def test_steps_that_wait_for_each_other_have_no_schedule() -> None:
    assert scheduled([Step("a", "execute", 1, ("b",)), Step("b", "execute", 1, ("a",))]) is None


@given(st.integers(1, 600), st.integers(0, 600), st.integers(0, 600))
def test_backing_out_from_the_point_of_no_return_ends_with_the_window(window: int, work: int, back: int) -> None:
    end = START + timedelta(minutes=window)
    found = fit(START, end, work=work, back_out=back)
    assert found.point_of_no_return + timedelta(minutes=back) == end
    assert (found.missing == 0) == (START + timedelta(minutes=work) <= found.point_of_no_return)
    assert (found.missing_for_work == 0) == (work <= window)


@given(plans(), st.integers(0, 2**32))
def test_a_forecast_of_steps_that_always_take_as_long_is_the_schedule(steps: list[Step], seed: int) -> None:
    """With one known duration a step every run ends alike: with the latest end of the execution, offsets before zero aside."""
    forward = [Step(one.name, one.phase, one.minutes, one.needs, None) for one in steps]
    past = {one.name: (one.minutes,) for one in forward}
    found = forecast(forward, past, seed=str(seed), window=30, runs=20)
    work = scheduled(forward).work
    if not any(one.phase == "execute" for one in forward):
        assert found is None
        return
    assert set(found.minutes.values()) == {work}
    assert found.chance == (1.0 if work <= 30 else 0.0)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=30), st.integers(0, 2**32))
def test_a_forecast_of_one_step_draws_from_its_past(past: list[int], seed: int) -> None:
    found = forecast([Step("a", "execute", 999)], {"a": past}, seed=str(seed), window=100, runs=200)
    assert set(found.minutes.values()) <= set(past)
    assert found.minutes[50] <= found.minutes[85] <= found.minutes[95]
    assert (found.measured, found.steps) == (1, 1)


def test_a_forecast_agrees_with_brute_force_over_every_combination() -> None:
    """Two steps after one another and one beside them: 3 × 3 × 3 equally likely worlds."""
    steps = [Step("a", "execute", 9), Step("b", "execute", 9, ("a",)), Step("c", "execute", 9)]
    past = {"a": (10, 20, 30), "b": (5, 10, 40), "c": (15, 30, 60)}
    worlds = sorted(max(a + b, c) for a in past["a"] for b in past["b"] for c in past["c"])
    found = forecast(steps, past, seed="brute", window=40, runs=20_000)
    assert found.minutes[50] == worlds[round(0.5 * 27) - 1]
    assert abs(found.chance - sum(one <= 40 for one in worlds) / 27) < 0.02


def test_the_same_plan_has_the_same_forecast_and_what_was_never_measured_spreads_around_its_plan() -> None:
    steps = [Step("a", "execute", 100)]
    first, again = (forecast(steps, {}, seed="REL", window=100) for _ in range(2))
    assert first == again
    assert first != forecast(steps, {}, seed="other", window=100)
    assert 80 <= first.minutes[50] <= first.minutes[95] <= 150
    assert first.measured == 0


def test_fifty_steps_are_forecast_while_a_page_is_loaded() -> None:
    chance = random.Random(1)
    steps = [
        Step(f"s{n}", "execute", 30, tuple({f"s{chance.randrange(n)}" for _ in range(2)}) if n else ())
        for n in range(50)
    ]
    past = {one.name: tuple(chance.randrange(10, 90) for _ in range(20)) for one in steps}
    began = time.perf_counter()
    assert forecast(steps, past, seed="x", window=600)
    assert time.perf_counter() - began < 2, "seconds; it takes some hundredths"
