"""Random small programs against an interpreter that walks their syntax trees and knows nothing of tries.

The interpreter follows the rule of the language as the page teaches it: a statement that touches shared state
is a step, statements that touch only locals belong to the step before. It keeps whole environments, so it is
compared by what can be seen of a program: which values its shared fields ever have, which of them when
nobody can go on, and which assertions fail.
"""

import ast
import importlib.util
import itertools
import textwrap

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.model.explorer import Engine, explore
from analysis.model.machine import Machine
from analysis.model.program import Task, build
from analysis.model.tries import Tries

FIELDS = ("x", "y")
LOCALS = ("a", "b")
HEAD = """
from analysis.model.language import Struct, any_of, assert_, atomic, number, until

class Shared(Struct):
    x = number(3)
    y = number(3)

s = Shared()
"""

values = st.sampled_from(["0", "1", "a", "b", "s.x", "s.y", "(a + 1) % 4", "(s.x + s.y) % 4", "(b * 2) % 4"])
tests = st.sampled_from(["a == b", "s.x", "s.x == s.y", "not s.y", "a < 2", "s.x != b", "s.y > a"])
simple = st.one_of(
    st.builds("s.{} = {}".format, st.sampled_from(FIELDS), values),
    st.builds("{} = {}".format, st.sampled_from(LOCALS), values),
    st.builds("{} = any_of(0, {})".format, st.sampled_from(LOCALS), values),
    st.builds("until({})".format, tests),
    st.builds("assert_({0}, {0!r})".format, tests),
)


def indented(lines):
    """A block one level deeper."""
    return textwrap.indent("\n".join(lines), "    ")


blocks = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(
            lambda test, yes, no: f"if {test}:\n{indented(yes)}\nelse:\n{indented(no)}",
            tests,
            st.lists(inner, min_size=1, max_size=2),
            st.lists(inner, min_size=1, max_size=2),
        ),
        st.builds(
            lambda body, times: f"for _ in range({times}):\n{indented(body)}",
            st.lists(inner, min_size=1, max_size=2),
            st.integers(1, 2),
        ),
        st.builds(lambda body: f"with atomic:\n{indented(body)}", st.lists(simple, min_size=1, max_size=3)),
    ),
    max_leaves=5,
)
programs = st.lists(st.lists(blocks, min_size=1, max_size=3), min_size=2, max_size=2)


class Wait(Exception):  # noqa: N818  (control flow)
    """The statement can't run now."""


class Naive:
    """Explores a program by walking its syntax trees from the start for every sequence of moves.

    A state is the shared fields and, per task, all that it did so far: the values it read and the choices it
    made. Nothing is ever restored from a key, so nothing can be wrong about keys.
    """

    def __init__(self, bodies):
        self.trees = [ast.parse("\n".join(body)).body for body in bodies]
        self.seen, self.ends, self.failed = set(), set(), set()

    def explore(self):
        """Visit everything."""
        start = ((0, 0), ((), ()))
        known, work = {start}, [start]
        while work:
            state = work.pop()
            shared, logs = state
            self.seen.add(shared)
            moved = False
            for task in range(2):
                for after, log in self.steps(task, shared, logs[task]):
                    moved = True
                    following = (after, (*logs[:task], log, *logs[task + 1 :]))
                    if following not in known:
                        known.add(following)
                        work.append(following)
            if not moved:
                self.ends.add(shared)

    def steps(self, task, shared, log):
        """(shared fields, log) after every way that the next step of a task can go."""
        pending = [()]
        while pending:
            choices = pending.pop()
            run = Replay(shared, log, choices)
            try:
                for _ in run.block(self.trees[task]):
                    pass
            except Wait:
                pending += run.untried(choices)
                continue
            except Over:
                pass
            if not run.stepped:
                continue
            pending += run.untried(choices)
            self.failed |= run.failed
            yield (run.shared["x"], run.shared["y"]), (*log, (run.reads, run.choices))


class Over(Exception):  # noqa: N818  (control flow)
    """The step is over: the next statement would be another one."""


