"""The names and addresses of one person come together, those of two people stay apart."""

import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.mail import Address, Message
from ingest.mailmap import Mailmap
from ingest.people import Identities, same_person

WORDS = (
    "Åke",
    "Brännmark",
    "Zoë",
    "Ørsted",
    "Łukasz",
    "José",
    "Müller",
    "Strauß",
    "O'Hara",
    "Ada",
    "Example",
)
names = st.lists(st.sampled_from(WORDS), min_size=2, max_size=3, unique=True).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Åke Brännmark", "Ake Brannmark"),
        ("Åke Brännmark", "BRÄNNMARK, Åke"),
        ("Åke Brännmark", "Åke Brännmark via Locks"),
        ("Jürgen Müller", "Juergen Mueller"),
        ("Jørgen Ørsted", "Joergen Oersted"),
        ("Łukasz Strauß", "Lukasz Strauss"),
        ("Ada Example", "Ada Example (Firm)"),
        ("Ada Example", "Ada M. Example"),
        ("A. Example", "Ada Example"),
        ("Ada", "Ada Example"),
        ("Jean-Luc Sample", "Jean Luc Sample"),
        ("ada@Example.org", "<ADA@example.org>"),
    ],
)
def test_spellings_of_one_name_are_one_person(one: str, other: str) -> None:
    assert same_person(one, other)
    assert same_person(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada Example", "Bo Example"),
        ("Ada Example", "Ada Sample"),
        ("A. E.", "Ada Example"),
        ("A", "Ada"),
        ("", "Ada"),
        ("", ""),
        ("ada@example.org", "ada@example.com"),
        ("ada@example.org", "Ada"),
    ],
)
def test_other_names_are_other_people(one: str, other: str) -> None:
    assert not same_person(one, other)
    assert not same_person(other, one)


@settings(deadline=None)
@given(names, st.randoms())
def test_accents_case_and_order_make_no_difference(name: str, chance: random.Random) -> None:
    words = name.split()
    chance.shuffle(words)
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    for other in (" ".join(words), plain, name.upper(), f"{words[-1]}, {' '.join(words[:-1])}"):
        assert same_person(name, other)


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_sameness_is_mutual_and_nothing_raises(one: str, other: str) -> None:
    assert same_person(one, other) == same_person(other, one)


AKE = [
    Address("Åke Brännmark", "ake@example.net"),
    Address("Ake Brannmark", "ake@example.org"),
    Address("Brännmark, Åke", "AKE@example.com"),
    Address("", "ake@example.com"),
    Address("ake", "ake@example.net"),
]


def test_a_person_is_one_at_several_addresses_and_shown_under_the_name_used_most() -> None:
    people = Identities([*AKE, AKE[0]])
    assert {people.of(address) for address in AKE} == {AKE[0]}
    assert people.of(Address("Someone New", "Ake@Example.org")) == AKE[0]
    assert people.of(Address("AKE BRANNMARK", "ake@elsewhere.example.org")) == AKE[0]


def test_two_names_at_one_address_are_one_person() -> None:
    names = "Ada Example", "Ada Married"
    people = Identities(Address(name, "ada@example.org") for name in names)
    assert people.same(Address("Ada Married", "as@example.com"), Address("Ada Example", "ae@example.net"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Address("Ada", "ada@example.org"), Address("Ada", "ada@example.com")),
        (Address("Ada E.", "ada@example.org"), Address("Ada E.", "ada.e@example.com")),
        (Address("Wei Wang", "wangwei@example.org"), Address("Wei Wang", "wei.wang12@example.com")),
        (Address("Wei Wang", "wangwei@example.org"), Address("Wei Wang", "wangwei@example.com")),
        (Address("", ""), Address("Ada", "ada@example.com")),
        (Address("Mailing List", "a@example.org"), Address("Mailing List", "b@example.org")),
    ],
)
def test_first_names_and_short_names_do_not_merge_people(one: Address, other: Address) -> None:
    assert not Identities([one, other]).same(one, other)


def test_a_short_name_is_one_person_where_the_addresses_agree_or_where_that_is_asked_for() -> None:
    one, other = Address("Wei Wang", "dragon@example.org"), Address("Wang Wei", "dragon@example.com")
    assert Identities([one, other]).same(one, other)
    apart = Address("Wei Wang", "wwang@example.com")
    assert not Identities([one, apart]).same(one, apart)
    assert Identities([one, apart], strict=False).same(one, apart)


def test_the_address_of_a_list_or_of_many_makes_nobody_one() -> None:
    ada, bo, cy = (
        Address(f"{name} Example-Person", "all@example.org") for name in ("Adalbert", "Bonifatius", "Cyprian")
    )
    assert not Identities([ada, bo, cy]).same(ada, bo)
    assert Identities([ada, bo]).same(ada, bo)
    assert not Identities([ada, bo], lists=["all.example.org"]).same(ada, bo)
    robot = Address("Bo Example-Person", "noreply@example.org")
    assert not Identities([ada, robot, Address("Cyprian Sample", "noreply@example.org")]).same(
        robot, Address("Cyprian Sample", "noreply@example.org")
    )


def test_people_are_read_from_messages_and_a_mailmap_has_the_last_word() -> None:
    mails = [
        Message("1", Address("Ada", "ada@example.org"), "x", None, "", to=(Address("", "ada@example.com"),)),
        Message("2", Address("Bo Sample", "bo@example.org"), "y", None, "", lists=("locks.example.org",)),
    ]
    assert not Identities.of_messages(mails).same(mails[0].author, mails[0].to[0])
    mailmap = Mailmap("Ada Example <ada@example.org> <ada@example.com>\nAda Example <ada@example.org>\n")
    people = Identities.of_messages(mails, mailmap=mailmap)
    assert people.same(mails[0].author, mails[0].to[0])
    assert people.of(mails[0].to[0]) == Address("Ada Example", "ada@example.org")


addresses = st.builds(
    Address,
    st.sampled_from(["", "Ada", "Ada Example", "Example, Ada", "Bo Sample", "Bo Sämple", "Wei Wang", "list"]),
    st.sampled_from(["", "ada@a.example", "a@b.example", "bo@a.example", "wei@c.example", "ww@d.example"]),
)


@settings(deadline=None)
@given(st.lists(addresses, max_size=12), st.randoms(), st.booleans())
def test_the_order_of_the_addresses_changes_nothing(
    found: list[Address], chance: random.Random, strict: bool
) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    one, other = Identities(found, strict=strict), Identities(shuffled, strict=strict)
    assert [one.of(a) for a in found] == [other.of(a) for a in found]


@settings(deadline=None)
@given(st.lists(addresses, min_size=1, max_size=12))
def test_who_stands_for_a_person_is_that_person(found: list[Address]) -> None:
    people = Identities(found)
    for address in found:
        assert people.of(people.of(address)) == people.of(address)
