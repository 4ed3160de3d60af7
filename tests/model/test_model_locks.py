"""What every lock excludes, and what goes wrong around it."""

import pytest

from analysis.model.check import check
from analysis.model.language import (
    BUG_ON,
    Mortal,
    Struct,
    Task,
    assert_,
    atomic,
    bit,
    bit_lock,
    clear_and_wake_up_bit,
    complete,
    completion,
    down,
    down_read,
    down_read_trylock,
    down_write,
    downgrade_write,
    finish_wait,
    kfree,
    might_sleep,
    mutex,
    mutex_lock,
    mutex_lock_nested,
    mutex_trylock,
    mutex_unlock,
    number,
    pointer,
    prepare_to_wait,
    rcu_read_lock,
    rcu_read_unlock,
    refcount,
    refcount_dec_and_test,
    refcount_inc,
    refcount_inc_not_zero,
    rwsem,
    schedule,
    semaphore,
    spin_lock,
    spin_unlock,
    spinlock,
    synchronize_rcu,
    up,
    up_read,
    up_write,
    use,
    wait_for_completion,
    wait_on_bit_lock,
    wait_queue,
    wake_up,
)
from analysis.model.language import (
    test_and_set_bit_lock as set_bit_lock,
)
from analysis.model.result import Verdict


class Shared(Struct):
    a = mutex()
    b = mutex()
    spin = spinlock()
    flag = bit_lock()
    sem = rwsem()
    unfair = rwsem(fair=False)
    two = semaphore(2)
    inside = number(3)
    ready = bit()
    queue = wait_queue()
    done = completion()


s = Shared()


def verdicts(*functions, names=None):
    """Property → result, of functions run as tasks."""
    tasks = [Task(f"{f.__name__} {k}", f) for k, f in enumerate(functions)]
    return {r.kind if r.kind != "assertion" else "assertion": r for r in check(tasks, audit=True)}


def failing(*functions):
    return {kind for kind, r in verdicts(*functions).items() if r.verdict is Verdict.FAIL}


def critical():
    s.inside += 1
    assert_(s.inside == 1, "alone")
    s.inside -= 1


def with_mutex():
    mutex_lock(s.a)
    critical()
    mutex_unlock(s.a)


def with_spinlock():
    spin_lock(s.spin)
    critical()
    spin_unlock(s.spin)


def with_bit():
    wait_on_bit_lock(s.flag)
    critical()
    clear_and_wake_up_bit(s.flag)


def with_write():
    down_write(s.sem)
    critical()
    up_write(s.sem)


def with_unfair_write():
    down_write(s.unfair)
    critical()
    up_write(s.unfair)


def with_trylock():
    if mutex_trylock(s.a):
        critical()
        mutex_unlock(s.a)


def with_bit_trylock():
    if not set_bit_lock(s.flag):
        critical()
        clear_and_wake_up_bit(s.flag)


def with_nothing():
    critical()


@pytest.mark.parametrize(
    "function",
    [with_mutex, with_spinlock, with_bit, with_write, with_unfair_write, with_trylock, with_bit_trylock],
)
def test_an_exclusive_lock_excludes(function):
    assert failing(function, function, function) == set()


def test_without_a_lock_the_same_section_fails():
    assert failing(with_nothing, with_nothing) == {"assertion"}


def reader():
    down_read(s.sem)
    s.inside += 1
    s.inside -= 1
    up_read(s.sem)


def test_readers_share_and_a_downgrade_lets_readers_in_but_no_writer(explored):
    exploration = explored(reader, reader)
    at = [c.name for c in exploration.tries.machine.program.cells].index("s.inside")
    assert max(exploration.tries.layout.code(x, at) for x in exploration.states) == 2
    assert failing(downgrader, with_write, reader_alone_or_with_readers) == set()


def downgrader():
    down_write(s.sem)
    downgrade_write(s.sem)
    s.ready = s.ready
    up_read(s.sem)


def reader_alone_or_with_readers():
    down_read(s.sem)
    assert_(s.inside == 0, "no writer inside")
    up_read(s.sem)


