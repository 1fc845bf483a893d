"""Teams and value streams of a file: few, so each is written by itself."""

from __future__ import annotations

from apps.accounts.models import Team
from apps.cmdb.actions.import_load import UNCHANGED, Load, Outcome, stream_slug, team_slug, teams_named
from apps.cmdb.formats.records import Record
from apps.cmdb.models import ValueStream
from apps.core import moves
from apps.core.errors import Invalid


class GroupLoader:
    """Brings teams and value streams in before the items that name them."""

    def __init__(self, *, load: Load) -> None:
        self.load = load

    def take_teams(self, records: list[Record]) -> None:
        """Missing teams are made, without members: belonging to a team gives rights, and a catalog gives none.

        What a team that exists is called is left to the people in it; only an empty description is filled.
        """
        known = {one.slug: one for one in Team.objects.filter(slug__in={self._slug_of_team(one) for one in records})}
        for record in records:
            slug = self._slug_of_team(record)
            team = known.get(slug)
            try:
                if team is None:
                    team = Team(slug=slug, name=record.name[:200], description=record.description or "")
                    known[slug] = moves.create(team, by=self.load.by, note=self._note())
                    self._settle(record, Outcome.CREATED)
                elif record.description and not team.description:
                    filled = {"description": record.description}
                    known[slug] = moves.change(team, filled, by=self.load.by, note=self._note())
                    self._settle(record, Outcome.UPDATED)
                else:
                    self._settle(record, UNCHANGED)
            except Invalid as refusal:
                self.load.reject(record.identity, record.location, refusal.detail)

    def take_value_streams(self, records: list[Record]) -> None:
        """Value streams belong to the map: the catalog that names them says what they are called."""
        slugs = {one.identity: stream_slug(reference=one.identity) for one in records}
        known = {one.slug: one for one in ValueStream.objects.filter(slug__in=slugs.values()).select_related("owner")}
        owners = teams_named(references={one.owner for one in records if one.owner})
        for record in records:
            slug = slugs[record.identity]
            fields = {"name": record.name[:200], "owner": owners.get(record.owner or "")}
            if record.description is not None:
                fields["description"] = record.description
            if fields["owner"] is None:
                fields.pop("owner")
            try:
                known[slug] = self._write_stream(record, known.get(slug), slug, fields)
            except Invalid as refusal:
                self.load.reject(record.identity, record.location, refusal.detail)

    def _write_stream(self, record: Record, stream: ValueStream | None, slug: str, fields: dict) -> ValueStream:
        if stream is None:
            stream = moves.create(ValueStream(slug=slug, **fields), by=self.load.by, note=self._note())
            self._settle(record, Outcome.CREATED)
            return stream
        written = moves.change(stream, fields, by=self.load.by, note=self._note())
        self._settle(record, Outcome.UPDATED if written.version != stream.version else UNCHANGED)
        return written

    def _slug_of_team(self, record: Record) -> str:
        return team_slug(reference=record.identity)

    def _settle(self, record: Record, outcome: str) -> None:
        self.load.settle_group(record.identity, outcome)
        if outcome != UNCHANGED:
            self.load.note(outcome, record.identity, record.location)

    def _note(self) -> str:
        return f"Import from {self.load.source.slug}"
