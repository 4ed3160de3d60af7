"""Passes over the ends of mails: trailers, signatures and what lists append."""

import re

from archive.mail import BlockKind
from ingest.sheet import Sheet

TRAILER, SIGNATURE = BlockKind.TRAILER, BlockKind.SIGNATURE

_TAG = re.compile(
    r"[ \t]{0,4}(?:[A-Z][A-Za-z]{1,20}(?:-[A-Za-z]{1,20}){0,4}-[Bb]y|Cc|CC|Fixes|Link|Closes|Bug|BugLink"
    r"|Buglink"
    r"|Reported-at|References|Change-Id|Message-I[Dd]|Stable-dep-of|LKML-Reference|Requires|Depends-on"
    r"|[Bb]ase-commit|prerequisite-patch-id|change-id|X-Patchwork-\w{1,30}): ?\S"
)
_PERSONAL = re.compile(r"[ \t]{0,4}[A-Z][A-Za-z]{1,20}(?:-[A-Za-z]{1,20}){0,4}-[Bb]y: ?\S")
_LONE = re.compile(
    r"(?:base-commit: [0-9a-f]{12}|Fixes: [0-9a-f]{7,40} ?\(|change-id: |prerequisite-patch-id: )"
)
# The date of the line with which git begins a mailed patch is always this one.
_MAILED = " Mon Sep 17 00:00:00 2001"
_IN_BODY = re.compile(r"(?:From|Subject|Date|To|Cc): \S")
_FOOTER = re.compile(
    r"(?:To unsubscribe from this list|To unsubscribe, send a message|To unsubscribe from the list|_{30,}|"
    r"You received this message because|Sent from my |More majordomo info|for more options, visit|"
    r"This message \(including any attachments\)|-----BEGIN PGP SIGNATURE-----)"
)
_LIST_NAME = re.compile(
    r"\S+ mailing list\b|\S{1,60}@\S{3,80}|https?://\S{1,200}mailman|mailing list", re.IGNORECASE
)

# A signature that runs on longer is followed by something else.
_LONGEST_SIGNATURE = 16


def mark_signatures(sheet: Sheet) -> None:
    """Mark signatures, list footers and PGP signatures at depth 0, up to the next quote or the end."""
    text = sheet.text
    if "--" not in text and "___" not in text and "unsubscribe" not in text and "Sent from" not in text:
        return
    lines, kinds = sheet.lines, sheet.kinds
    n = len(lines)
    i = 0
    while i < n:
        line = lines[i]
        if kinds[i] is not None or line[:1] not in "-_TYSMf" or not line:
            i += 1
            continue
        end = _signature_end(sheet, i)
        if end > i:
            sheet.mark_open(i, end, SIGNATURE)
        i = max(end, i + 1)


def _signature_end(sheet: Sheet, i: int) -> int:
    """The line after the signature that starts at `i`; `i` itself when none does."""
    lines, kinds = sheet.lines, sheet.kinds
    line = lines[i]
    n = len(lines)
    end = i + 1
    while end < n and kinds[end] is None:
        end += 1
    full = sum(bool(lines[k].strip()) for k in range(i + 1, end))
    if line.rstrip() == "--":
        if full <= _LONGEST_SIGNATURE and (
            line == "-- " or not sheet.is_blank(min(i + 1, n - 1)) or full <= 2
        ):
            return end
        stop = i + 1
        while stop < end and lines[stop].strip():
            stop += 1
        return stop if stop - i <= 8 else i
    if not _FOOTER.match(line):
        return i
    if line.startswith("___") and not any(_LIST_NAME.search(below) for below in lines[i + 1 : i + 3]):
        return i
    return end if full <= 2 * _LONGEST_SIGNATURE else i + 1


def mark_trailers(sheet: Sheet) -> None:
    """Mark tags that stand as trailers: in a run of their own, not as a line of a paragraph."""
    text = sheet.text
    if "-by: " in text or "-By: " in text or "Fixes: " in text or "-commit: " in text or "hange-" in text:
        lines, kinds = sheet.lines, sheet.kinds
        i, n = 0, len(lines)
        while i < n:
            if kinds[i] is not None or not lines[i] or not _TAG.match(lines[i]):
                i += 1
                continue
            end = _trailer_end(sheet, i)
            run = lines[i:end]
            telling = any(_PERSONAL.match(x) or _LONE.match(x) for x in run)
            if _stands_apart(sheet, i, end) and (telling or _is_among_trailers(sheet, i, end)):
                sheet.mark(i, end, TRAILER)
            i = end
    if "From: " in text:
        _mark_in_body_headers(sheet)


def _trailer_end(sheet: Sheet, i: int) -> int:
    lines, kinds = sheet.lines, sheet.kinds
    n = len(lines)
    end = i + 1
    while end < n and kinds[end] is None:
        line = lines[end]
        if _TAG.match(line):
            end += 1
        elif (line[:1] in (" ", "\t") and line.strip()) or (line[:1] == "[" and line.rstrip()[-1:] == "]"):
            end += 1  # a folded tag, or the note of a maintainer
        elif not line.strip() and end + 1 < n and kinds[end + 1] is None and _PERSONAL.match(lines[end + 1]):
            end += 1
        else:
            break
    return end


def _stands_apart(sheet: Sheet, start: int, end: int) -> bool:
    """Whether what stands around a run of tags leaves it a run: blanks, quotes, the end, a patch."""
    lines, kinds = sheet.lines, sheet.kinds
    if end < len(lines) and kinds[end] is None and lines[end].strip():
        below = lines[end]
        if not below.startswith(("---", "[", "#", "diff ")) and len(below) > 40:
            return False
    if start == 0 or kinds[start - 1] is not None or not lines[start - 1].strip():
        return True
    # Without a blank above, tags still are trailers when the line above them is finished.
    return end - start > 1 or lines[start - 1].rstrip()[-1:] in ".:!,)>]"


def _is_among_trailers(sheet: Sheet, start: int, end: int) -> bool:
    """Whether other trailers stand above a run of tags, or a patch begins below it."""
    lines, kinds = sheet.lines, sheet.kinds
    above, below = sheet.previous_full(start - 1), sheet.next_full(end)
    if above >= 0 and kinds[above] is TRAILER:
        return True
    return below < len(lines) and (kinds[below] is BlockKind.DIFF or lines[below].rstrip() == "---")


def _mark_in_body_headers(sheet: Sheet) -> None:
    """Mark the headers that a patch carries in the body, at its top or below git's first line."""
    lines, kinds = sheet.lines, sheet.kinds
    first = sheet.next_full(0)
    if _MAILED in sheet.text:
        first = next((i for i, line in enumerate(lines) if kinds[i] is None and _MAILED in line), first)
    starts = ("From: ", "Subject: ", "Date: ")
    if first >= len(lines) or kinds[first] is not None:
        return
    if _MAILED in lines[first]:
        sheet.mark(first, first + 1, TRAILER)
        first += 1
    if first >= len(lines) or not lines[first].startswith(starts):
        return
    end = first
    while end < len(lines) and (
        _IN_BODY.match(lines[end]) or (end > first and lines[end][:1] in (" ", "\t") and lines[end].strip())
    ):
        end += 1
    if any(line.startswith("From: ") for line in lines[first:end]):
        sheet.mark(first, end, TRAILER)
