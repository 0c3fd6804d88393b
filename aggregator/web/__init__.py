"""The pages behind the links that letters carry."""

from __future__ import annotations

from aggregator.web.app import Dated, People, Site, create_app

__all__ = ["Dated", "People", "Site", "create_app"]
