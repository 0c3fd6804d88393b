"""aggregator: a current-awareness service for library and information people."""

__version__ = "0.1.0"
