"""What is packed comes out as it went in."""

from hypothesis import given
from hypothesis import strategies as st

from archive.mail import Address, Block, BlockKind, Match, QuoteSource
from archive.packing import pack_addresses, pack_blocks, unpack_addresses, unpack_blocks

SOURCES = st.none() | st.builds(
    QuoteSource,
    st.sampled_from(Match),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.none() | st.just("a@example.org"),
    st.none() | st.integers(0, 10**6),
    st.none() | st.integers(0, 10**6),
)
PARTS = st.tuples(st.sampled_from(BlockKind), st.integers(0, 10**5), st.integers(0, 10), SOURCES)


@given(st.lists(PARTS, max_size=20))
def test_blocks_come_out_as_they_went_in(parts):
    blocks, start = [], 0
    for kind, length, depth, source in parts:
        blocks.append(Block(kind, start, start + length, depth, source))
        start += length
    assert unpack_blocks(pack_blocks(blocks)) == tuple(blocks)


def test_a_damaged_row_of_blocks_is_no_blocks():
    assert unpack_blocks(b"") == ()
    assert unpack_blocks(pack_blocks([Block(BlockKind.OWN, 0, 300)])[:-1]) == ()


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\f"), max_size=8)
PEOPLE = st.lists(st.builds(Address, NAMES, NAMES), max_size=4).map(tuple)


@given(PEOPLE, PEOPLE)
def test_recipients_come_out_as_they_went_in(to, cc):
    assert unpack_addresses(pack_addresses(to, cc)) == (to, cc)


def test_separators_in_a_name_become_blanks():
    assert unpack_addresses(pack_addresses((Address("a\tb\nc\fd", "x"),), ())) == (
        (Address("a b c d", "x"),),
        (),
    )
