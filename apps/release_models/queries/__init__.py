"""Questions about models: which applies and why, what serves now, what changed, and who has answered."""

from apps.release_models.queries.binding import IN_SCOPE_TYPES, Light, PublishedModels, activities_of
from apps.release_models.queries.communications import (
    changes_told,
    concerned_parties,
    link_obstacles,
    open_communications,
    resolve_link,
    to_remind,
)
from apps.release_models.queries.library import ready_made, ready_made_content, starting_points
from apps.release_models.queries.versions import (
    Match,
    Scope,
    diff,
    published_version,
    published_versions,
    rank_models,
    version_named,
    versions_of,
)

__all__ = [
    "IN_SCOPE_TYPES",
    "Light",
    "Match",
    "PublishedModels",
    "Scope",
    "activities_of",
    "changes_told",
    "concerned_parties",
    "diff",
    "link_obstacles",
    "open_communications",
    "published_version",
    "published_versions",
    "rank_models",
    "ready_made",
    "ready_made_content",
    "resolve_link",
    "starting_points",
    "to_remind",
    "version_named",
    "versions_of",
]
