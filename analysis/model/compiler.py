"""From a checked syntax tree to instructions.

Control flow becomes jumps; every simple statement becomes a Python function from the locals that it reads
to the locals that it sets, so that nothing of a suspended task hides on an evaluation stack: what a task
will do next is exactly (instruction, live locals) of each of its frames.
"""

import ast
import copy
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any, cast

from analysis.model import code as op
from analysis.model.errors import UnsupportedSyntaxError
from analysis.model.settings import Settings
from analysis.model.syntax import (
    ALLOWED_BUILTINS,
    Configure,
    Source,
    constant_truth,
    loaded_names,
    local_names,
    names_in_scope,
    read_function,
    stored_names,
)
from analysis.model.waiting import assert_, atomic

_LIBRARY = str(Path(__file__).parent)
_PENDING = -1


def is_model_function(value: object) -> bool:
    """Whether a value is a function to compile rather than a part of the language."""
    return isinstance(value, FunctionType) and not hasattr(value, "__primitive__")


def compile_function(function: FunctionType, settings: Settings) -> op.Code:
    """Compile a model function under some settings; raises UnsupportedSyntaxError."""
    source = read_function(function)
    return _Compiler(source, function, settings).compile()


def referenced_values(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The free names that a function mentions, and what they stand for."""
    source = read_function(function)
    scope, local = names_in_scope(function), local_names(source.tree)
    for statement in source.tree.body:
        for name in loaded_names(statement):
            if name not in local and name in scope:
                yield name, scope[name]


class _Compiler:
    def __init__(self, source: Source, function: FunctionType, settings: Settings) -> None:
        self._source = source
        self._function = function
        self._scope = {**names_in_scope(function), "__items__": _frozen_items, "__assert__": assert_}
        self._local = local_names(source.tree)
        self._settings = settings
        self._code: list[Any] = []
        self._hidden = 0
        self._loops: list[tuple[list[int], list[int], int]] = []  # jumps out, jumps to the head, atomic depth
        self._atomic = 0
        self._at: ast.stmt = source.tree

    def compile(self) -> op.Code:
        tree = Configure(self._scope, self._local, self._settings).visit(copy.deepcopy(self._source.tree))
        self._body(tree.body)
        self._at = self._source.tree
        end = self._source.tree.end_lineno or self._source.tree.lineno
        self._code.append(op.Return(end, "", self._function_of(None, ()), (), 0))
        instructions = tuple(self._code)
        return op.Code(
            self._source.name,
            self._source.file,
            self._source.tree.lineno,
            inspect.signature(self._function),
            instructions,
            op.locals_alive(instructions),
            self._source.file.startswith(_LIBRARY),
        )

    # -- statements

    def _body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        self._at = node
        if isinstance(node, ast.Pass) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            return
        handlers: dict[type[ast.stmt], Callable[[Any], None]] = {
            ast.If: self._if,
            ast.While: self._while,
            ast.For: self._for,
            ast.With: self._with,
            ast.Return: self._return,
            ast.Assert: self._assert,
            ast.Break: self._break,
            ast.Continue: self._continue,
        }
        handlers.get(type(node), self._simple)(node)

    def _simple(self, node: Any) -> None:
        if isinstance(node, ast.AnnAssign):
            if node.value is None:
                return
            node = ast.copy_location(ast.Assign([node.target], node.value), node)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr):
            if isinstance(node.value, ast.Call) and self._is_model_call(node.value):
                if isinstance(node, ast.Expr):
                    self._call(node.value, self._fresh("ignored"))
                    return
                if isinstance(node, ast.Assign) and [type(t) for t in node.targets] == [ast.Name]:
                    self._call(node.value, cast(ast.Name, node.targets[0]).id)
                    return
            node.value = self._lift(node.value)
            self._run(node)
            return
        raise self._source.refuse(
            node, f"{type(node).__name__.lower()} is not supported", "write it in another way"
        )

    def _run(self, node: ast.stmt) -> None:
        writes = tuple(dict.fromkeys(n for n in stored_names(node) if n in self._local))
        reads = self._reads(node)
        values = ast.Tuple([ast.Name(n, ast.Load()) for n in writes], ast.Load())
        function = self._function_of(values, reads, [node])
        self._emit(op.Run, function, reads, writes)

    def _if(self, node: ast.If) -> None:
        to_else = self._test(node.test)
        self._body(node.body)
        if node.orelse:
            past = self._jump()
            self._patch(to_else)
            self._body(node.orelse)
            self._patch([past])
        else:
            self._patch(to_else)

    def _while(self, node: ast.While) -> None:
        head = len(self._code)
        leave = [] if constant_truth(node.test) else self._test(node.test)
        self._loop(node, head, leave)

    def _for(self, node: ast.For) -> None:
        remaining, item = self._fresh("remaining"), self._fresh("item")
        self._local |= {remaining, item}
        if self._has_model_call(node.iter):
            node.iter = self._lift(node.iter)
        frozen = ast.copy_location(ast.Call(ast.Name("__items__", ast.Load()), [node.iter], []), node.iter)
        self._run(ast.copy_location(ast.Assign([ast.Name(remaining, ast.Store())], frozen), node))
        head = len(self._code)
        self._emit(op.Advance, remaining, item, _PENDING)
        take = ast.Assign([node.target], ast.Name(item, ast.Load()))
        self._run(ast.copy_location(take, node))
        self._loop(node, head, [head])

    def _loop(self, node: ast.While | ast.For, head: int, leave: list[int]) -> None:
        breaks: list[int] = []
        again: list[int] = []
        self._loops.append((breaks, again, self._atomic))
        self._body(node.body)
        self._loops.pop()
        self._at = node
        self._code.append(op.Jump(node.lineno, "", head))
        self._patch(again, head)
        self._patch(leave)
        self._body(node.orelse)
        self._patch(breaks)

    def _break(self, node: ast.Break) -> None:
        breaks, _, depth = self._loops[-1]
        self._leave_atomic(self._atomic - depth)
        breaks.append(self._jump())

    def _continue(self, node: ast.Continue) -> None:
        _, again, depth = self._loops[-1]
        self._leave_atomic(self._atomic - depth)
        again.append(self._jump())

    def _with(self, node: ast.With) -> None:
        item = node.items[0]
        named = self._static(item.context_expr)
        if len(node.items) != 1 or item.optional_vars is not None or named is not atomic:
            raise self._source.refuse(node, "only `with atomic:` is known", "call lock and unlock functions")
        self._emit(op.Enter)
        self._atomic += 1
        self._body(node.body)
        self._atomic -= 1
        self._at = node
        self._emit(op.Leave)

    def _leave_atomic(self, blocks: int) -> None:
        for _ in range(blocks):
            self._emit(op.Leave)

    def _return(self, node: ast.Return) -> None:
        value = node.value and self._lift(node.value)
        reads = self._reads(value) if value else ()
        self._emit(op.Return, self._function_of(value, reads), reads, self._atomic)

    def _assert(self, node: ast.Assert) -> None:
        message = node.msg or ast.Constant(f"assert {ast.unparse(node.test)}")
        call = ast.Call(ast.Name("__assert__", ast.Load()), [self._lift(node.test), message], [])
        self._run(ast.copy_location(ast.Expr(ast.copy_location(call, node)), node))

    # -- tests and calls

    def _test(self, test: ast.expr) -> list[int]:
        """Code that goes on where the test holds; the branches to patch with where to go otherwise."""
        if isinstance(test, ast.BoolOp) and self._has_model_call(test):
            if isinstance(test.op, ast.And):
                return [at for value in test.values for at in self._test(value)]
            holds: list[int] = []
            for value in test.values[:-1]:
                otherwise = self._test(value)
                holds.append(self._jump())
                self._patch(otherwise)
            otherwise = self._test(test.values[-1])
            self._patch(holds)
            return otherwise
        test = self._lift(test)
        reads = self._reads(test)
        return [self._emit(op.Branch, self._function_of(test, reads), reads, _PENDING)]

    def _call(self, node: ast.Call, target: str) -> None:
        parts = [*node.args, *(k.value for k in node.keywords)]
        if any(self._has_model_call(p) for p in parts) or any(isinstance(a, ast.Starred) for a in node.args):
            raise self._source.refuse(node, "a model function is called inside another call", _ON_ITS_OWN)
        names: list[ast.expr | None] = [ast.Constant(k.arg) for k in node.keywords]
        packed = ast.Tuple(
            [
                node.func,
                ast.Tuple(node.args, ast.Load()),
                ast.Dict(names, [k.value for k in node.keywords]),
            ],
            ast.Load(),
        )
        reads = self._reads(node)
        self._local |= {target}
        self._emit(op.Call, self._function_of(ast.copy_location(packed, node), reads), reads, target)

    def _lift(self, expression: ast.expr) -> ast.expr:
        """Take the model call out of an expression, where that doesn't change what is evaluated first."""
        if not self._has_model_call(expression):
            return expression
        if isinstance(expression, ast.Call) and self._is_model_call(expression):
            result = self._fresh("result")
            self._call(expression, result)
            return ast.copy_location(ast.Name(result, ast.Load()), expression)
        field = {ast.UnaryOp: "operand", ast.BinOp: "left", ast.Compare: "left"}.get(type(expression))
        if field is None:
            raise self._source.refuse(
                expression, "a model function is called inside an expression", _ON_ITS_OWN
            )
        rest = [c for c in ast.iter_child_nodes(expression) if c is not getattr(expression, field)]
        if any(self._has_model_call(c) for c in rest):
            raise self._source.refuse(
                expression, "a model function is called inside an expression", _ON_ITS_OWN
            )
        setattr(expression, field, self._lift(getattr(expression, field)))
        return expression

    def _has_model_call(self, node: ast.AST) -> bool:
        return any(isinstance(n, ast.Call) and self._is_model_call(n) for n in ast.walk(node))

    def _is_model_call(self, node: ast.Call) -> bool:
        function = node.func
        if isinstance(function, ast.Name) and function.id in self._local:
            return True
        value = self._static(function)
        if value is None:
            if isinstance(function, ast.Attribute):
                raise self._source.refuse(
                    node, f"method {ast.unparse(function)}() is not known", "call a function"
                )
            raise self._source.refuse(node, f"{ast.unparse(function)}() is not known", "import or define it")
        if is_model_function(value):
            return True
        if hasattr(value, "__primitive__") or any(value is b for b in ALLOWED_BUILTINS):
            return False
        kind = "builtin" if isinstance(value, BuiltinFunctionType | type) else "value"
        raise self._source.refuse(
            node,
            f"{kind} {ast.unparse(function)} can't be called here",
            "model functions and primitives only",
        )

    def _static(self, node: ast.expr) -> Any:
        """What a dotted name stands for when the function is compiled; None if that isn't known."""
        if isinstance(node, ast.Name):
            return None if node.id in self._local else self._scope.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self._static(node.value)
            return getattr(owner, node.attr, None) if inspect.ismodule(owner) else None
        return None

    # -- emitting

    def _emit(self, kind: Callable[..., Any], *rest: Any) -> int:
        self._code.append(kind(self._at.lineno, self._source.text(self._at), *rest))
        return len(self._code) - 1

    def _jump(self) -> int:
        self._code.append(op.Jump(self._at.lineno, "", _PENDING))
        return len(self._code) - 1

    def _patch(self, places: list[int], target: int | None = None) -> None:
        target = len(self._code) if target is None else target
        for at in places:
            instruction = self._code[at]
            name = "target" if isinstance(instruction, op.Jump) else "otherwise"
            self._code[at] = replace(instruction, **{name: target})

    def _fresh(self, word: str) -> str:
        self._hidden += 1
        return f"_{word}_{self._hidden}"

    def _reads(self, node: ast.AST) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for n in loaded_names(node) if n in self._local))

    def _function_of(
        self, value: ast.expr | None, reads: tuple[str, ...], body: list[ast.stmt] | None = None
    ) -> Callable[..., Any]:
        """A Python function of some locals that runs `body` and returns `value`."""
        returned = ast.copy_location(ast.Return(value), self._at)
        args = ast.arguments([], [ast.arg(n) for n in reads], None, [], [], None, [])
        definition = ast.FunctionDef("statement", args, [*(body or []), returned], [])
        ast.copy_location(definition, self._at)
        module = ast.fix_missing_locations(ast.Module([definition], []))
        scope = self._scope
        try:
            exec(compile(module, self._source.file, "exec"), scope)  # noqa: S102  (the author's own source)
        except SyntaxError as error:
            raise UnsupportedSyntaxError(str(error), file=self._source.file, line=self._at.lineno) from error
        function: Callable[..., Any] = scope.pop("statement")
        return function


_ON_ITS_OWN = "assign its result to a local on a line of its own"


def _frozen_items(items: Any) -> Any:
    """What a loop will visit, as a value that can't change."""
    return items if isinstance(items, range) else tuple(items)