def read_twice():
    down_read(s.sem)
    down_read(s.sem)
    up_read(s.sem)
    up_read(s.sem)


def read_unfair_twice():
    down_read(s.unfair)
    down_read(s.unfair)
    up_read(s.unfair)
    up_read(s.unfair)


def test_a_fair_rwsem_deadlocks_a_recursive_reader_behind_a_queued_writer_and_an_unfair_one_does_not():
    found = verdicts(read_twice, with_write)
    assert found["deadlock"].verdict is Verdict.FAIL
    # the reader has it once, the writer stands in the queue, the reader asks again
    assert [step.function for step in found["deadlock"].trace[:2]] == ["read_twice", "with_write"]
    assert "deadlock" not in failing(read_unfair_twice, with_unfair_write)


def try_read_twice():
    down_read(s.sem)
    if down_read_trylock(s.sem):
        up_read(s.sem)
    up_read(s.sem)


def test_a_trylock_neither_waits_nor_orders_locks():
    assert failing(try_read_twice, with_write) == set()


def takes_unit():
    down(s.two)
    s.inside += 1
    assert_(s.inside <= 2, "at most two")
    s.inside -= 1
    up(s.two)


def test_a_semaphore_of_two_lets_two_in():
    assert failing(takes_unit, takes_unit, takes_unit) == set()


def ab():
    mutex_lock(s.a)
    mutex_lock(s.b)
    mutex_unlock(s.b)
    mutex_unlock(s.a)


def ba():
    mutex_lock(s.b)
    mutex_lock(s.a)
    mutex_unlock(s.a)
    mutex_unlock(s.b)


def ba_apart():
    until_ready()
    ba()


def until_ready():
    wait_for_completion(s.done)


def ab_then_signal():
    ab()
    complete(s.done)


def test_abba_is_a_deadlock_and_an_inversion_with_both_paths():
    found = verdicts(ab, ba)
    assert found["deadlock"].verdict is Verdict.FAIL
    assert [step.task for step in found["deadlock"].trace] == ["ab 0", "ba 1", "ab 0", "ba 1"]
    assert found["deadlock"].reason == "ab 0 waits for s.b, held by ba 1; ba 1 waits for s.a, held by ab 0"
    paths = found["lock order"].witnesses
    assert [p.title for p in paths] == [
        "ab 0 asks for s.b while holding s.a",
        "ba 1 asks for s.a while holding s.b",
    ]
    assert [step.function for step in paths[1].trace] == ["ba", "ba"]


def test_an_inversion_is_reported_even_where_no_deadlock_is_reachable():
    assert failing(ab_then_signal, ba_apart) == {"lock order"}


class Node(Struct):
    lock = mutex()


parent, child = Node("parent"), Node("child")


def nested():
    mutex_lock(parent.lock)
    mutex_lock(child.lock)
    mutex_unlock(child.lock)
    mutex_unlock(parent.lock)


def nested_with_subclass():
    mutex_lock(parent.lock)
    mutex_lock_nested(child.lock, 1)
    mutex_unlock(child.lock)
    mutex_unlock(parent.lock)


def test_two_locks_of_one_class_look_recursive_unless_a_subclass_says_the_order():
    assert failing(nested) == {"lock order"}
    assert failing(nested_with_subclass) == set()


def bits_ab():
    wait_on_bit_lock(s.flag)
    mutex_lock(s.a)
    mutex_unlock(s.a)
    clear_and_wake_up_bit(s.flag)


def bits_ba():
    mutex_lock(s.a)
    wait_on_bit_lock(s.flag)
    clear_and_wake_up_bit(s.flag)
    mutex_unlock(s.a)


def test_a_bit_lock_deadlocks_like_any_other_but_lockdep_does_not_see_it():
    found = verdicts(bits_ab, bits_ba)
    assert {k for k, r in found.items() if r.verdict is Verdict.FAIL} == {"deadlock"}
    assert "not seen by lockdep: Shared.flag (bit lock)" in found["deadlock"].notes
    assert not any("lockdep" in note for note in verdicts(ab, ba)["deadlock"].notes)


