"""`moot review`: judging candidates one key at a time."""

import sys

import typer

from moot.commands.findings import What
from moot.console import one_line, safe, say
from moot.options import Session

_KEYS = "c confirm   t turn the stance   1-5 it speaks of that one   d dismiss   s skip   u undo   q quit"


def review(session: Session, what: What = None) -> None:
    """Go through the candidates of discussions, the most useful first, and say what is right."""
    from moot.pipeline import choose
    from moot.reviewing import Review, start_review

    with session.open() as database:
        state: Review = start_review(database, choose(database, what or []))
        if not state.questions:
            say(session, "nothing to review: no candidates were found; `moot analyze` reads what is new")
            return
        say(session, _KEYS, dim=True)
        while (question := state.current) is not None:
            argument = question.argument
            say(session)
            count = f"{state.position + 1} of {len(state.questions)}"
            head = f"{count}: {argument.stance}, {safe(argument.author)}, {argument.confidence:.2f}"
            say(session, head, bold=True)
            say(session, safe(f"…{question.before}»{question.words}«{question.after}…"))
            for number, (name, title, sure) in enumerate(question.choices, 1):
                mark = "*" if name == argument.proposal else " "
                say(session, f" {mark}{number} {one_line(title, 80)} ({sure:.2f})")
            key = _key()
            if key in ("q", "\x03", "\x04"):
                break
            if key == "c":
                state.confirm()
            elif key == "t":
                state.confirm("for" if argument.stance == "against" else "against")
            elif key == "d":
                state.dismiss()
            elif key == "s":
                state.skip()
            elif key == "u":
                if not state.undo():
                    say(session, "nothing to undo")
            elif not (key.isdecimal() and state.retarget(int(key) - 1)):
                say(session, _KEYS, dim=True)
        done = sum(number is not None for _, number in state.answered)
        say(session, f"{done} judged; `moot report` renders them, `moot amend export` writes them down")


def _key() -> str:
    """The next key, or from a pipe the first letter of the next line; `q` at its end."""
    if sys.stdin.isatty():
        return typer.getchar()
    line = sys.stdin.readline()
    return line.strip()[:1] if line else "q"
