"""What an item is about, and what kind of thing it is. Pure: no clock, no files."""

from aggregator.topics.kinds import kind_of
from aggregator.topics.tag import TAGGER_VERSION, Tagger

__all__ = ["TAGGER_VERSION", "Tagger", "kind_of"]
