from hypothesis import given
from hypothesis import strategies as st

from analysis.reading.paragraphs import split_paragraphs
from analysis.reading.sentences import LONGEST, split_flat, split_sentences
from archive.mail import Block, BlockKind, Message


def sentences(message: Message) -> list[str]:
    return [" ".join(s.text.split()) for s in split_sentences(split_paragraphs(message))]


def test_wrapped_lines_are_one_sentence(message_of) -> None:
    message = message_of("The new lock is\nheld for too long. It hurts\nreaders.\n")
    assert sentences(message) == ["The new lock is held for too long.", "It hurts readers."]


def test_a_sentence_may_start_with_an_identifier_in_lower_case(message_of) -> None:
    message = message_of("We take it early. foo_bar() takes it later.\n")
    assert sentences(message) == ["We take it early.", "foo_bar() takes it later."]


def test_an_abbreviation_ends_nothing(message_of) -> None:
    message = message_of("Some callers, e.g. Truncate paths, hold it, i.e. The lock is there.\n")
    assert len(sentences(message)) == 1


def test_a_question_ends_a_sentence_before_any_word(message_of) -> None:
    assert sentences(message_of("why not drop it? because it is held.\n")) == [
        "why not drop it?",
        "because it is held.",
    ]


def test_items_of_a_list_are_paragraphs_of_their_own(message_of) -> None:
    message = message_of("Two ways:\n - take the mutex\n   around the walk\n - drop the walk\n")
    assert len(split_paragraphs(message)) == 3
    assert sentences(message)[1] == "- take the mutex around the walk"


def test_source_code_holds_no_sentences(message_of) -> None:
    message = message_of("Like this:\n\n\tif (locked) {\n\t\tunlock(a);\n\t}\n\tfoo();\n")
    assert sentences(message) == ["Like this:"]


def test_a_greeting_is_left_out(message_of) -> None:
    assert sentences(message_of("Hi Bo,\n\nThe lock is fine.\n\nThanks,\nAda\n")) == ["The lock is fine."]


def test_a_paragraph_knows_the_quote_that_it_answers(thread) -> None:
    first = thread.mail("Ada Moss", "The lock is held for far too long here.\n")
    thread.mail(
        "Bo Lind",
        "> The lock is held for far too long here.\n\nNo, it isn't.\n\nAnd it helps.\n",
        answers=first,
    )
    one, two = split_paragraphs(thread.messages[1])
    assert one.quoted is not None and two.quoted is not None
    assert (one.quoted.author, one.quoted.message_id, one.quoted.gap) == ("Ada Moss", first, 0)
    assert two.quoted.gap == 1


@given(st.text(max_size=3000))
def test_no_sentence_is_too_long_to_quote_and_all_words_stay_in_order(text: str) -> None:
    flat = " ".join(text.split())
    spans = split_flat(flat)
    assert all(b - a <= LONGEST for a, b in spans)
    assert "".join(flat[a:b] for a, b in spans).replace(" ", "") == flat.replace(" ", "")


@given(st.text(max_size=800))
def test_any_text_can_be_split_and_spans_point_into_it(text: str) -> None:
    blocks = (Block(BlockKind.OWN, 0, len(text)),) if text else ()
    message = Message("m@example.org", None, "", None, text, blocks=blocks)  # type: ignore[arg-type]
    for sentence in split_sentences(split_paragraphs(message)):
        assert len(sentence.text) == sentence.end - sentence.start
        assert sentence.text.split() == text[sentence.start : sentence.end].split()
