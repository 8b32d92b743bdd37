"""Stories in tables of two columns, a part in each row: the same blocks as when they are told in a list."""

from collections.abc import Sequence
from itertools import groupby

from srs.extract.blocks import Block
from srs.extract.recipe import Recipe
from srs.extract.wording import title


def as_lists(blocks: Sequence[Block], recipe: Recipe) -> list[Block]:
    """The blocks, with an item in place of each row of a table of which most rows are the parts of a story."""
    if not any(block.kind == "row" for block in blocks):
        return list(blocks)
    found: list[Block] = []
    for table, members in groupby(blocks, lambda block: (block.head, block.headings) if block.kind == "row" else None):
        rows = list(members)
        if table and len(table[0]) == 2:
            head = rows[0]._replace(cells=table[0], line=rows[0].line - 2)
            told = [head, *rows] if recipe.story.match(table[0][0]) else rows
            names = [row.cells[0] for row in told]
            if recipe.tells(names) and sum(map(recipe.story.match, names)) > 0.5 * len(names):
                rows = list(map(_item, told))
        found += rows
    return found


def _item(row: Block) -> Block:
    name, text = title(row.cells[0]), row.cells[1]
    item = row._replace(kind="item", depth=row.depth + 1, mark="-", cells=(), head=())
    return item._replace(text=text, label=name, lead=f"**{name}:**")
