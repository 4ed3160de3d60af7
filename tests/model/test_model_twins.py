"""Classic protocols in the modelling language and, written by hand, in Promela: equal numbers of states.

The twins check the front end, which the printed tries can't: what a statement means, where a step ends,
which locals count. In a twin every statement or `d_step` is one step, and a process clears what it will
not read again.
"""

import pytest

from analysis.model.check import check
from analysis.model.language import (
    Struct,
    Task,
    array,
    assert_,
    atomic,
    bit,
    finish_wait,
    mutex,
    mutex_lock,
    mutex_unlock,
    number,
    prepare_to_wait,
    schedule,
    until,
    wait_queue,
    wake_up,
)
from analysis.model.result import Verdict


class Peterson(Struct):
    wants: list[int] = array(2, bit())
    turn = bit()
    inside = number(2)


p = Peterson()


def peterson(me):
    p.wants[me] = 1
    p.turn = 1 - me
    until(not p.wants[1 - me] or p.turn == me)
    p.inside += 1
    assert_(p.inside == 1, "alone")
    p.inside -= 1
    p.wants[me] = 0


PETERSON = """
bit wants[2]; bit turn; byte inside;
active [2] proctype peterson()
{
	d_step { wants[_pid] = 1 };
	d_step { turn = 1 - _pid };
	d_step { wants[1 - _pid] == 0 || turn == _pid };
	d_step { inside++ };
	d_step { assert(inside == 1) };
	d_step { inside-- };
	d_step { wants[_pid] = 0 };
end:	false
}
"""


class Tickets(Struct):
    next_ticket = number(3)
    serving = number(3)
    inside = number(3)


t = Tickets()


def ticket_lock():
    with atomic:
        mine = t.next_ticket
        t.next_ticket += 1
    until(t.serving == mine)
    t.inside += 1
    assert_(t.inside == 1, "alone")
    t.inside -= 1
    t.serving += 1


TICKETS = """
byte next, serving, inside;
active [3] proctype ticket_lock()
{
	byte mine;
	d_step { mine = next; next++ };
	d_step { serving == mine -> mine = 0 };
	d_step { inside++ };
	d_step { assert(inside == 1) };
	d_step { inside-- };
	d_step { serving++ };
end:	false
}
"""


class Shelf(Struct):
    readers = number(2)
    writing = number(2)
    value = number(2)


r = Shelf()


def read():
    with atomic:
        until(not r.writing)
        r.readers += 1
    seen = r.value
    assert_(seen == r.value, "nobody writes")
    r.readers -= 1


def write():
    with atomic:
        until(not r.readers and not r.writing)
        r.writing = 1
    r.value += 1
    r.writing = 0


READERS_WRITERS = """
byte readers, writing, value;
active [2] proctype reader()
{
	byte seen;
	d_step { !writing -> readers++ };
	d_step { seen = value };
	d_step { assert(seen == value); seen = 0 };
	d_step { readers-- };
end:	false
}
active [2] proctype writer()
{
	d_step { !readers && !writing -> writing = 1 };
	d_step { value++ };
	d_step { writing = 0 };
end:	false
}
"""


class Buffer(Struct):
    full = bit()
    queue = wait_queue()


b = Buffer()


def consume():
    while not b.full:  # looked at before standing in the queue: a wake-up can be lost
        prepare_to_wait(b.queue)
        schedule()
        finish_wait(b.queue)
    b.full = 0
    wake_up(b.queue)


def produce():
    while b.full:
        prepare_to_wait(b.queue)
        schedule()
        finish_wait(b.queue)
    b.full = 1
    wake_up(b.queue)


class Locks(Struct):
    a = mutex()
    b = mutex()


k = Locks()


def a_then_b():
    mutex_lock(k.a)
    mutex_lock(k.b)
    mutex_unlock(k.b)
    mutex_unlock(k.a)


def b_then_a():
    mutex_lock(k.b)
    mutex_lock(k.a)
    mutex_unlock(k.a)
    mutex_unlock(k.b)


ABBA = """
bit a, b;
#define task(name, one, two) active proctype name() { \\
	d_step { !one -> one = 1 }; d_step { !two -> two = 1 }; \\
	d_step { two = 0 }; d_step { one = 0 }; \\
end:	false }
task(a_then_b, a, b)
task(b_then_a, b, a)
"""

LOST_WAKE_UP = """
bit filled, queued[2], asleep[2];
inline wake_up() {
	d_step {
		if :: queued[0] -> asleep[0] = 0 :: else fi;
		if :: queued[1] -> asleep[1] = 0 :: else fi
	}
}
inline sleep() {
	d_step { queued[_pid] = 1; asleep[_pid] = 1 };
	!asleep[_pid];
	d_step { queued[_pid] = 0; asleep[_pid] = 0 }
}
active proctype consumer()
{
look:	if
	:: filled
	:: !filled; sleep(); goto look
	fi;
	filled = 0; wake_up();
end:	false
}
active proctype producer()
{
look:	if
	:: !filled
	:: filled; sleep(); goto look
	fi;
	filled = 1; wake_up();
end:	false
}
"""

TWINS = {
    "Peterson": ([Task("zero", peterson, (0,)), Task("one", peterson, (1,))], PETERSON, "assertions hold"),
    "ticket lock": ([Task(f"task {n}", ticket_lock) for n in range(3)], TICKETS, "assertions hold"),
    "readers and writers": (
        [*[Task(f"reader {n}", read) for n in range(2)], *[Task(f"writer {n}", write) for n in range(2)]],
        READERS_WRITERS,
        "assertions hold",
    ),
    "lost wake-up": (
        [Task("consumer", consume), Task("producer", produce)],
        LOST_WAKE_UP,
        "no missed wake-up",
    ),
    "ABBA": ([Task("a then b", a_then_b), Task("b then a", b_then_a)], ABBA, "no deadlock"),
}
FAILING = {"lost wake-up", "ABBA"}


@pytest.mark.parametrize("name", TWINS)
def test_a_protocol_has_as_many_states_as_its_twin_written_by_hand(spin, name):
    tasks, promela, question = TWINS[name]
    found = {result.property: result for result in check(tasks, audit=True)}[question]
    said = spin(promela)
    assert (found.states, found.transitions, found.depth) == (said.states, said.transitions, said.depth)
    assert said.violated_at is None
    assert (found.verdict is Verdict.FAIL) is (name in FAILING)


@pytest.mark.parametrize("vmas", [2, 3])
def test_the_unmap_race_has_as_many_states_as_its_twin(spin, benchmark_case, vmas):
    promela = (benchmark_case.HERE / "unmap.pml").read_text(encoding="utf-8")
    exploration = benchmark_case.run(4, vmas, 3)
    said = spin(f"#define VMAS {vmas}\n#define PAGES 3\n{promela}", "-A")
    assert (said.states, said.transitions) == (len(exploration.states), exploration.transitions)
    assert said.depth == exploration.deepest
