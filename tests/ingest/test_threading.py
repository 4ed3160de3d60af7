"""Who answers whom, and which mails are one thread, whatever the order in which they arrive."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.threading import Partition, link, threads

START = datetime(2011, 1, 3, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Mail:
    """As much of a message as threads are made of; `day` gives its date, None is a mail without one."""

    message_id: str
    references: tuple[str, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    day: int | None = 0

    @property
    def date(self) -> datetime | None:
        return None if self.day is None else START + timedelta(days=self.day)


def test_the_last_reference_at_hand_is_the_parent() -> None:
    mails = [Mail("a"), Mail("b", ("a",), day=1), Mail("d", ("a", "b", "c"), ("c",), day=3)]
    assert link(mails) == {"a": None, "b": "a", "d": "b"}
    assert link([*mails, Mail("c", ("a", "b"), day=2)])["d"] == "c"


def test_in_reply_to_counts_where_references_do_not_name_it() -> None:
    assert link([Mail("a"), Mail("b", in_reply_to=("a",), day=1)])["b"] == "a"
    assert link([Mail("a"), Mail("x"), Mail("b", ("a",), ("x",), day=1)])["b"] == "x"
    assert link([Mail("a"), Mail("x"), Mail("b", ("x", "a"), ("x",), day=1)])["b"] == "a"


def test_a_ghost_is_filled_by_a_later_mail() -> None:
    late = [Mail("b", ("a",), day=1), Mail("c", ("a",), day=2)]
    assert link(late) == {"b": None, "c": None}
    assert threads(late) == {"b": "a", "c": "a"}
    whole = [*late, Mail("a", day=0)]
    assert link(whole) == {"a": None, "b": "a", "c": "a"}
    assert threads(whole) == {"a": "a", "b": "a", "c": "a"}


def test_what_others_say_of_a_ghost_finds_the_parent_above_it() -> None:
    mails = [Mail("a"), Mail("c", ("a", "ghost"), day=1), Mail("d", ("ghost",), day=2)]
    assert link(mails) == {"a": None, "c": "a", "d": "a"}


def test_mails_that_name_the_same_are_one_thread_and_others_are_not() -> None:
    mails = [Mail("a"), Mail("b", ("x", "y"), day=1), Mail("c", ("z", "y"), day=2), Mail("d", ("w",), day=3)]
    assert threads(mails) == {"a": "a", "b": "x", "c": "x", "d": "w"}


def test_cycles_are_broken_at_their_oldest_mail() -> None:
    mails = [Mail("a", ("c",), day=0), Mail("b", ("a",), day=1), Mail("c", ("b",), day=2)]
    assert link(mails) == {"a": None, "b": "a", "c": "b"}
    assert set(threads(mails).values()) == {"a"}
    assert link([Mail("a", ("a",))]) == {"a": None}
    both = [Mail("a", ("b",), day=0), Mail("b", ("a",), day=1), Mail("r", day=2)]
    assert link([Mail("a", ("r", "b")), *both[1:]]) == {"a": "r", "b": "a", "r": None}


def test_a_mail_without_a_date_comes_last() -> None:
    assert link([Mail("a", ("b",), day=None), Mail("b", ("a",), day=5)]) == {"b": None, "a": "b"}


def test_of_two_mails_with_one_id_the_older_counts() -> None:
    mails = [Mail("a"), Mail("x"), Mail("b", ("a",), day=1), Mail("b", ("x",), day=2)]
    assert link(mails)["b"] == "a"


def test_a_chain_as_long_as_a_year_is_no_trouble() -> None:
    mails = [Mail(f"m{n}", (f"m{n - 1}",) if n else (), day=n) for n in range(50_000)]
    parents = link(mails)
    assert parents["m49999"] == "m49998"
    assert set(threads(mails, parents).values()) == {"m0"}


def test_two_hundred_thousand_mails_take_seconds() -> None:
    shuffler = random.Random(5)
    mails = []
    for number in range(200_000):
        above = (
            mails[-shuffler.randrange(1, min(300, number) + 1)]
            if number and shuffler.random() < 0.8
            else None
        )
        references = (*above.references[-8:], above.message_id) if above else ()
        mails.append(Mail(f"{number}@example.org", references, references[-1:], number // 200))
    began = time.process_time()
    parents = link(mails)
    roots = threads(mails, parents)
    assert time.process_time() - began < 20
    assert sum(parent is None for parent in parents.values()) == len(set(roots.values()))


names = st.sampled_from([f"m{n}" for n in range(9)])
some = st.lists(names, max_size=4).map(tuple)
pools = st.lists(
    st.builds(Mail, names, some, some, st.none() | st.integers(0, 5)),
    max_size=9,
    unique_by=lambda m: m.message_id,
)


@given(pools, st.randoms())
@settings(max_examples=500)
def test_the_order_of_arrival_changes_nothing(mails: list[Mail], shuffler: random.Random) -> None:
    parents, roots = link(mails), threads(mails)
    shuffled = list(mails)
    shuffler.shuffle(shuffled)
    assert link(shuffled) == parents
    assert threads(shuffled) == roots


@given(pools)
@settings(max_examples=500)
def test_parents_are_at_hand_in_the_same_thread_and_never_in_a_circle(mails: list[Mail]) -> None:
    parents, roots = link(mails), threads(mails)
    assert set(parents) == set(roots) == {m.message_id for m in mails}
    for name, parent in parents.items():
        assert parent is None or (parent in parents and roots[parent] == roots[name])
        seen = set()
        at: str | None = name
        while at is not None:
            assert at not in seen
            seen.add(at)
            at = parents[at]


@given(pools)
@settings(max_examples=300)
def test_threads_are_what_is_connected_by_names(mails: list[Mail]) -> None:
    roots = threads(mails)
    named = {m.message_id: {m.message_id, *m.references, *m.in_reply_to} for m in mails}
    groups = [set(ids) for ids in named.values()]
    merged: list[set[str]] = []
    for ids in groups:
        for other in [g for g in merged if g & ids]:
            merged.remove(other)
            ids |= other
        merged.append(ids)
    home = {name: number for number, ids in enumerate(merged) for name in ids}
    for one in named:
        for other in named:
            assert (roots[one] == roots[other]) == (home[one] == home[other])


@given(pools, pools)
@settings(max_examples=200)
def test_threads_only_grow_together_as_mail_arrives(first: list[Mail], second: list[Mail]) -> None:
    known = {m.message_id for m in first}
    before = threads(first)
    after = threads([*first, *(m for m in second if m.message_id not in known)])
    for one in before:
        for other in before:
            assert before[one] != before[other] or after[one] == after[other]


def test_a_partition_joins_two_sets_at_a_time() -> None:
    sets = Partition()
    assert sets.join("a", "b")
    assert sets.join("c", "d")
    assert sets.join("b", "d")
    assert not sets.join("a", "c")
    assert len({sets.find(name) for name in "abcd"}) == 1
    assert sets.find("e") == "e"
