"""Directed graphs in memory: the first circle, and an order without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Edges = Mapping[str, Sequence[str]]


def circle_in(needs: Edges) -> list[str]:
    """One circle as a list that ends where it began; empty when there is none. Walks without recursion."""
    settled: set[str] = set()
    for start in sorted(needs):
        found = _circle_from(start, needs, settled)
        if found:
            return found
    return []


def _circle_from(start: str, needs: Edges, settled: set[str]) -> list[str]:
    path: list[str] = []
    on_path: set[str] = set()
    pending: list[tuple[str, bool]] = [(start, False)]
    while pending:
        node, leaving = pending.pop()
        if leaving:
            path.pop()
            on_path.discard(node)
            settled.add(node)
        elif node in on_path:
            return [*path[path.index(node) :], node]
        elif node not in settled:
            path.append(node)
            on_path.add(node)
            pending.append((node, True))
            pending.extend((need, False) for need in sorted(needs.get(node, ()), reverse=True))
    return []


def in_order(needs: Edges) -> list[str]:
    """The nodes so that each comes after all it needs. The caller has made sure that there is no circle."""
    order: list[str] = []
    placed: set[str] = set()
    pending: list[tuple[str, bool]] = [(node, False) for node in sorted(needs, reverse=True)]
    while pending:
        node, leaving = pending.pop()
        if node in placed:
            continue
        if leaving:
            placed.add(node)
            order.append(node)
        else:
            pending.append((node, True))
            pending.extend((need, False) for need in sorted(needs.get(node, ()), reverse=True) if need not in placed)
    return order
