"""The pages as a browser would meet them: links, ids, nesting, and nothing from outside."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from archive.findings import Findings
from archive.mail import Address, Discussion, Message, Origin
from reports.record import Record
from reports.site import write_site


def empty_findings(record: Record) -> Record:
    findings = Findings(record.discussion.id, "embedded 1", "")
    return replace(record, findings=findings, ties=(), verdicts=(), scenarios={})


def with_messages(record: Record, *messages: Message) -> Record:
    discussion = Discussion("d000000000001", "made for a test", (), messages)
    return replace(empty_findings(record), discussion=discussion)


def only(text: str, **more: object) -> Message:
    return Message("one@example.org", Address("Ada"), "a subject", None, text, **more)


def test_every_internal_link_leads_to_an_id_or_a_page(record, write, tmp_path):
    page = write(record, replace(empty_findings(record), discussion=replace(record.discussion, id="d2")))
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        elif not link.startswith(("http://", "https://")):
            assert (tmp_path / "site" / link).is_file()


def test_every_page_of_the_index_exists(record, tmp_path, read_page):
    paths = write_site([record], tmp_path, generator="g")
    links = read_page(paths.index.read_text()).links
    assert paths.pages[0].name in links
    assert all((tmp_path / link).is_file() for link in links if not link.startswith("#"))


def test_no_id_stands_twice(record, write):
    ids = write(record).ids
    assert len(ids) == len(set(ids))


def test_findings_with_the_same_id_do_not_repeat_it_on_the_page(record, write):
    findings = record.findings
    doubled = replace(
        findings,
        symptoms=findings.symptoms * 2,
        proposals=findings.proposals * 2,
        arguments=findings.arguments * 2,
        call_paths=findings.call_paths * 2,
    )
    messages = (*record.discussion.messages, *record.discussion.messages)
    page = write(replace(record, findings=doubled, discussion=replace(record.discussion, messages=messages)))
    assert len(page.ids) == len(set(page.ids))


def test_pages_nest_well_and_headings_skip_no_level(record, write, tmp_path, read_page):
    pages = [write(record), write(empty_findings(record))]
    pages.append(read_page((tmp_path / "site" / "index.html").read_text()))
    for page in pages:
        assert page.faults == []
        assert page.headings[0] == 1
        assert page.headings.count(1) == 1
        assert all(b <= a + 1 for a, b in pairwise(page.headings))


def test_pages_hold_no_script_no_inline_style_and_load_only_the_style_sheet(record, write):
    page = write(record)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "style", "img", "iframe", "object", "embed", "form"}
    for tag, attributes in page.elements:
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        if tag == "link":
            assert attributes["href"] == "moot.css"
    policies = [a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policies[0]


def test_links_out_of_the_site_send_no_referrer_and_show_their_address(record, write):
    page = write(record)
    outside = [a for tag, a in page.elements if tag == "a" and (a["href"] or "").startswith("http")]
    assert outside
    for attributes in outside:
        assert "noreferrer" in (attributes["rel"] or "")
        assert attributes["href"] in page.text


def test_the_page_has_landmarks_a_language_and_a_way_past_the_contents(record, write):
    page = write(record)
    tags = [tag for tag, _ in page.elements]
    assert [tags.count(tag) for tag in ("main", "nav")] == [1, 1]
    assert ("html", {"lang": "en"}) in page.elements
    assert page.links[0] == "#main"
    assert any(a.get("name") == "viewport" for _, a in page.elements)


def test_the_same_record_gives_the_same_bytes(record, tmp_path):
    first = write_site([record], tmp_path / "a", generator="g")
    second = write_site([record], tmp_path / "b", generator="g")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "b").iterdir())
    assert {first.index.name, first.pages[0].name} <= set(names)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (second.index.parent / name).read_bytes()


def test_the_index_puts_the_newest_discussion_first_and_undated_ones_last(record, tmp_path, read_page):
    undated = replace(with_messages(record, only("x")), discussion=Discussion("dzz", "no date", (), ()))
    older = tuple(replace(m, date=m.date and m.date.replace(year=2001)) for m in record.discussion.messages)
    old = replace(record, discussion=replace(record.discussion, id="dold", messages=older))
    paths = write_site([undated, old, record], tmp_path, generator="g")
    links = [link for link in read_page(paths.index.read_text()).links if link.endswith(".html")]
    assert links == [paths.pages[2].name, "dold.html", "dzz.html"]


def test_two_records_of_one_discussion_are_refused(record, tmp_path):
    with pytest.raises(ValueError, match=record.discussion.id):
        write_site([record, record], tmp_path, generator="g")


@pytest.mark.parametrize("name", ["../../etc/passwd", "index", "a/b", "", "A", "é", "d" * 300, "nul"])
def test_no_discussion_id_can_choose_a_file_outside_or_another_page(record, tmp_path, name):
    site = tmp_path / "site"
    named = replace(record, discussion=replace(record.discussion, id=name))
    paths = write_site([named], site, generator="g")
    assert paths.pages[0].parent == site
    assert sorted(p.name for p in site.iterdir()) == sorted([paths.pages[0].name, "index.html", "moot.css"])


def test_no_record_at_all_still_gives_an_index(tmp_path):
    paths = write_site([], tmp_path, generator="g")
    assert "no record" in paths.index.read_text()


def test_a_discussion_without_findings_says_so_in_every_section(record, write):
    text = write(empty_findings(record)).text
    for words in ("No decision in this mail", "No option was found", "No call path was found"):
        assert words in text


def test_a_discussion_without_messages_says_so(record, write):
    assert "holds no message" in write(with_messages(record)).text


def test_an_option_without_arguments_says_so(record, write):
    page = write(replace(record, findings=replace(record.findings, arguments=())))
    assert "No argument for or against it was found" in page.text


def test_an_argument_without_an_option_stands_in_a_section_of_its_own(record, write):
    page = write(record)
    assert "loose" in page.ids
    assert "The hole is in mm" in page.text.split("Not tied to an option")[2]


def test_an_argument_for_an_option_that_is_not_there_is_not_lost(record, write):
    lost = tuple(replace(a, proposal="pgone") for a in record.findings.arguments)
    page = write(replace(record, findings=replace(record.findings, arguments=lost)))
    assert all(f"f-{a.id}" in page.ids for a in lost)


def test_findings_in_messages_that_are_not_at_hand_are_shown_without_a_link(record, write):
    page = write(with_messages(record))
    page_of_findings = write(replace(record, discussion=replace(record.discussion, messages=())))
    assert page.faults == page_of_findings.faults == []
    assert "Taking it again is a self-deadlock" in page_of_findings.text
    assert not any(link.startswith("#m-") for link in page_of_findings.links)


def test_a_message_without_a_date_is_undated(record, write):
    assert "undated" in write(with_messages(record, only("words"))).text


def test_a_quoted_message_is_marked_where_it_stands_and_where_it_is_cited(record, write):
    page = write(record)
    assert page.text.count("survives only as a quote") >= 1
    classes = [a.get("class") or "" for tag, a in page.elements if tag == "article"]
    assert sum("survives" in c for c in classes) == 1
    only_quoted = write(with_messages(record, only("words", origin=Origin.QUOTED)))
    assert "Survives only as a quote" in only_quoted.text


def test_no_verdict_leaves_the_option_not_modelled_and_a_tie_untold(record, write):
    page = write(replace(record, verdicts=()))
    assert "this option of the scenario was not run" in page.text
    untied = write(replace(record, ties=(), verdicts=()))
    assert untied.text.count("no scenario stands for this option") == len(record.findings.proposals)


def test_two_options_tied_to_one_model_tell_its_verdicts_once(record, write):
    tie = record.ties[0]
    both = (tie, replace(tie, proposal="pmutex"))
    page = write(replace(record, ties=both))
    assert "its verdicts are told there" in page.text
    assert len(page.ids) == len(set(page.ids))


def test_many_statements_of_what_goes_wrong_fold_before_the_options(record, write):
    one = record.findings.symptoms[0]
    many = tuple(replace(one, id=f"s{n}") for n in range(12))
    page = write(replace(record, findings=replace(record.findings, symptoms=many)))
    assert "7 more statements of what goes wrong" in page.text
    assert all(f"f-s{n}" in page.ids for n in range(12))


def test_a_verdict_without_facts_of_its_scenario_is_shown_by_name(record, write):
    page = write(replace(record, scenarios={}))
    assert "unmap-walk" in page.text


def test_a_lasso_says_where_it_turns_and_a_safety_failure_where_it_breaks(record, write):
    text = write(record).text
    assert "From here on these 8 steps repeat for ever" in text
    assert "back to step 7" in text
    assert "broken here: no page mapped on return" in text


def test_answers_are_linked_in_both_directions(record, write):
    page = write(record)
    assert page.links.count("#f-a04") >= 1
    assert "answers Kenji Matsuda" in page.text
    assert "answered by Aoife Tierney" in page.text


def test_candidates_count_nowhere_and_stand_folded(record, write):
    page = write(record)
    assert "1 candidate to confirm" in page.text
    shown_for_mutex = [a for a in record.findings.arguments if a.proposal == "pmutex" and a.shown]
    assert len(shown_for_mutex) == 3
    row = page.text.split("unmap_mutex in struct address_space patch by Aoife Tierney")[1]
    assert " ".join(row.split()).startswith("2 +1 to confirm 1 0 ")


def test_an_option_with_candidates_only_opens_them_and_says_why(record, write):
    unsure = tuple(replace(a, shown=False) for a in record.findings.arguments)
    page = write(replace(record, findings=replace(record.findings, arguments=unsure)))
    assert "No argument is sure enough to stand here by itself." in page.text
    assert '<details class="candidates" open>' in page.html
    assert (
        "No argument for or against it was found" not in page.text.split("The options")[2].split("Model")[0]
    )


def test_parents_that_form_a_circle_show_each_message_once(record, write):
    one = replace(only("tweedledum"), message_id="1", parent="2")
    two = replace(only("tweedledee"), message_id="2", parent="1")
    page = write(with_messages(record, one, two))
    assert page.text.count("tweedledum") == page.text.count("tweedledee") == 1


def test_a_chain_of_three_thousand_answers_is_no_trouble(record, write):
    messages = [replace(only(f"word{n}"), message_id=str(n), parent=str(n - 1)) for n in range(3000)]
    assert "word2999" in write(with_messages(record, *messages)).text


def test_templates_and_style_sheet_are_found_from_any_directory(record, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = write_site([record], Path("deep/er"), generator="g")
    assert "--paper" in paths.assets[0].read_text()
    assert record.discussion.title in paths.pages[0].read_text()
