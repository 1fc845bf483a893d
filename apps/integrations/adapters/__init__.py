"""What each outside tool says, in our words. An adapter reads; it decides nothing and writes nothing."""

from __future__ import annotations

from apps.integrations.adapters import github
from apps.integrations.adapters.facts import Adapter

ADAPTERS: dict[str, Adapter] = {"github": github.ADAPTER}
