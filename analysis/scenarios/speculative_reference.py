"""A lockless page cache lookup takes a reference to a page that is being removed and used again.

The lookup reads the slot, takes a reference unless the count is zero, and reads the slot again. Removal,
under the tree lock, freezes the count from 2 to 0, clears the slot and frees the page; another file may get
it. The struct page itself never goes away. One page, one slot. Left out: RCU of the tree nodes, compound
pages.
"""

from analysis.model.language import (
    Struct,
    Task,
    assert_,
    atomic,
    bit,
    choice,
    number,
    spin_lock,
    spin_unlock,
    spinlock,
    switch,
    until,
)
from analysis.model.properties import Property
from analysis.model.step import Kind
from analysis.scenarios.expectation import fails, inferred, passes
from analysis.scenarios.scenario import Mutation, Option, Scenario

UNLESS_ZERO = switch("unless_zero", True, summary="a reference is taken only if there is one")
REREAD = switch("reread", True, summary="the slot is read again with the reference held")
FREEZE = switch("freeze", True, summary="removal sets the count to zero while it works")
DIRTY_LATE = switch("dirty_late", True, summary="the dirty bit is looked at when the count is frozen")

REVIVED = "reference taken to a free page"
FOREIGN = "page of another file returned by the lookup"
GONE = "page removed while a lookup holds it"
LOST = "dirty page removed"


class Page(Struct):
    """struct page. Two references: the cache's and the remover's; below zero where somebody miscounts."""

    count = number(4, 2, low=-2)
    owner = choice("file", "nobody", "other file")
    dirty = bit()


class AddressSpace(Struct):
    """struct address_space: the tree lock and one slot."""

    tree_lock = spinlock()
    slot = bit(1)


page, mapping = Page("page"), AddressSpace("mapping")


def put_page() -> None:
    """Drop a reference; the last one frees the page."""
    with atomic:
        page.count -= 1
        if not page.count:
            page.owner = "nobody"


def page_cache_get_speculative() -> bool:
    """Take a reference without any lock."""
    with atomic:
        if UNLESS_ZERO:
            taken = page.count > 0
        else:
            taken = True
            assert_(page.count > 0, REVIVED)
        if taken:
            page.count += 1
    return taken


def find_get_page() -> bool:
    """Look the slot up; says whether a page was found and is referenced."""
    while True:
        if not mapping.slot:
            return False
        taken = page_cache_get_speculative()
        if not taken:
            continue
        if not REREAD:
            return True
        if mapping.slot:
            return True
        put_page()


def lookup() -> None:
    """Find the page, write to it."""
    found = find_get_page()
    if found:
        assert_(page.owner != "other file", FOREIGN)
        assert_(page.owner != "nobody", GONE)
        page.dirty = 1
        put_page()


def __remove_mapping() -> None:
    """Reclaim takes a clean page out of the cache if nobody else holds it."""
    spin_lock(mapping.tree_lock)
    if not DIRTY_LATE and page.dirty:
        spin_unlock(mapping.tree_lock)
        return
    with atomic:
        alone = page.count == 2
        if FREEZE and alone:
            page.count = 0
    if alone and DIRTY_LATE and page.dirty:
        alone = False
        if FREEZE:
            page.count = 2
    if not alone:
        spin_unlock(mapping.tree_lock)
        return
    with atomic:
        mapping.slot = 0
        assert_(not page.dirty, LOST)
    spin_unlock(mapping.tree_lock)
    with atomic:
        page.count = 0
        page.owner = "nobody"


def alloc_page() -> None:
    """Another file gets the page when it is free."""
    with atomic:
        until(page.owner == "nobody" and page.count == 0)
        page.owner = "other file"
        page.count = 1


LOOKUP, RECLAIM = Task("lookup", lookup), Task("reclaim", __remove_mapping)
REUSE = Task("other file", alloc_page, daemon=True)

NOT_REVIVED = "no free page is revived"
OWN = "the page found is the file's"
HELD = "no page is removed while a lookup holds it"
KEPT = "no dirty page is removed"

