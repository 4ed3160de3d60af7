"""A body becomes blocks: own text, quotes, attributions, diffs, traces, chains, trailers, signatures.

The passes run from the surest sign to the weakest, each one only where a substring of the whole text says
that it could find something: most mail has neither a diff nor a trace.
"""

from archive.mail import Block, BlockKind
from ingest.chains import mark_chains
from ingest.diffs import mark_diffs
from ingest.endings import mark_signatures, mark_trailers
from ingest.quotation import mark_quotes
from ingest.sheet import Sheet
from ingest.traces import mark_traces


def read_blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a body: whole lines, gapless, in order; none for an empty text.

    A line ends at a line feed. Blank lines stay with the block before them, or with own text that follows.
    """
    if not text:
        return ()
    sheet = Sheet(text)
    mark_diffs(sheet)
    mark_quotes(sheet)
    mark_signatures(sheet)
    mark_traces(sheet)
    mark_trailers(sheet)
    mark_chains(sheet)
    return _assemble(sheet)


def _assemble(sheet: Sheet) -> tuple[Block, ...]:
    sheet.settle_blanks()
    kinds, depths, lines = sheet.kinds, sheet.depths, sheet.lines
    blocks: list[Block] = []
    start = at = 0
    kind, depth = kinds[0], depths[0]
    for i, line in enumerate(lines):
        if kinds[i] is not kind or depths[i] != depth:
            blocks.append(Block(kind or BlockKind.OWN, start, at, depth))
            start, kind, depth = at, kinds[i], depths[i]
        at += len(line) + 1
    end = len(sheet.text)
    if start < end:
        blocks.append(Block(kind or BlockKind.OWN, start, end, depth))
    return tuple(blocks)
