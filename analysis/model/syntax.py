"""From a Python function to its syntax tree, and what of Python the modelling language has.

Everything else is refused with file, line and a hint: a model that is silently read in another way than
it was meant is worse than none.
"""

import ast
import builtins
import inspect
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Any

from analysis.model.errors import UnsupportedSyntaxError
from analysis.model.settings import Setting, Settings, resolve

ALLOWED_BUILTINS = frozenset(
    (
        abs,
        all,
        any,
        bool,
        divmod,
        enumerate,
        int,
        isinstance,
        len,
        max,
        min,
        range,
        reversed,
        sorted,
        str,
        sum,
        tuple,
        zip,
    )
)

_STATEMENTS: dict[type[ast.AST], str] = {
    ast.Try: "return a code and test it, as the kernel does",
    ast.TryStar: "return a code and test it, as the kernel does",
    ast.Raise: "use BUG_ON() or return a code",
    ast.FunctionDef: "define it beside this function and call it",
    ast.AsyncFunctionDef: "tasks already run at the same time",
    ast.ClassDef: "declare structs outside functions",
    ast.Global: "share state through a struct",
    ast.Nonlocal: "share state through a struct",
    ast.Import: "import at the top of the file",
    ast.ImportFrom: "import at the top of the file",
    ast.Delete: "a local dies by itself when it is no longer read",
    ast.Match: "use if and elif",
    ast.AsyncFor: "use for",
    ast.AsyncWith: "use `with atomic:`",
}
_EXPRESSIONS: dict[type[ast.AST], str] = {
    ast.Lambda: "write the expression where it is used",
    ast.Yield: "every statement that touches shared state is a step already",
    ast.YieldFrom: "call the function directly",
    ast.Await: "use until()",
    ast.NamedExpr: "assign on a line of its own",
    ast.Dict: "use if and elif, or a struct",
    ast.Set: "use a tuple",
    ast.List: "use a tuple; local values can't change",
    ast.ListComp: "use tuple(... for ...)",
    ast.SetComp: "use tuple(... for ...)",
    ast.DictComp: "use tuple(... for ...)",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A function as it stands in its file."""

    name: str
    file: str
    tree: ast.FunctionDef

    def refuse(self, node: ast.AST, message: str, hint: str) -> UnsupportedSyntaxError:
        """The error for a piece of the function that the language doesn't have."""
        return UnsupportedSyntaxError(
            message, file=self.file, line=getattr(node, "lineno", self.tree.lineno), hint=hint
        )

    def text(self, node: ast.stmt) -> str:
        """The words of a statement as the file has them, on one line; of a compound one, only its head."""
        last: ast.AST = node
        if isinstance(node, ast.If | ast.While):
            last = node.test
        elif isinstance(node, ast.For):
            last = node.iter
        lines = linecache.getlines(self.file)[node.lineno - 1 : getattr(last, "end_lineno", node.lineno)]
        # columns count bytes of UTF-8
        lines[-1] = lines[-1].encode()[: getattr(last, "end_col_offset", None)].decode()
        return " ".join(" ".join(lines).split())


@cache
def _module_functions(file: str) -> dict[int, ast.AST]:
    """The functions of a file by the line on which CPython says that they begin."""
    tree = ast.parse("".join(linecache.getlines(file)), file)
    return {
        min([node.lineno, *(d.lineno for d in node.decorator_list)]): node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def forget_sources() -> None:
    """Read files anew from now on."""
    _module_functions.cache_clear()
    linecache.checkcache()


def read_function(function: FunctionType) -> Source:
    """The checked syntax tree of a function; raises UnsupportedSyntaxError."""
    code = function.__code__
    file, line = code.co_filename, code.co_firstlineno
    tree = _module_functions(file).get(line)
    if not isinstance(tree, ast.FunctionDef):
        raise UnsupportedSyntaxError(
            f"{function.__qualname__} is no plain function with source at hand",
            file=file,
            line=line,
            hint="define it with def in a file",
        )
    source = Source(function.__name__, file, tree)
    for statement in tree.body:
        for node in ast.walk(statement):
            _check(source, node)
    return source


def _check(source: Source, node: ast.AST) -> None:
    hint = _STATEMENTS.get(type(node)) or _EXPRESSIONS.get(type(node))
    if hint:
        raise source.refuse(node, f"{_words(node)} is not part of the modelling language", hint)
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex | bytes):
        raise source.refuse(node, f"{node.value!r} is not a value of the language", "use integers")


def _words(node: ast.AST) -> str:
    return type(node).__name__.lower() if isinstance(node, ast.stmt) else ast.unparse(node).split("\n", 1)[0]


def names_in_scope(function: FunctionType) -> dict[str, Any]:
    """What the free names of a function mean: builtins, module globals, enclosing variables."""
    enclosing = inspect.getclosurevars(function).nonlocals
    return {**vars(builtins), **function.__globals__, **enclosing}


def local_names(tree: ast.FunctionDef) -> frozenset[str]:
    """Parameters and everything assigned in the function itself."""
    args = tree.args
    names = {a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs]}
    for statement in tree.body:
        names.update(stored_names(statement))
    return frozenset(names)


def stored_names(node: ast.AST) -> Iterator[str]:
    """Names assigned below a node, not counting the variables of generator expressions."""
    if isinstance(node, ast.GeneratorExp):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from stored_names(child)


def loaded_names(node: ast.AST, hidden: frozenset[str] = frozenset()) -> Iterator[str]:
    """Names read below a node, not counting the variables of generator expressions."""
    if isinstance(node, ast.GeneratorExp):
        hidden |= {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in hidden:
        yield node.id
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    for child in ast.iter_child_nodes(node):
        yield from loaded_names(child, hidden)


class Configure(ast.NodeTransformer):
    """Put in the values of settings, and drop the branches that they turn off."""

    def __init__(self, scope: dict[str, Any], local: frozenset[str], settings: Settings) -> None:
        self._scope, self._local, self._settings = scope, local, settings

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A setting becomes its value."""
        value = self._scope.get(node.id)
        if node.id in self._local or not isinstance(value, Setting):
            return node
        return ast.copy_location(ast.Constant(resolve(value, self._settings)), node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Of a branch that is decided, only the side taken stays."""
        self.generic_visit(node)
        known = constant_truth(node.test)
        if known is None:
            return node
        return (node.body if known else node.orelse) or [ast.copy_location(ast.Pass(), node)]

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """The same for conditional expressions."""
        self.generic_visit(node)
        known = constant_truth(node.test)
        return node if known is None else node.body if known else node.orelse


def constant_truth(test: ast.expr) -> bool | None:
    """What a test made of constants alone comes to; None if it depends on anything else."""
    if isinstance(test, ast.BoolOp):
        parts = [constant_truth(v) for v in test.values]
        decisive = isinstance(test.op, ast.Or)
        if parts[0] is decisive or (None not in parts and decisive in parts):
            return decisive
        return None if None in parts else not decisive
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = constant_truth(test.operand)
        return None if inner is None else not inner
    plain = ast.Constant | ast.Compare | ast.BinOp | ast.operator | ast.cmpop | ast.UnaryOp | ast.unaryop
    if all(isinstance(n, plain) for n in ast.walk(test)):
        code = compile(ast.fix_missing_locations(ast.Expression(test)), "<constant>", "eval")
        return bool(eval(code, {"__builtins__": {}}))  # noqa: S307  (constants and operators only)
    return None
