"""Which proposal is which option of which scenario, by the words that both use; with the reason.

Two questions. Is the discussion about the scenario's matter at all? The scenario's own terms must stand in
it. Which option does a proposal speak of? The words of the proposal are held against each option's terms,
and a term that several options share says little about any of them.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.scenarios.scenario import Option, Scenario
from archive.findings import Findings, Proposal, Tie
from archive.identity import fold
from archive.mail import Discussion

_FEWEST_TERMS = 2  # of the scenario's, before a discussion counts as about it
_FEWEST_MESSAGES = 2  # that name one of them, unless there is only one message
_FIRST_MENTION = 1.0
_LATER_MENTION = 0.6
_TITLE = 1.2
_ENOUGH = 0.5  # evidence below this ties nothing
_PHRASE_WORD = 0.25  # what each further word of a phrase adds
_LEAD = 1.15  # the best option must be this many times as well supported as the next
_WORD = re.compile(r"[a-z0-9_]+(?:->[a-z0-9_]+)*(?:\.[a-z]:\d+)?")
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("s", ""))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a tie: terms with their weights."""

    option: Option
    terms: Mapping[str, float]

    @property
    def weight(self) -> float:
        """All of it together."""
        return sum(self.terms.values())


def tie(discussion: Discussion, findings: Findings, scenarios: Mapping[str, Scenario]) -> tuple[Tie, ...]:
    """The ties of a discussion's proposals to options of the scenarios that it is about.

    A proposal has at most one tie a scenario; an option may be what several proposals speak of.
    """
    ties = []
    for scenario in scenarios.values():
        matter = _matter(discussion, scenario)
        if not matter:
            continue
        weights = term_weights(scenario.options)
        for proposal in findings.proposals:
            ranked = rank_options(proposal, scenario.options, weights)
            if not ranked or ranked[0].weight < _ENOUGH:
                continue
            if len(ranked) > 1 and ranked[0].weight < _LEAD * ranked[1].weight:
                continue
            ties.append(_tie(scenario, ranked, proposal, matter, findings))
    return tuple(ties)


def rank_options(
    proposal: Proposal, options: Sequence[Option], weights: Mapping[str, float]
) -> list[Evidence]:
    """The options that a proposal's words speak of, the best supported first."""
    places = [(_TITLE, proposal.title)]
    places += [
        (_LATER_MENTION if number else _FIRST_MENTION, mention.quote)
        for number, mention in enumerate(proposal.mentions)
    ]
    found = []
    for option in options:
        terms = {}
        for term in option.terms:
            strength = max((s for s, words in places if has_term(words, term)), default=0.0)
            if strength:
                terms[term] = strength * weights[_key(term)]
        if terms:
            found.append(Evidence(option, terms))
    return sorted(found, key=lambda e: (-e.weight, e.option.name))


def term_weights(options: Sequence[Option]) -> dict[str, float]:
    """How much each term says: less the more options share it, more for a phrase or an identifier."""
    shared = Counter(key for option in options for key in {_key(term) for term in option.terms})
    return {key: _telling(key) / count for key, count in shared.items()}


def has_term(words: str, term: str) -> bool:
    """Whether the words hold the term, whole words compared without plural endings."""
    return f" {_key(term)} " in f" {_key(words)} "


def _telling(key: str) -> float:
    # A phrase says more than the identifier in it: "d_revalidate without i_mutex" is not about i_mutex.
    further = len(key.split()) - 1
    return _PHRASE_WORD * further + (1.0 if further or "_" in key else 0.7)


def _key(text: str) -> str:
    return " ".join(_stem(word) for word in _WORD.findall(fold(text).casefold()))


def _stem(word: str) -> str:
    if "_" in word or len(word) < 4:
        return word
    return next((word[: -len(end)] + stem for end, stem in _ENDINGS if word.endswith(end)), word)


def _matter(discussion: Discussion, scenario: Scenario) -> dict[str, int]:
    """The scenario's terms that the discussion names, with the number of messages; empty if too few are."""
    counts: Counter[str] = Counter()
    naming = 0
    for message in discussion.messages:
        words = f" {_key(message.subject + ' ' + message.text)} "
        named = [term for term in scenario.terms if f" {_key(term)} " in words]
        counts.update(named)
        naming += bool(named)
    enough = naming >= min(_FEWEST_MESSAGES, len(discussion.messages))
    return dict(counts) if enough and len(counts) >= min(_FEWEST_TERMS, len(scenario.terms)) else {}


def _tie(
    scenario: Scenario,
    ranked: Sequence[Evidence],
    proposal: Proposal,
    matter: Mapping[str, int],
    findings: Findings,
) -> Tie:
    best = ranked[0]
    rival = ranked[1].weight if len(ranked) > 1 else 0.0
    confidence = best.weight / (best.weight + rival + _ENOUGH)
    names = sorted(best.terms, key=lambda t: (-best.terms[t], t))
    common = max(matter, key=lambda t: (matter[t], t))
    reason = (
        f"its words name {', '.join(names)}; the discussion names {common} in {matter[common]} "
        f"{'message' if matter[common] == 1 else 'messages'}"
    )
    paths = tuple(
        path.id
        for path in findings.call_paths
        if any(has_term(" ".join(path.chain), term) for term in best.option.terms)
    )
    return Tie(
        proposal=proposal.id,
        scenario=scenario.name,
        option=best.option.name,
        confidence=round(confidence, 3),
        why=(proposal.id, *paths),
        reason=reason,
    )
