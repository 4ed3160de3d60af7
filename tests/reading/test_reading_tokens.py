import pytest

from analysis.reading.tokens import bare_name, english, is_identifier


def tokens(text: str) -> list[str]:
    return [t.text for t in english()(text)]


@pytest.mark.parametrize(
    "name",
    [
        "->d_revalidate()",
        "fs/fuse/dir.c:123",
        "f(_range)",
        "i_mmap_lock",
        "a->b.c()",
        "xfs_buf_lock+0x34/0xf0",
        "e.g.",
        "I/O",
    ],
)
def test_an_identifier_is_one_token(name: str) -> None:
    assert tokens(f"see {name} there") == ["see", name, "there"]


def test_marks_around_a_call_are_tokens_of_their_own() -> None:
    assert tokens('("foo()", that) bar().') == ["(", '"', "foo()", '"', ",", "that", ")", "bar()", "."]


def test_two_names_with_a_slash_between_are_two_names() -> None:
    assert tokens("vm_truncate_count/restart_addr") == ["vm_truncate_count", "/", "restart_addr"]


def test_an_arrow_between_names_is_a_token() -> None:
    assert tokens("alpha() -> beta()") == ["alpha()", "->", "beta()"]


@pytest.mark.parametrize("token", ["do_fault", "iput()", "->fault", "PF_MEMALLOC", "page->flags"])
def test_names_of_the_source_are_identifiers(token: str) -> None:
    assert is_identifier(token)


@pytest.mark.parametrize("token", ["lock", "don't", "mutexes", "e.g.", "Linux", "-"])
def test_english_words_are_no_identifiers(token: str) -> None:
    assert not is_identifier(token)


@pytest.mark.parametrize(
    ("token", "bare"),
    [("->d_revalidate()", "d_revalidate"), ("a->b.c(x)", "c"), ("f+0x1f/0x30", "f"), ("&q->m", "m")],
)
def test_the_bare_name_is_what_a_chain_shows(token: str, bare: str) -> None:
    assert bare_name(token) == bare