def takes_twice():
    mutex_lock(s.a)
    mutex_lock(s.a)


def other_work():
    s.ready = 1
    s.ready = 0


def test_a_self_deadlock_is_named_at_once_whatever_others_do():
    found = verdicts(takes_twice, other_work)
    for kind in ("self-deadlock", "deadlock"):
        assert found[kind].verdict is Verdict.FAIL
        assert [step.function for step in found[kind].trace] == ["takes_twice", "takes_twice"]


def sleeps_holding_spinlock():
    spin_lock(s.spin)
    mutex_lock(s.a)
    mutex_unlock(s.a)
    spin_unlock(s.spin)


def sleeps_in_rcu():
    rcu_read_lock()
    might_sleep("copy_from_user()")
    rcu_read_unlock()


def forgets_unlock():
    mutex_lock(s.a)


def unlocks_twice():
    mutex_lock(s.a)
    mutex_unlock(s.a)
    mutex_unlock(s.a)


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (sleeps_holding_spinlock, "sleep while atomic"),
        (sleeps_in_rcu, "sleep while atomic"),
        (forgets_unlock, "return while holding"),
        (unlocks_twice, "unbalanced unlock"),
    ],
)
def test_a_mistake_around_one_lock_is_named(function, kind):
    assert failing(function) == {kind}


def waiter_tests_first():
    if not s.ready:
        prepare_to_wait(s.queue)
        schedule()
        finish_wait(s.queue)


def waiter_prepares_first():
    prepare_to_wait(s.queue)
    if not s.ready:
        schedule()
    finish_wait(s.queue)


def waker():
    s.ready = 1
    wake_up(s.queue)


def test_testing_before_preparing_misses_a_wake_up_and_preparing_first_does_not():
    assert failing(waiter_tests_first, waker) == {"missed wake-up"}
    assert failing(waiter_prepares_first, waker) == set()


def bug():
    mutex_lock(s.a)
    BUG_ON(s.ready == 0, "not ready")
    s.inside = 3


def test_bug_on_stops_its_task_there_and_is_no_deadlock_of_others(explored):
    found = verdicts(bug, with_mutex)
    assert {k for k, r in found.items() if r.verdict is Verdict.FAIL} == {"assertion"}
    exploration = explored(bug)
    at = [c.name for c in exploration.tries.machine.program.cells].index("s.inside")
    assert {exploration.tries.layout.code(x, at) for x in exploration.states} == {0}


class Object(Mortal):
    references = refcount(1)


target = Object("object")


class Table(Struct):
    slot = pointer(target, initial=target)


table = Table()


def drop():
    table.slot = None
    if refcount_dec_and_test(target.references):
        kfree(target)


def get_careless():
    found = table.slot
    if found:
        refcount_inc(found.references)
        use(found)
        put(found)


def get_careful():
    found = table.slot
    if found and refcount_inc_not_zero(found.references):
        use(found)
        put(found)


def put(found):
    if refcount_dec_and_test(found.references):
        kfree(found)


def test_a_reference_taken_after_the_last_put_is_reported():
    assert "use after the last put" in failing(drop, get_careless)
    assert failing(drop, get_careful) == set()


def rcu_reader():
    rcu_read_lock()
    found = table.slot
    if found:
        use(found)
    rcu_read_unlock()


def rcu_freer():
    table.slot = None
    synchronize_rcu()
    kfree(target)


def hasty_freer():
    table.slot = None
    kfree(target)


def test_a_grace_period_lets_readers_finish():
    assert failing(rcu_reader, rcu_reader, rcu_freer) == set()
    assert failing(rcu_reader, hasty_freer) == {"use after the last put"}


def atomic_pair():
    with atomic:
        mutex_lock(s.a)
        mutex_lock(s.b)
    mutex_unlock(s.b)
    mutex_unlock(s.a)


def test_locks_taken_in_one_atomic_step_do_not_deadlock_each_other():
    assert "deadlock" not in failing(atomic_pair, atomic_pair)
