import pytest

from analysis.reading.ladders import MOST_CHAINS
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


def test_addresses_without_a_symbol_do_not_cut_a_trace(chains) -> None:
    text = "Call Trace:\n in_one+0x1/0x2\n ? 0xffffffffad000000\n in_two+0x1/0x2\n in_three+0x1/0x2\n"
    assert chains(text) == [("in_three", "in_two", "in_one")]


def test_source_lines_between_the_frames_do_not_cut_a_trace(chains) -> None:
    text = (
        "Call Trace:\n in_one+0x1/0x2\nin_one at lib/one.c:17\n(inlined by) in_half at lib/one.h:3\n"
        " in_two+0x1/0x2\nin_two at lib/two.c:4\n in_three+0x1/0x2\n"
    )
    assert chains(text) == [("in_three", "in_two", "in_one")]


def test_the_frames_that_print_a_lock_report_are_left_out(chains) -> None:
    text = (
        "Call Trace:\n dump_stack+0x1/0x2\n print_circular_bug.isra.10+0x1/0x2\n __lock_acquire+0x1/0x2\n"
        " lock_acquire+0x1/0x2\n down_write+0x1/0x2\n my_scan+0x1/0x2\n"
    )
    assert chains(text) == [("my_scan", "down_write")]


def test_a_dump_that_somebody_put_in_is_kept(chains) -> None:
    text = "Call Trace:\n dump_stack+0x1/0x2\n my_charge+0x1/0x2\n my_fault+0x1/0x2\n"
    assert chains(text) == [("my_fault", "my_charge", "dump_stack")]


def test_a_wide_table_is_still_quoted(chains) -> None:
    rows = "".join(f"| {'':{i}}left_step_{i}{'':{50 - i}}|{'':60}|\n" for i in range(9))
    text = f"| thread 1{'':54}| thread 2{'':51}|\n| {'-' * 61}|{'-' * 60}|\n{rows}"
    assert chains(text) == [tuple(f"left_step_{i}" for i in range(9))]


def test_heads_may_stand_over_the_middle_of_their_columns(chains) -> None:
    text = (
        "           cpu1                    cpu2\n"
        "________________________|________________________\n"
        "my_write\n"
        " my_begin\n"
        "                          my_fault\n"
        "                           my_convert\n"
        "                            my_destroy\n"
        " my_end\n"
        "  my_stop\n"
    )
    assert chains(text) == [
        ("my_write", "my_begin"),
        ("my_write", "my_end", "my_stop"),
        ("my_fault", "my_convert", "my_destroy"),
    ]


def test_three_tasks_are_three_chains(chains) -> None:
    text = (
        "CPU0            CPU1            CPU2\n"
        "a_one()\n"
        "  a_two()\n"
        "                b_one()\n"
        "                  b_two()\n"
        "                                c_one()\n"
        "                                  c_two()\n"
    )
    assert chains(text) == [("a_one", "a_two"), ("b_one", "b_two"), ("c_one", "c_two")]


def test_a_table_of_results_holds_no_calls(chains) -> None:
    text = (
        "| test name           | change   |\n| ------------------- | -------- |\n"
        "| fault1_per_thread   | -0.1%    |\n| fault1_scalability  | +0.2%    |\n"
    )
    assert chains(text) == []


def test_markers_under_their_caller_still_go_deeper(chains) -> None:
    assert chains("  my_freeze()\n  => my_quiesce()\n     => my_flush()\n        => my_write()\n") == [
        ("my_freeze", "my_quiesce", "my_flush", "my_write")
    ]


def test_a_method_is_no_marker(chains) -> None:
    assert chains("my_submit()\n  ->prepare_io\n    my_prepare_io\n") == [
        ("my_submit", "prepare_io", "my_prepare_io")
    ]


def test_remarks_on_locks_do_not_cut_a_list(chains) -> None:
    assert chains("my_map()\n  takes tree_mutex\n  my_insert()\n    my_alloc()\n") == [
        ("my_map", "my_insert", "my_alloc")
    ]


@pytest.mark.parametrize(
    "text",
    ["if (x) {\n  my_call();\n}\n", "IOLOCK_SHARED\n  TYPE_DIRECT\n", "lock(a_lock)\n  lock(b_lock)\n"],
)
def test_code_and_lists_of_locks_are_no_call_trees(chains, text: str) -> None:
    assert chains(text) == []


def test_many_callers_of_many_callees_stay_bounded(chains) -> None:
    callers = "".join(f"caller_{i}()\n" for i in range(300))
    callees = "".join(f"  callee_{i}()\n" for i in range(300))
    assert len(chains(callers + callees)) == MOST_CHAINS


