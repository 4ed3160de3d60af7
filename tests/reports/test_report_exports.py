"""Records as MADR 4 and as Argdown."""

import json
from dataclasses import replace

from reports import argdown, madr


def test_madr_has_the_sections_of_the_template_in_order(record):
    lines = madr.render(record).splitlines()
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == [
        "## Context and Problem Statement",
        "## Considered Options",
        "## Decision Outcome",
        "## Pros and Cons of the Options",
        "## More Information",
    ]
    assert lines[0] == "---"
    assert 'status: "accepted"' in lines
    assert "date: 2024-11-09" in lines


def test_madr_tells_every_option_with_its_arguments_and_verdicts(record):
    text = madr.render(record)
    for proposal in record.findings.proposals:
        assert proposal.title in text
    for argument in record.findings.arguments:
        assert (argument.anchor.quote in text) is argument.shown
    assert "Model: **fail** every caller returns (tasks 2" in text
    assert "Model: **pass** no page mapped on return" in text


def test_madr_of_an_open_matter_is_proposed_and_says_that_nothing_was_decided(record):
    undecided = replace(record, findings=replace(record.findings, decisions=(), proposals=()))
    text = madr.render(undecided)
    assert 'status: "proposed"' in text
    assert "No decision in this mail." in text


def test_markdown_in_titles_and_names_means_nothing(record):
    title = "# *a* [b](c) <b> _d_ `e` \\ & 1"
    named = replace(record, discussion=replace(record.discussion, title=title))
    line = next(line for line in madr.render(named).splitlines() if line.startswith("# "))
    assert line == r"# \# \*a\* \[b\](c) \<b> \_d\_ \`e\` \\ \& 1"


def test_a_title_can_not_leave_the_front_matter(record):
    people = tuple(
        replace(m, author=replace(m.author, name='x"]\n---\n# y: z')) for m in record.discussion.messages
    )
    text = madr.render(replace(record, discussion=replace(record.discussion, messages=people)))
    front = text.split("---\n")[1]
    consulted = next(line for line in front.splitlines() if line.startswith("consulted: "))
    assert json.loads(consulted.removeprefix("consulted: ")) == ['x"] --- # y: z']


def test_names_keep_their_underscores_in_markdown(record):
    assert "* unmap_mutex in struct address_space" in madr.render(record)


def test_argdown_hangs_arguments_below_options_and_answers_below_arguments(record):
    lines = argdown.render(record).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  - <a04>: A mutex there"))
    assert lines[at + 1] == "    - <a05>"
    assert any(line.startswith("  + <a05>: address\\_space has a hole") for line in lines)
    assert lines.count("# Not tied to an option") == 1


def test_argdown_leaves_candidates_out(record):
    assert "<a13>" not in argdown.render(record)


def test_argdown_signs_in_quotes_mean_nothing(record):
    first = record.findings.arguments[0]
    odd = replace(
        first, anchor=replace(first.anchor, quote="[x]: <y> #tag @[z] /* c */ // d {e} _f_ ===\n  - g")
    )
    text = argdown.render(replace(record, findings=replace(record.findings, arguments=(odd,))))
    (line,) = [line for line in text.splitlines() if "<a01>" in line]
    assert r"\[x\]\: \<y\> \#tag \@\[z\] \/\* c \*\/ \/\/ d \{e\} \_f\_ \=\=\= - g" in line


def test_exports_of_the_same_record_are_the_same_text(record):
    assert madr.render(record) == madr.render(record)
    assert argdown.render(record) == argdown.render(record)
