import pytest

from analysis.reading.pages import lay_out
from analysis.reading.paths import find_paths


@pytest.fixture
def chains(thread):
    def find(text: str) -> list[tuple[str, ...]]:
        thread.mail("Ada Moss", text)
        (page,) = lay_out(thread.discussion()).pages
        return [p.chain for p in find_paths(page)]

    return find


def test_arrows_in_prose_are_a_chain(chains) -> None:
    assert chains("It goes iput() -> evict() -> my_evict_inode() here.\n") == [
        ("iput", "evict", "my_evict_inode")
    ]


def test_an_arrow_chain_may_wrap(chains) -> None:
    assert chains("first_call() ->\n  second_call() ->\n  third_call()\n") == [
        ("first_call", "second_call", "third_call")
    ]


def test_a_member_of_a_struct_is_no_call(chains) -> None:
    assert chains("Both mapping->flags and inode->i_lock matter for ->fault here.\n") == []


def test_an_order_of_locks_is_no_chain_of_calls(chains) -> None:
    assert chains("The order is page_lock -> tree_lock -> i_mmap_lock today.\n") == []


def test_deeper_lines_are_callees(chains) -> None:
    assert chains("do_write()\n  begin_write()\n    grab_page()\n  end_write()\n") == [
        ("do_write", "begin_write", "grab_page"),
        ("do_write", "end_write"),
    ]


def test_peers_at_the_edge_are_two_callers_of_what_follows(chains) -> None:
    assert chains("lookup_first\nlookup_second\n  __lookup_common\n    do_check\n") == [
        ("lookup_first", "__lookup_common", "do_check"),
        ("lookup_second", "__lookup_common", "do_check"),
    ]


def test_a_flat_list_names_peers_and_no_chain(chains) -> None:
    assert chains("The users are\n\n  my_reader()\n  my_writer()\n  my_syncer()\n") == []


def test_a_bare_trace_runs_from_the_entry_inwards(chains) -> None:
    text = "The stack trace was\n\nwait_here\nmy_lookup\npath_walk\ndo_syscall_64\n"
    assert chains(text) == [("do_syscall_64", "path_walk", "my_lookup", "wait_here")]


def test_a_stack_trace_is_turned_round_and_guesses_are_left_out(chains) -> None:
    text = (
        "[  12.345678] Call Trace:\n"
        "[  12.345679]  inner_most+0x1/0x20\n"
        "[  12.345680]  ? not_sure+0x3/0x30 [mod]\n"
        "[  12.345681]  middle.isra.0+0x5/0x50 [mod]\n"
        "[  12.345682]  outer_most+0x7/0x70\n"
    )
    assert chains(text) == [("outer_most", "middle", "inner_most")]


def test_two_traces_are_two_chains(chains) -> None:
    text = "Call Trace:\n a_one+0x1/0x2\n a_two+0x1/0x2\nCall Trace:\n b_one+0x1/0x2\n b_two+0x1/0x2\n"
    assert chains(text) == [("a_two", "a_one"), ("b_two", "b_one")]


def test_at_most_twelve_frames_are_kept_from_the_inside(chains) -> None:
    frames = "".join(f" fn_{i}+0x1/0x2\n" for i in range(20))
    (chain,) = chains("Call Trace:\n" + frames)
    assert len(chain) == 12
    assert chain[-1] == "fn_0"


def test_columns_of_two_tasks_are_two_chains(chains) -> None:
    text = (
        "CPU0                    CPU1\n"
        "my_write\n"
        "  begin_write\n"
        "                        my_fault\n"
        "                          take_page\n"
        "    copy_data\n"
    )
    assert chains(text) == [("my_write", "begin_write", "copy_data"), ("my_fault", "take_page")]


def test_a_drawn_table_has_columns_too(chains) -> None:
    text = (
        "| thread 1          | thread 2          |\n"
        "| ----------------- | ----------------- |\n"
        "| my_read()         |                   |\n"
        "|  fill_page()      |                   |\n"
        "|                   | my_punch()        |\n"
        "|                   |  drop_page()      |\n"
    )
    assert chains(text) == [("my_read", "fill_page"), ("my_punch", "drop_page")]


def test_prose_that_says_calls_is_a_chain(chains) -> None:
    assert chains("Then my_open() ends up calling do_check() and do_grab().\n") == [
        ("my_open", "do_check"),
        ("my_open", "do_grab"),
    ]


def test_called_from_turns_the_order_round(chains) -> None:
    assert chains("do_check() is only called from my_open().\n") == [("my_open", "do_check")]


def test_two_functions_in_a_sentence_without_a_call_are_no_chain(chains) -> None:
    assert chains("my_open() and do_check() both need the lock.\n") == []


def test_what_others_wrote_is_not_read(chains) -> None:
    assert chains("> quoted_one() -> quoted_two()\n\nRight.\n") == []


def test_the_locks_on_a_path_are_read_from_around_it(thread) -> None:
    thread.mail("Ada Moss", "my_open() -> do_check() runs with i_mutex held.\n")
    (page,) = lay_out(thread.discussion()).pages
    (path,) = find_paths(page)
    assert [lock.lock for lock in path.locks] == ["i_mutex"]