def test_a_few_words_behind_a_step_do_not_cut_a_list(chains) -> None:
    text = (
        "my_map()     takes tree_mutex\n  my_walk() to page 7\n    my_alloc   GFP_KERNEL\n      my_scan()\n"
    )
    assert chains(text) == [("my_map", "my_walk", "my_alloc", "my_scan")]


def test_arrows_need_no_blanks_between_functions(chains) -> None:
    assert chains("It comes from my_direct_io->do_direct_io->my_cache_alloc here.\n") == [
        ("my_direct_io", "do_direct_io", "my_cache_alloc")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "See host_inode->i_mapping->a_ops here.\n",
        "The sched_class->task_dead() hook is called.\n",
        "First xattr_sem -> fs_reclaim and then back.\n",
        "It sets OLD_FLAG -> NEW_FLAG here.\n",
        "Run test_zero.bin -> do_check.sh first.\n",
    ],
)
def test_members_locks_and_files_around_arrows_are_no_calls(chains, text: str) -> None:
    assert chains(text) == []


def test_a_long_row_of_arrows_is_read_in_no_time(chains) -> None:
    assert chains("a_" * 30 + "->b_" * 400 + "!\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The do_check() call in my_open() is wrong.\n", ("my_open", "do_check")),
        ("The problem is that do_check() in my_open() takes no lock.\n", ("my_open", "do_check")),
        ("Then my_free() runs from my_put().\n", ("my_put", "my_free")),
        ("The parent will call my_free() through my_wait().\n", ("my_wait", "my_free")),
        ("my_put() (which calls my_free()) comes first.\n", ("my_put", "my_free")),
        ("We move it from my_exit() (called from do_exit()) to here.\n", ("do_exit", "my_exit")),
        ("my_exit() continues to be called from do_exit().\n", ("do_exit", "my_exit")),
        ("my_parse() uses str_sep() for that.\n", ("my_parse", "str_sep")),
    ],
)
def test_prose_has_several_ways_to_tell_a_call(chains, text: str, expected: tuple[str, str]) -> None:
    assert chains(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "We take tree_lock in my_open() here.\n",
        "That is while(busy()) in my_open() only.\n",
        "Is my_open() called before do_check() there?\n",
    ],
)
def test_other_words_between_two_names_tell_no_call(chains, text: str) -> None:
    assert chains(text) == []


@pytest.fixture
def locks(thread):
    def find(text: str) -> list[set[tuple[str, str | None]]]:
        thread.mail("Ada Moss", text)
        (page,) = lay_out(thread.discussion()).pages
        return [{(lock.lock, lock.held_at) for lock in p.locks} for p in find_paths(page)]

    return find


def test_a_chain_of_lockdep_takes_its_lock_in_the_function_that_asks_for_it(locks) -> None:
    text = (
        "-> #1 (&tree->scan_mutex){+.+.}-{3:3}:\n"
        "       __mutex_lock+0x1/0x2\n       my_insert+0x1/0x2\n       my_map+0x1/0x2\n"
    )
    assert locks(text) == [{("scan_mutex", "my_insert")}]


def test_a_list_of_held_locks_says_where(locks) -> None:
    text = (
        "2 locks held by writer/1:\n"
        " #0: ffff8880 (&type->s_umount_key#27){++++}-{3:3}, at: my_super+0x1/0x2\n"
        " #1: ffff8881 (elsewhere){+.+.}, at: not_on_it+0x1/0x2\n\n"
        "Call Trace:\n my_scan+0x1/0x2\n my_super+0x1/0x2\n my_shrink+0x1/0x2\n"
    )
    assert locks(text) == [{("s_umount", "my_super")}]


def test_a_call_tree_takes_locks_in_the_function_above(locks) -> None:
    text = "my_map()\n  mutex_lock(&tree->scan_mutex)\n  my_insert()\n    wants page_lock\n    my_alloc()\n"
    assert locks(text)[-1] == {("scan_mutex", "my_map"), ("page_lock", "my_insert")}


def test_prose_says_who_takes_a_lock(locks) -> None:
    assert locks("my_open() takes tree_mutex and calls do_check().\n") == [{("tree_mutex", "my_open")}]


def test_the_locks_of_another_sentence_are_not_on_the_path(locks) -> None:
    assert locks("The reader holds tree_mutex. my_open() calls do_check() here.\n") == [set()]


def test_the_locks_on_a_path_are_read_from_around_it(thread) -> None:
    thread.mail("Ada Moss", "my_open() -> do_check() runs with i_mutex held.\n")
    (page,) = lay_out(thread.discussion()).pages
    (path,) = find_paths(page)
    assert [lock.lock for lock in path.locks] == ["i_mutex"]
