"""Findings in the form that the judge reads, and the judge's table."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from archive.findings import Anchor, Findings


def _place(anchor: Anchor) -> dict[str, Any]:
    return {"message_id": anchor.message_id, "quote": anchor.quote}


def export(findings: Iterable[Findings]) -> dict[str, Any]:
    """The findings of one file's discussions as `moot export --format json` words them."""
    body: dict[str, Any] = {
        "proposals": [],
        "arguments": [],
        "call_paths": [],
        "symptoms": [],
        "decisions": [],
    }
    for found in findings:
        body["symptoms"] += [{"id": s.id, **_place(s.anchor)} for s in found.symptoms]
        body["proposals"] += [
            {"id": p.id, "title": p.title, "kind": p.kind, "author": p.author, "outcome": p.outcome,
             "mentions": [_place(m) for m in p.mentions]}
            for p in found.proposals
        ]  # fmt: skip
        body["arguments"] += [
            {"id": a.id, "proposal": a.proposal, "stance": a.stance, "author": a.author, "shown": a.shown,
             "confidence": a.confidence, "criterion": a.criterion, "fate": a.fate, "answers": a.answers,
             "targets": [{"proposal": t.proposal, "confidence": t.confidence} for t in a.targets],
             **_place(a.anchor)}
            for a in found.arguments
        ]  # fmt: skip
        body["call_paths"] += [
            {"id": c.id, "chain": list(c.chain), **_place(c.anchor)} for c in found.call_paths
        ]
        body["decisions"] += [{"proposal": d.proposal, **_place(d.anchor)} for d in found.decisions]
    return body


def judge(shared: Path) -> ModuleType:
    """The judge's script as a module."""
    spec = importlib.util.spec_from_file_location("judge", shared / "gold" / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(shared / "gold" / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def figures(shared: Path, found: Path, *, as_json: bool = False) -> str:
    """What the judge prints for a folder of exports."""
    command = [sys.executable, str(shared / "gold" / "score.py"), "--gold", str(shared / "gold")]
    command += ["--threads", str(shared / "threads"), "--found", str(found)]
    return subprocess.run(
        [*command, *(["--json"] if as_json else [])], check=True, capture_output=True, text=True
    ).stdout


def write_export(folder: Path, name: str, findings: Iterable[Findings]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(export(findings)), encoding="utf-8")
