"""Cues: what words and turns of phrase say about an argument, whoever speaks and of whatever.

Words fall into kinds (harm, remedy, praise, doubt, ...). A kind is a cue by itself, another one as the first
word of a sentence, and yet another where a word shortly before it turns it round: "not safe", "avoids the
race", "would deadlock". Turns of phrase that no single word carries are patterns. The lists are general
knowledge of how kernel developers argue; what each cue is worth is learnt.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

REACH = 4
LONGEST = 600

# The entries of a kind are whole words; a star stands for any ending.
_KINDS = {
    "no": "no nope nah nak nack wrong um umm uh hmm hmmm ugh sorry",
    "yes": "yes yeah yep yup right sure ok okay agreed agree indeed exactly correct true cool",
    "not": "not no never cannot nothing neither nor without none nobody nowhere hardly n't *n't",
    "contrast": (
        "but however though although except unfortunately despite unless otherwise still yet actually even"
    ),
    "result": "so thus hence therefore then iow iows",
    "addition": "also and besides moreover plus another further additionally",
    "question": "why how what where when who do does did is are isn't can can't won't doesn't could should",
    "bad": (
        "ugly horribl* hack hacks hacky hackish nasty broken bogus bad badly worse worst fragile "
        "brittle crap insane terribl* awful silly stupid dubious confus* misleading crazy mess messy "
        "gross papers paper bandaid band-aid whack-a-mole hate dislike weird odd strange scary painful "
        "suspicious questionable"
    ),
    "needless": (
        "unnecessar* unneeded redundant needless* pointless useless superfluous duplicat* overkill "
        "over-engineer* overengineer* churn noise wast* gratuitous"
    ),
    "harm": (
        "deadlock* race races raced racy racing regress* overhead slow slower slows slowly slowdown "
        "break breaks breaking breakage broke leak* corrupt* crash* hang hangs hung bug buggy bugs "
        "fail* unsafe stale livelock* starv* bloat* expensive cost costs costly complex complexity "
        "complicat* dangerous danger risk risks risky panic* oom oops inversion contention latenc* "
        "hurt* problem problems problematic issue issues trouble* concern* worr* drawback* downside* "
        "disadvantage* limitation* stall* splat* warn warns warning* uaf use-after-free overflow* "
        "underflow* deadlock-prone error* burden penalt* abus*"
    ),
    "remedy": (
        "fix fixes fixed fixing solve* solving avoid* prevent* eliminat* remov* resolv* protect* "
        "guarantee* ensur* allow* help helps helped reduc* improv* address addresses addressed mitigat* "
        "enabl* let lets"
    ),
    "good": (
        "good great nice nicely nicer better best fine clean cleaner cleanly cleans cleanup simple "
        "simpler simply simplif* simplest simplicity easier easy easily faster fast safe safer safely "
        "sane reasonable sensible elegant robust efficient* useful benefi* advantage* worth worthwhile "
        "straightforward win wins improvement* consistent* obvious trivial* helpful neat clever "
        "attractive appropriate"
    ),
    "need": (
        "need needs needed require* required necessary must essential mandatory critical important ought"
    ),
    "should": "should must ought supposed expected shall",
    "maybe": "would could might may perhaps maybe probably possibly likely seems seem appears",
    "will": "will going gonna *'ll",
    "doubt": (
        "doubt* unsure unclear unconvinced sceptical skeptical afraid fear wonder* curious confused "
        "convinced suspect guess suppose sure"
    ),
    "sure": (
        "clearly obviously definitely certainly absolutely always completely totally fundamentally entirely"
    ),
    "past": "was were had did used been",
    "today": (
        "now currently today existing already old previously before current existed original* previous"
    ),
    "measure": (
        "test tests tested testing reproduc* measur* benchmark* xfstests fstests ltp profil* numbers data"
    ),
    "speed": "performance throughput scalab* bandwidth cpu hotpath fastpath iops speed speedup cycles",
    "alternative": "instead rather alternativ* just prefer* preferable either option options",
    "reason": "because since due reason as cause",
    "if": "if when unless once whether",
    "extent": "too very extremely much far huge massive massively lots lot many significant* quite",
    "only": "only merely least even really",
    "amount": (
        "more less fewer bigger larger smaller higher lower longer shorter heavier lighter extra additional"
    ),
    "all": "every everything all whole entire any everyone everywhere",
    "lack": (
        "miss misses missing missed forgot forget overlook* lack lacks ignore* lose loses lost leaves left"
    ),
    "rare": "rare rarely unlikely corner practice theoretical* pathological hypothetical",
    "hard": (
        "hard harder difficult impossible impractical tricky subtle fragility implicit* depend* assum* rel*"
    ),
    "same": "same like similar* equivalent identical",
    "user": (
        "userspace user-space user users admin* application* apps workload* abi api customer* "
        "production distro distros"
    ),
    "report": "report* syzbot reproducer trace dmesg bisect* log logs lockdep",
    "revert": "revert* reject* objection* object veto drop dropped dropping withdraw*",
    "praise": "thanks thank lgtm acked reviewed ack applied love like happy glad awesome excellent perfect",
    "I": "i my me i'm i'd i've i'll mine",
    "you": "you your you're you'll you'd you've yours",
    "we": "we our us we're we've we'll we'd let's",
    "they": "they he she people someone somebody them their",
    "this": "this these here",
    "that": "that it it's that's its which those",
    "work": "patch patches series change changes patchset approach commit version solution idea proposal",
    "lock": (
        "lock locks locked locking mutex* rwsem* semaphore* spinlock* rcu sleep* atomic* irq* ilock iolock"
    ),
    "memory": "memory reclaim* alloc* gfp* kswapd swap* dirty writeback memcg cgroup*",
}

# What turns round the words that follow it.
_TURNS = ("not", "remedy", "maybe", "will", "need", "today", "doubt", "only")
_TURNED = frozenset(
    "bad needless harm remedy good need doubt amount hard lack same sure reason work yes user all".split()
)

# Turns of phrase by the kind of word that they can't do without, so that few are tried; "?" is the mark.
_PHRASES = {
    "?": {
        "asks": r"\?\W{0,3}\Z",
        "asks within": r"\?.*\w",
        "asks the listener": r"\b(?:do|did|have|are|can|could|would) you\b.*\?",
        "rhetorical": r"\b(?:isn't|doesn't|shouldn't|wouldn't|can't|won't|aren't) (?:it|this|that|we|you)\b",
        "tag question": r"\b(?:right|no|correct|isn't it|doesn't it)\?",
    },
    "question": {
        "asks why": r"\bwhy (?:not|can't|don't|doesn't|isn't|do (?:we|you) need|is (?:this|it|that))\b",
        "what if": r"\bwhat (?:about|if|happens|prevents|stops|guarantees)\b",
        "how": r"\bhow (?:does|is|would|will) (?:this|that|it)\b",
    },
    "contrast": {
        "yes, but": r"\A\W{0,4}(?:yes|yeah|right|sure|ok|okay|true|agreed|well)\b.{0,80}\bbut\b",
        "even if": r"\beven (?:if|when|though|with|without)\b",
    },
    "not": {
        "no need": r"\b(?:don't|doesn't|do not|does not|no) (?:\w+ )?(?:need|reason|point|have to)\b",
        "not my view": r"\b(?:don't|can't|cannot|not) (?:think|believe|see|like|understand|want|buy)\b",
        "no harm": r"\bno (?:\w+ )?(?:problem|issue|risk|harm|regression|impact|overhead)\b",
        "as before": r"\bno (?:different|worse|longer|functional|matter)\b|\bnothing (?:more|new|wrong)\b",
        "we can't": r"\bwe (?:can't|cannot|don't|shouldn't|won't|couldn't|(?:do|should|could) not)\b",
        "it doesn't": r"\b(?:it|this|that|which|patch) (?:\w+ )?(?:doesn't|isn't|won't|can't|wouldn't|cannot|"
        r"(?:does|is|will) not)\b",
    },
    "I": {
        "I like": r"\bi(?:'d| would| do)? (?:\w+ )?(?:like|prefer|love|support|agree)\b",
        "fine by me": r"\bfor me\b|\b(?:by|with) me\b|\bi(?:'m| am) (?:\w+ )?(?:fine|ok|okay|happy|good)\b",
        "will do": r"\b(?:i will|i'll) (?:fix|change|update|do|drop|remove|add|send|try|respin)\b",
        "I think": r"\bi (?:\w+ )?(?:think|believe|guess|suspect|expect)\b",
    },
    "you": {
        "you are right": r"\byou(?:'re| are) (?:\w+ )?right\b",
        "you could": r"\byou (?:\w+ )?(?:can|could|should|need|have to|want|might|may)\b",
        "your patch": r"\byour (?:\w+ )?(?:patch|change|series|approach|proposal|suggestion|idea|version)\b",
    },
    "we": {
        "we could": r"\bwe (?:\w+ )?(?:could|can|should|need|have to|want|might|must|may)\b",
        "let's": r"\blet's\b|\blets? us\b",
    },
    "good": {
        "good point": r"\bgood (?:point|idea|catch)\b",
        "better than": r"\bbetter (?:to|off|if|than|way|approach|solution|option|idea)\b",
        "looks good": r"\b(?:sounds?|looks?|seems?) (?:\w+ ){0,2}(?:good|fine|reasonable|great|better)\b",
        "makes it easy": r"\bmak(?:es?|ing) (?:\w+ ){1,2}(?:easier|simpler|cleaner|faster|safer|better)\b",
        "the right way": r"\b(?:best|only|sane) (?:way|thing|place|fix|solution|approach|answer|direction)\b",
    },
    "yes": {
        "looks right": r"\b(?:sounds?|looks?|seems?) (?:\w+ ){0,2}(?:right|ok|okay|correct)\b",
        "right thing": r"\b(?:right|correct) (?:way|thing|place|fix|solution|approach|answer|layer)\b",
    },
    "hard": {"makes it hard": r"\bmak(?:es?|ing) (?:\w+ ){1,2}(?:harder|difficult|impossible)\b"},
    "this": {"this patch": r"\bthis (?:patch|change|series|commit|patchset|approach|version)\b"},
    "that": {
        "it does": r"\b(?:it|this|that|which) (?:\w+ )?(?:does|is|has|will|would|makes|means|fixes)\b",
    },
    "alternative": {"instead of": r"\b(?:rather than|instead of)\b"},
    "": {
        "makes sense": r"sense\b",
        "gets rid": r"\brid of\b|\bso that\b|\bin order to\b",
        "point": r"\bfair (?:point|enough)\b|\bmy bad\b|\+1\b",
        "example": r"\be\.g|\bfor (?:example|instance)\b|\bi\.e\b|\bin other words\b",
        "honestly": r"\b(?:imo|imho|afaict|afaics|honestly|frankly|seriously|to be (?:honest|fair))\b",
        "a figure": r"\d\s?(?:%|x\b|ms\b|us\b|MB\b|GB\b|percent|times)",
        "exclaims": r"!",
        "trails off": r"\.\.\.",
        "smiles": r"[:;]-?[)(]",
        "quotes words": r"[\"'][^\"']{3,40}[\"']",
        "list item": r"\A\s{0,4}(?:[-*+o]|\(?\d{1,2}[.):])\s",
        "introduces": r":\s{0,4}\Z",
        "unfinished": r"[^.?!:)\s]\s{0,4}\Z",
        "a few words": r"\A\S+(?:\s\S+){0,4}\Z",
        "code": r"\w\(\)|\w_\w|->",
        "emphasis": r"(?<!\S)[*_][A-Za-z ]{2,20}[*_](?!\w)",
        "link": r"https?://",
        "please": r"\bplease\b",
    },
}  # fmt: skip


def _pattern(entries: str) -> str:
    return "|".join(r"[\w'-]*".join(map(re.escape, e.split("*"))) for e in entries.split())


_WORD = re.compile(r"[a-z][a-z'-]*")
_WORDS = {kind: re.compile(_pattern(entries)) for kind, entries in _KINDS.items()}
_PATTERNS = {
    kind: tuple((name, re.compile(pattern, re.I)) for name, pattern in turns.items())
    for kind, turns in _PHRASES.items()
}


@lru_cache(maxsize=20_000)
def kinds_of(word: str) -> tuple[str, ...]:
    """The kinds of a word in lower case."""
    return tuple(kind for kind, pattern in _WORDS.items() if pattern.fullmatch(word))


def _word_cues(words: Sequence[str]) -> set[str]:
    found: set[str] = set()
    turned: dict[str, int] = {}
    for at, word in enumerate(words):
        kinds = kinds_of(word)
        for kind in kinds:
            found.add(kind)
            if at == 0:
                found.add(f"starts: {kind}")
            if kind in _TURNED:
                found.update(f"{turn}, {kind}" for turn, last in turned.items() if at - last <= REACH)
        turned.update((kind, at) for kind in kinds if kind in _TURNS)
    return found


def cues_of(text: str) -> frozenset[str]:
    """The cues in a sentence; only its first LONGEST characters are looked at."""
    flat = text[:LONGEST].replace("’", "'")
    found = _word_cues(_WORD.findall(flat.lower()))
    found.update(("?",) if "?" in flat else ())
    for kind, turns in _PATTERNS.items():
        if not kind or kind in found:
            found.update(name for name, pattern in turns if pattern.search(flat))
    return frozenset(found)
