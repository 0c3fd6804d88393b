"""The sample world of `aggregator demo`: invented sources, readers and a server that prints them.

Everything is dated from a moment that is passed in, so that the tour looks fresh on any day of any year.
"""

from aggregator.sample.documents import catalogue, documents
from aggregator.sample.press import printing
from aggregator.sample.readers import SIGNED_UP, roster

__all__ = ["SIGNED_UP", "catalogue", "documents", "printing", "roster"]