class Replay:
    """A task run again through the steps of its log, then through one new step."""

    def __init__(self, shared, log, choices):
        self.shared = dict(zip(FIELDS, shared, strict=True))
        self.locals = dict.fromkeys(LOCALS, 0)
        self.log, self.at = log, 0
        self.reads, self.choices, self.given = (), (), choices
        self.arities = ()
        self.stepped, self.atomic, self.failed = False, 0, set()
        self.replayed = None

    @property
    def live(self):
        """Whether this is the new step."""
        return self.at == len(self.log)

    def untried(self, given):
        """Sequences of choices that branch off after those given."""
        for k in range(len(given), len(self.arities)):
            for other in range(1, self.arities[k]):
                yield (*self.choices[:k], other)

    def block(self, statements):
        for node in statements:
            yield from self.statement(node)

    def statement(self, node):
        if isinstance(node, ast.For):
            for _ in range(node.iter.args[0].value):
                yield from self.block(node.body)
        elif isinstance(node, ast.If):
            holds = []
            yield from self.step([lambda: holds.append(self.value(node.test))], touches(node.test))
            yield from self.block(node.body if holds[-1] else node.orelse)
        elif isinstance(node, ast.With):
            yield from self.step([lambda n=n: self.simple(n) for n in node.body], True)
        else:
            yield from self.step([lambda: self.simple(node)], touches(node))

    def step(self, actions, touching):
        """Run some statements that are one step if they touch shared state."""
        if touching:
            if self.live and self.stepped:
                raise Over
            if not self.live:
                self.replayed = (iter(self.log[self.at][0]), iter(self.log[self.at][1]))
        for action in actions:
            action()
        if touching:
            if self.live:
                self.stepped = True
            else:
                self.at += 1
        yield

    def simple(self, node):
        if isinstance(node, ast.Assign):
            value = self.value(node.value)
            (target,) = node.targets
            if isinstance(target, ast.Name):
                self.locals[target.id] = value
            elif self.live:
                self.shared[target.attr] = value
            else:
                self.own = value
        else:
            call = node.value
            held = self.value(call.args[0])
            if call.func.id == "until" and not held:
                raise Wait
            if call.func.id == "assert_" and not held and self.live:
                self.failed.add(call.args[1].value)

    def value(self, node):
        """Evaluate an expression; in a replay, reads and choices give what they gave then."""
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self.locals[node.id]
            case ast.Attribute():
                return self.read(node.attr)
            case ast.Call():
                return self.choose([self.value(a) for a in node.args])
            case ast.UnaryOp():
                return not self.value(node.operand)
            case ast.BinOp():
                left, right = self.value(node.left), self.value(node.right)
                return {ast.Add: left + right, ast.Mult: left * right, ast.Mod: left % max(right, 1)}[
                    type(node.op)
                ]
            case ast.Compare():
                left, right = self.value(node.left), self.value(node.comparators[0])
                signs = {
                    ast.Eq: left == right,
                    ast.NotEq: left != right,
                    ast.Lt: left < right,
                    ast.Gt: left > right,
                }
                return signs[type(node.ops[0])]
        raise AssertionError(ast.dump(node))

    def read(self, name):
        if not self.live:
            return next(self.replayed[0])
        value = self.shared[name]
        self.reads += (value,)
        return value

    def choose(self, options):
        if not self.live:
            return options[next(self.replayed[1])]
        at = len(self.choices)
        taken = self.given[at] if at < len(self.given) else 0
        self.arities += (len(options),)
        self.choices += (taken,)
        return options[taken]


def touches(node):
    """Whether a statement or test uses shared state, or waits, or chooses."""
    return any(
        isinstance(n, ast.Attribute) or (isinstance(n, ast.Name) and n.id in ("any_of", "until"))
        for n in ast.walk(node)
    )


def seen_of(exploration):
    """Both fields in every state; one that no function mentions is not part of the program and stays 0."""
    names = [c.name for c in exploration.tries.machine.program.cells]
    columns = [
        exploration.codes(names.index(f"s.{f}")) if f"s.{f}" in names else [0] * len(exploration.states)
        for f in FIELDS
    ]
    return list(zip(*columns, strict=True))


numbers = itertools.count()


def compiled(bodies, folder):
    """The program explored by the product."""
    functions = [
        f"def task_{k}():\n    a = 0\n    b = 0\n{textwrap.indent(chr(10).join(body), '    ')}\n"
        for k, body in enumerate(bodies)
    ]
    file = folder / f"program_{next(numbers)}.py"
    file.write_text(HEAD + "\n\n".join(functions), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tries = Tries(Machine(build([Task("zero", module.task_0), Task("one", module.task_1)]), audit=True))
    exploration = explore(tries, engine=Engine.PYTHON)
    tries.audit()
    return exploration


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=programs)
def test_a_random_program_does_what_its_source_says(tmp_path_factory, bodies):
    exploration = compiled(bodies, tmp_path_factory.mktemp("random"))
    naive = Naive(bodies)
    naive.explore()
    codes = seen_of(exploration)
    assert set(codes) == naive.seen
    assert {codes[end] for end in exploration.ends} == naive.ends
    violations = {v.message for e in exploration.tries.edges for v in e.outcome.violations}
    assert violations == naive.failed
