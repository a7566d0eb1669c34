"""Whole lives of an outbox in which any step may break."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dropsonde.delivery.outbox import Entry, Outbox, Place, Receipt, Settled
from tests.doubles.breaking import Breaking, Fault
from tests.unit.delivery.outbox.boxes import (
    ADVICE,
    DAY,
    NOW,
    QUARANTINE,
    RECEIPT,
    SENT,
    entry_of,
    tree,
)


@dataclass
class Known:
    """What the test knows of a report."""

    entry: Entry
    data: bytes
    place: Place | None
    receipt: Receipt | None = None


FAULTS = st.one_of(
    st.just((Fault.NONE, 0)),
    st.tuples(st.sampled_from([Fault.KILL, Fault.ERROR, Fault.DEAD_DISK]), st.integers(0, 25)),
    st.tuples(st.sampled_from([Fault.CUT, Fault.FULL_DISK]), st.integers(0, 100)),
)


class Life(RuleBasedStateMachine):
    """Steps, each of which may break; the next run recovers, and that may break, too.

    Attributes:
        breaking: runs the steps.
        known: every report that ever was, by the name of its file.
    """

    breaking: Breaking

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.root = Path(self._directory.name).resolve() / "cache"
        self.now = NOW
        self.known: dict[str, Known] = {}

    def teardown(self) -> None:
        self._directory.cleanup()

    def those_in(self, place: Place) -> list[Known]:
        found = [known for known in self.known.values() if known.place is place]
        return sorted(found, key=lambda known: known.entry)

    def step(
        self,
        fault: tuple[Fault, int],
        changes: dict[str, Place | None],
        method: str,
        *arguments: object,
    ) -> None:
        """Take a step, and see that it did all of it or, when it broke, each part or not."""
        kind, number = fault
        outcome = self.breaking.run(self.root, method, *arguments, fault=kind, number=number)
        assert outcome.done or kind is not Fault.NONE
        assert not outcome.error or outcome.error.endswith(ADVICE)
        if not outcome.done:
            self.breaking.run(self.root, "recover", fault=kind, number=number // 2)
        Outbox(self.root).recover()
        for name, place in changes.items():
            known = self.known[name]
            found = self.find(name)
            assert found == ([place] if place else []) or (
                not outcome.done and found == ([known.place] if known.place else [])
            )
            known.place = found[0] if found else None

    def find(self, name: str) -> list[Place]:
        return [place for place in Place if (self.root / place.value / name).exists()]

    @rule(fault=FAULTS, data=st.sampled_from([b"", b"one", b"two" * 30, b"x" * 2_600_000]))
    def add(self, fault: tuple[Fault, int], data: bytes) -> None:
        entry = entry_of(data, self.now)
        known = self.known.setdefault(entry.name, Known(entry, data, None))
        place = known.place or Place.OUTBOX
        self.step(fault, {entry.name: place}, "add", data, self.now)

    @precondition(lambda self: self.those_in(Place.OUTBOX))
    @rule(fault=FAULTS, place=st.sampled_from([SENT, QUARANTINE]), status=st.integers(200, 499))
    def settle(self, fault: tuple[Fault, int], place: Settled, status: int) -> None:
        known = self.those_in(Place.OUTBOX)[0]
        known.receipt = replace(RECEIPT, status=status)
        self.step(fault, {known.entry.name: place}, "settle", known.entry, place, known.receipt)

    @rule(fault=FAULTS)
    def prune(self, fault: tuple[Fault, int]) -> None:
        dropped: dict[str, Place | None] = {}
        waiting, total = self.those_in(Place.OUTBOX), 0
        for later, known in enumerate(reversed(waiting)):
            total += known.entry.size
            if later and (total > 5_000_000 or self.now - known.entry.made > 21 * DAY):
                dropped[known.entry.name] = None
        self.step(fault, dropped, "prune", self.now)

    @rule(fault=FAULTS)
    def forget(self, fault: tuple[Fault, int]) -> None:
        known = (*self.those_in(Place.OUTBOX), *self.those_in(Place.SENT))
        self.step(fault, {each.entry.name: None for each in known}, "forget")

    @rule(days=st.sampled_from([0.1, 1, 7, 22]))
    def time_passes(self, days: float) -> None:
        self.now += days * DAY

    @invariant()
    def each_report_is_in_one_place_with_its_bytes_and_receipt(self) -> None:
        box = Outbox(self.root)
        files: dict[str, bytes] = {}
        for place in Place:
            those = self.those_in(place)
            assert box.entries(place) == [known.entry for known in those]
            for known in those:
                files[f"{place.value}/{known.entry.name}"] = known.data
                if place is not Place.OUTBOX:
                    assert box.receipt(place, known.entry) == known.receipt
                    receipt = f"{place.value}/{known.entry.receipt_name}"
                    files[receipt] = (self.root / receipt).read_bytes()
        assert tree(self.root) == files


def test_nothing_is_lost_or_doubled_in_a_life_of_faults(breaking: Breaking) -> None:
    bound = type("BoundLife", (Life,), {"breaking": breaking})
    run_state_machine_as_test(bound, settings=settings(max_examples=30, stateful_step_count=25))
