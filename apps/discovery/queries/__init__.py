"""Questions to what happened: what goes out together, and what breaks after what."""

from apps.discovery.queries.pairs import found_pairs

__all__ = ["found_pairs"]
