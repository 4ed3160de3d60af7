"""Completions, exclusive wake-ups, reference counts and RCU, each where it works and where it must not."""

import pytest

from analysis.model.check import check
from analysis.model.language import (
    Mortal,
    Struct,
    Task,
    assert_,
    bit,
    complete,
    complete_all,
    completion,
    finish_wait,
    kfree,
    pointer,
    prepare_to_wait,
    rcu_read_lock,
    rcu_read_unlock,
    refcount,
    refcount_dec_and_test,
    refcount_freeze,
    refcount_inc_not_zero,
    schedule,
    synchronize_rcu,
    use,
    wait_for_completion,
    wait_queue,
    wake_up,
    wake_up_one,
)
from analysis.model.result import Verdict


class Page(Mortal):
    count = refcount()


class Device(Struct):
    done = completion(2)
    ready = bit()
    queue = wait_queue()
    readers_seen = bit()


page = Page("page")
device = Device("device")


class Slot(Struct):
    page = pointer(page, initial=page)


slot = Slot("slot")


def failing(*functions):
    """The names of the properties that fail for some functions run as tasks."""
    tasks = [Task(f"{f.__name__} {k}", f) for k, f in enumerate(functions)]
    results = check(tasks, audit=True)
    assert all(r.exhaustive for r in results)
    return {r.property for r in results if r.verdict is Verdict.FAIL}


def await_done():
    wait_for_completion(device.done)
    assert_(device.ready, "completed means ready")


def finish_one():
    device.ready = 1
    complete(device.done)


def finish_all():
    device.ready = 1
    complete_all(device.done)


def finish_early():
    complete(device.done)
    device.ready = 1


@pytest.mark.parametrize(
    ("functions", "wrong"),
    [
        ((await_done, finish_one), set()),
        ((await_done, await_done, finish_one), {"no missed wake-up"}),
        ((await_done, await_done, finish_one, finish_one), set()),
        ((await_done, await_done, await_done, finish_all), set()),
        ((await_done, finish_early), {"assertions hold"}),
    ],
)
def test_a_completion_lets_one_waiter_go_or_all(functions, wrong):
    assert failing(*functions) == wrong


def sleep_until_ready():
    prepare_to_wait(device.queue)
    while not device.ready:
        schedule()
        prepare_to_wait(device.queue)
    finish_wait(device.queue)


def ready_all():
    device.ready = 1
    wake_up(device.queue)


def ready_one():
    device.ready = 1
    wake_up_one(device.queue)


def ready_and_pass_on():
    prepare_to_wait(device.queue)
    while not device.ready:
        schedule()
        prepare_to_wait(device.queue)
    finish_wait(device.queue)
    wake_up_one(device.queue)


@pytest.mark.parametrize(
    ("functions", "wrong"),
    [
        ((sleep_until_ready, sleep_until_ready, ready_all), set()),
        ((sleep_until_ready, ready_one), set()),
        ((sleep_until_ready, sleep_until_ready, ready_one), {"no missed wake-up"}),
        ((ready_and_pass_on, ready_and_pass_on, ready_one), set()),
    ],
)
def test_an_exclusive_wake_up_wakes_one_and_has_to_be_passed_on(functions, wrong):
    assert failing(*functions) - {"no livelock"} == wrong


def get_and_use():
    if refcount_inc_not_zero(page.count):
        use(page)
        if refcount_dec_and_test(page.count):
            kfree(page)


def put():
    if refcount_dec_and_test(page.count):
        kfree(page)


def use_without_get():
    use(page)


def freeze():
    if refcount_freeze(page.count, 1):
        kfree(page)


@pytest.mark.parametrize(
    ("functions", "wrong"),
    [
        ((get_and_use, put), set()),
        ((get_and_use, get_and_use, put), set()),
        ((get_and_use, freeze), set()),
        ((use_without_get, put), {"no use after the last put"}),
        ((use_without_get, freeze), {"no use after the last put"}),
        ((put, put), {"no use after the last put"}),
    ],
)
def test_a_reference_keeps_the_object_and_nothing_else_does(functions, wrong):
    assert failing(*functions) == wrong


def read_nested():
    rcu_read_lock()
    rcu_read_lock()
    seen = slot.page
    rcu_read_unlock()
    if seen is not None:
        use(seen)
    rcu_read_unlock()


def read_too_long():
    rcu_read_lock()
    seen = slot.page
    rcu_read_unlock()
    if seen is not None:
        use(seen)


def remove():
    slot.page = None
    synchronize_rcu()
    kfree(page)


def remove_too_soon():
    synchronize_rcu()
    slot.page = None
    kfree(page)


def wait_inside():
    rcu_read_lock()
    synchronize_rcu()
    rcu_read_unlock()


@pytest.mark.parametrize(
    ("functions", "wrong"),
    [
        ((read_nested, remove), set()),
        ((read_nested, read_nested, remove), set()),
        ((read_too_long, remove), {"no use after the last put"}),
        ((read_nested, remove_too_soon), {"no use after the last put"}),
        ((wait_inside,), {"no sleep while atomic", "no deadlock"}),
    ],
)
def test_a_grace_period_covers_read_sections_to_their_outermost_end(functions, wrong):
    assert failing(*functions) == wrong
