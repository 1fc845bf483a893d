"""Questions about communication: whom a version concerns, who has not answered, what a link stands for."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from apps.approvals.queries import secret_digest
from apps.cmdb.models import ConfigurationItem, Party, ServiceRelationship
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import NotFound
from apps.release_models.content import difference
from apps.release_models.lifecycle import CommunicationStatus
from apps.release_models.models import AcknowledgementLink, Communication, ModelVersion


def concerned_parties(version: ModelVersion) -> QuerySet[Party]:
    """The parties tied to a live service to which the version applies, in one of the roles it is told to."""
    applies, told = version.content["applies"], version.content["communication"]
    services = ConfigurationItem.objects.filter(lifecycle=ConfigurationItem.Lifecycle.LIVE)
    if applies["subject_types"]:
        services = services.filter(ci_type__slug__in=applies["subject_types"])
    if applies["value_streams"]:
        services = services.filter(value_streams__slug__in=applies["value_streams"])
    if applies["criticality"]:
        bounds = applies["criticality"]["min"], applies["criticality"]["max"]
        services = services.filter(criticality__range=bounds)
    ties = ServiceRelationship.objects.filter(service__in=services.values("pk"))
    if told.get("roles"):
        ties = ties.filter(role__in=told["roles"])
    return Party.objects.filter(pk__in=ties.values("party")).order_by("slug")


def open_communications(version: ModelVersion) -> QuerySet[Communication]:
    """What still waits for an answer of its party, or of the model's owner."""
    waiting = [CommunicationStatus.ASKED, CommunicationStatus.OBJECTED]
    return version.communications.filter(status__in=waiting).order_by("pk")


def changes_told(version: ModelVersion) -> list[str]:
    """What the version changes against the one that served before it, in words."""
    earlier = version.model.versions.filter(published_at__lt=version.published_at or now())
    before = earlier.order_by("-published_at").first()
    return difference(before.content, version.content) if before else []


def to_remind(at: datetime) -> QuerySet[Communication]:
    """The parties that have not answered, were not reminded, and are to be by now."""
    waiting = Communication.objects.unanswered().filter(reminded_at=None, remind_at__lte=at)
    return waiting.select_related("party", "model_version__model").order_by("pk")


def resolve_link(token: str) -> AcknowledgementLink:
    """The link behind a token. Reads only; raises NotFound for an unknown token."""
    link = (
        AcknowledgementLink.objects.filter(token_digest=secret_digest(token))
        .select_related("communication__party", "communication__model_version__model__owner")
        .first()
    )
    if link is None:
        raise NotFound("This link is not known. Ask whoever sent it for a new one.")
    return link


def link_obstacles(link: AcknowledgementLink, at: datetime | None = None) -> list[Blocker]:
    """Why this link answers nothing now, in words; empty when it does."""
    at = at or now()
    communication = link.communication
    if link.used_at is not None or communication.status == CommunicationStatus.ACKNOWLEDGED:
        return [Blocker("answered", "This has been answered. Thank you.")]
    if communication.status != CommunicationStatus.ASKED:
        return [Blocker("not_asked", "No answer is needed any more.")]
    if link.expires_at <= at:
        return [Blocker("link_expired", "This link has expired. Ask whoever sent it for a new one.")]
    return []