SPECULATIVE = inferred("'mm: speculative page references'", "2.6.27, commits e286781d5f2e, a60637c85893")
COUNT_CHECK = inferred("a check of the count in invalidation", "commit 016eb4a0ed06")
CLASSIC = inferred("the order of the tests in reclaim, from memory")

SCENARIO = Scenario(
    name="speculative-reference",
    title="Speculative page references in a lockless page cache",
    summary="A lookup without lock takes its reference at any moment of a removal.",
    tasks=(LOOKUP, RECLAIM, REUSE),
    properties=(
        Property(NOT_REVIVED, Kind.ASSERTION, REVIVED),
        Property(OWN, Kind.ASSERTION, FOREIGN),
        Property(HELD, Kind.ASSERTION, GONE),
        Property(KEPT, Kind.ASSERTION, LOST),
    ),
    terms=(
        "page_cache_get_speculative",
        "find_get_page",
        "find_get_entry",
        "get_page_unless_zero",
        "page_freeze_refs",
        "page_ref_freeze",
        "folio_ref_freeze",
        "folio_try_get",
        "__remove_mapping",
        "remove_mapping",
        "lockless pagecache",
        "speculative page references",
        "tree_lock",
    ),
    sources=(SPECULATIVE, COUNT_CHECK),
    notes=("lockdep has nothing to say: the lookup takes no lock",),
    options=(
        Option(
            "freeze-reread",
            "Count frozen, slot read again",
            "page_freeze_refs() against get_page_unless_zero() and a second look at the slot.",
            terms=(
                "count frozen",
                "page_freeze_refs",
                "page_ref_freeze",
                "folio_ref_freeze",
                "slot read again",
                "second look at the slot",
                "recheck the slot",
                "radix_tree_deref_retry",
                "xas_reload",
            ),
            expected=passes(SPECULATIVE, NOT_REVIVED, OWN, HELD, KEPT),
            mutations=(
                Mutation("a plain increment", {"unless_zero": False}),
                Mutation("the slot is read once", {"reread": False}),
                Mutation("the count is compared only", {"freeze": False}),
                Mutation("dirty is tested before", {"dirty_late": False}),
            ),
        ),
        Option(
            "plain-increment",
            "A plain get_page in the lookup",
            "get_page() increments the count whatever it is, and so revives a page that is free.",
            {"unless_zero": False},
            terms=(
                "plain get_page",
                "plain increment",
                "get_page in the lookup",
                "increments the count whatever it is",
                "page_cache_get without the tree_lock",
                "revives",
            ),
            expected=fails(SPECULATIVE, NOT_REVIVED),
        ),
        Option(
            "no-reread",
            "Slot read only once",
            "With a reference the lookup doesn't look again: the page may have become another file's.",
            {"reread": False},
            terms=(
                "slot read only once",
                "read only once",
                "without rechecking",
                "doesn't look again",
                "skip the recheck",
                "another file's",
                "page has moved",
            ),
            expected=fails(SPECULATIVE, OWN),
        ),
        Option(
            "compare-only",
            "Count compared, not frozen",
            "Removal checks page_count() == 2 under tree_lock; a reference may arrive after the check.",
            {"freeze": False},
            terms=(
                "compared, not frozen",
                "page_count(page) != 2",
                "page_count() == 2",
                "checks page_count",
                "page_count check",
                "reference may arrive after the check",
                "after the check",
            ),
            expected=fails(COUNT_CHECK, HELD),
        ),
        Option(
            "dirty-first",
            "Dirty bit tested before the count",
            "PageDirty() is tested first: a lookup may dirty the page and drop it again before the freeze.",
            {"dirty_late": False},
            terms=(
                "dirty bit tested before",
                "PageDirty before",
                "PageDirty",
                "test PageDirty first",
                "PageDirty check before page_count",
                "may dirty the page",
                "lost dirty",
            ),
            expected=fails(CLASSIC, KEPT),
        ),
    ),
)
