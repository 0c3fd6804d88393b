"""Curators' search strategies: AND, OR, NOT, brackets, phrases, cut words, nearness, fields, lists of words.

`compile_rule(text, lists) -> Rule` or RuleError; `compile_search` for what readers save. `Matcher(rules)`
says which rules hold for an item, and which words decided. `candidates` and `index_words` ask the same of a
full-text index. `CuratedRules(topics)` are the rules of topics.
"""

from aggregator.topics.rules.curated import CuratedRules, Verdict, lists_of
from aggregator.topics.rules.fields import Lists
from aggregator.topics.rules.index import Question, candidates, index_words
from aggregator.topics.rules.match import Match, Matcher
from aggregator.topics.rules.mistakes import RuleError
from aggregator.topics.rules.syntax import Rule, compile_rule, compile_search

__all__ = [
    "CuratedRules",
    "Lists",
    "Match",
    "Matcher",
    "Question",
    "Rule",
    "RuleError",
    "Verdict",
    "candidates",
    "compile_rule",
    "compile_search",
    "index_words",
    "lists_of",
]
