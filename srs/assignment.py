"""Who goes with whom, where each may have one partner: the pairs with the greatest evidence in sum. Pure."""

import heapq
from collections import defaultdict
from collections.abc import Iterator

Edges = dict[int, dict[int, int]]
"""Place of a new note -> id of a known one -> evidence that they are the same, above 0."""

OPTIMAL = 200
"""New notes in one knot up to which the best assignment is sought: its time grows faster than their number."""


def knots(edges: Edges) -> Iterator[Edges]:
    """The parts of the graph that share no note."""
    asking: dict[int, list[int]] = defaultdict(list)
    for at, ids in edges.items():
        for id in ids:
            asking[id].append(at)
    seen: set[int] = set()
    for start in edges:
        stack, knot = [start], {}
        while stack:
            if (at := stack.pop()) not in seen:
                seen.add(at)
                knot[at] = edges[at]
                for id in edges[at]:
                    stack += asking.pop(id, ())
        if knot:
            yield dict(sorted(knot.items()))


def assigned(knot: Edges) -> dict[int, int]:
    """Each new note with at most one known: evidence greatest in sum, then the oldest cards and the first places."""
    ids = sorted({id for row in knot.values() for id in row})
    if len(knot) == len(ids) == 1:
        return {at: id for at, row in knot.items() for id in row}
    if len(knot) > OPTIMAL:
        chosen: dict[int, int] = {}
        taken: set[int] = set()
        for _, id, at in sorted((-evidence, id, at) for at, row in knot.items() for id, evidence in row.items()):
            if at not in chosen and id not in taken:
                chosen[at] = id
                taken.add(id)
        return chosen
    # Of equal sums the one in which old cards and early places are paired in order: its products are greatest.
    age = {id: len(ids) - rank for rank, id in enumerate(ids)}
    scale = len(ids) * len(knot) ** 2 + 1
    places = zip(range(len(knot), 0, -1), knot.items(), strict=True)
    return _cheapest({at: {id: -e * scale - rank * age[id] for id, e in row.items()} for rank, (at, row) in places})


def _cheapest(costs: Edges) -> dict[int, int]:
    """Assignment of rows to columns with the least cost in sum: shortest augmenting paths (Jonker and Volgenant 1987).

    A row may stay without a column at cost 0: that is a column of its own, named by the negative of the row's number.
    """
    rows = {row: {**columns, -1 - row: 0} for row, columns in costs.items()}
    column_price: dict[int, int] = defaultdict(int)
    row_price = {row: min(columns.values()) for row, columns in rows.items()}
    owner: dict[int, int] = {}
    column_of: dict[int, int] = {}
    for start in rows:
        reached: dict[int, int] = {}  # column -> length of the path to it, final
        best: dict[int, int] = {}
        before: dict[int, int] = {}  # column -> the row from which it is reached
        queue: list[tuple[int, int]] = []
        row, length = start, 0
        while True:
            for column, cost in rows[row].items():
                total = length + cost - row_price[row] - column_price[column]
                if column not in reached and (column not in best or total < best[column]):
                    best[column], before[column] = total, row
                    heapq.heappush(queue, (total, column))
            length, end = heapq.heappop(queue)
            while end in reached:
                length, end = heapq.heappop(queue)
            if end not in owner:
                break
            reached[end] = length
            row = owner[end]
        row_price[start] += length
        for column, path in reached.items():
            row_price[owner[column]] += length - path
            column_price[column] -= length - path
        while True:
            row = before[end]
            owner[end] = row
            free = column_of.get(row)
            column_of[row] = end
            if free is None or row == start:
                break
            end = free
    return {row: column for row, column in column_of.items() if column >= 0}
