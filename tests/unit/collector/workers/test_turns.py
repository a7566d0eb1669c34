"""Senders take turns, and who does not wait any more has none."""

from __future__ import annotations

import asyncio

from dropsonde.collector.workers.turns import Turns


def test_each_sender_gets_one_in_turn_in_the_order_in_which_it_sent() -> None:
    async def order() -> list[str]:
        turns: Turns[None] = Turns()
        waiting = {
            turns.wait(sender): f"{sender}{number}"
            for sender, number in (("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1), ("b", 2))
        }
        gone = turns.wait("d")
        gone.cancel()
        found = []
        while turn := turns.next():
            found.append(waiting[turn])
        return found

    assert asyncio.run(order()) == ["a1", "b1", "c1", "a2", "b2", "a3"]
