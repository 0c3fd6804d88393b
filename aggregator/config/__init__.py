"""feeds.yaml and the settings: parsed at the edge, believed inside."""

from typing import TYPE_CHECKING

from aggregator.on_demand import offer

if TYPE_CHECKING:
    from aggregator.config.bundled import shipped
    from aggregator.config.catalogue import load, parse
    from aggregator.config.edit import add_sources, new_id
    from aggregator.config.schema import json_schema
    from aggregator.config.settings import Settings, environment
else:
    # Editing and parsing bring ruamel, pydantic and the language of rules along; most runs need neither.
    __getattr__ = offer(__name__, {
        "bundled": "shipped", "catalogue": "load parse", "edit": "add_sources new_id", "schema": "json_schema",
        "settings": "Settings environment",
    })  # fmt: skip

__all__ = ["Settings", "add_sources", "environment", "json_schema", "load", "new_id", "parse", "shipped"]
