"""feeds.yaml and the settings: parsed at the edge, believed inside."""

from aggregator.config.bundled import shipped
from aggregator.config.edit import add_sources, new_id
from aggregator.config.load import load, parse
from aggregator.config.schema import json_schema
from aggregator.config.settings import Settings, environment

__all__ = ["Settings", "add_sources", "environment", "json_schema", "load", "new_id", "parse", "shipped"]
