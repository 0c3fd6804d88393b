"""The pages behind the links that letters carry, and those that anybody may read."""

from __future__ import annotations

from aggregator.web.app import create_app
from aggregator.web.errands import Errands

__all__ = ["Errands", "create_app"]
