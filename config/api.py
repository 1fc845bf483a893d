"""The router of /api/v1/: one line a resource."""

from django.urls import path

from apps.accounts.api.teams import MemberViewSet, TeamViewSet
from apps.approaches.api import ApproachVersionViewSet, ApproachViewSet
from apps.approvals.api import DelegationViewSet, MyApprovalViewSet
from apps.cmdb.api.exports import ExportView
from apps.cmdb.api.frame import CITypeViewSet, EnvironmentViewSet, RelationshipTypeViewSet, RelationshipViewSet
from apps.cmdb.api.imports import ImportLineViewSet, ImportRunViewSet, ImportSourceViewSet
from apps.cmdb.api.items import (
    ConfigurationItemViewSet,
    HealthView,
    InstalledVersionOfItemViewSet,
    InstalledVersionViewSet,
)
from apps.cmdb.api.mappings import ColumnMappingViewSet
from apps.cmdb.api.parties import PartyViewSet, ServiceRelationshipViewSet, ValueStreamViewSet
from apps.cmdb.api.proposals import ProposedRelationshipViewSet
from apps.compliance.api import BreakGlassViewSet, FindingViewSet, OnboardingView
from apps.core.api.routers import Router
from apps.core.api.trail import AuditViewSet, DeadLetterViewSet
from apps.desk.api import CalendarView
from apps.incidents.api import CausalLinkViewSet, IncidentViewSet
from apps.integrations.api import (
    CalendarFeedViewSet,
    HookDeliveryViewSet,
    HookEndpointViewSet,
    WebhookDeliveryViewSet,
    WebhookViewSet,
)
from apps.metrics.api import MetricRowsView, MetricsView, MetricView
from apps.notifications.api import MessageViewSet
from apps.release_models.api import CommunicationViewSet, ModelVersionViewSet, ReleaseModelViewSet
from apps.releases.api.approvals import ApprovalViewSet
from apps.releases.api.conflicts import ConflictsView, SlotsView, WhatIfView
from apps.releases.api.deployments import DeploymentViewSet, ReleaseDeploymentViewSet
from apps.releases.api.drift import DriftView
from apps.releases.api.plan import ComponentViewSet, DependencyViewSet, HoldViewSet, TaskViewSet
from apps.releases.api.planning import PlanView
from apps.releases.api.proof import CheckViewSet
from apps.releases.api.releases import ReleaseViewSet
from apps.releases.api.risk import RiskView
from apps.releases.api.touching import OpenReleasesView
from apps.releases.api.trains import TrainReleaseViewSet, TrainViewSet
from apps.releases.api.waits import WaitsView
from apps.reviews.api import (
    ApproachReviewViewSet,
    BenefitViewSet,
    DryRunView,
    EffectivenessView,
    ImprovementActionViewSet,
    ModelReviewViewSet,
    ReviewOfReleaseViewSet,
    ReviewViewSet,
    SurveyViewSet,
)
from apps.schedule.api import FreezeExceptionViewSet, FreezeViewSet, WindowViewSet
from apps.verification.api import CheckKindsView, EvidenceViewSet, TrustedKeyViewSet

router = Router()
router.register("teams", TeamViewSet)
router.register("teams/{team}/members", MemberViewSet)
router.register("audit", AuditViewSet)
router.register("dead-letters", DeadLetterViewSet)
router.register("configuration-items", ConfigurationItemViewSet)
router.register("configuration-items/{ci}/installed-versions", InstalledVersionOfItemViewSet)
router.register("relationships", RelationshipViewSet)
router.register("proposed-relationships", ProposedRelationshipViewSet)
router.register("ci-types", CITypeViewSet)
router.register("relationship-types", RelationshipTypeViewSet)
router.register("environments", EnvironmentViewSet)
router.register("value-streams", ValueStreamViewSet)
router.register("parties", PartyViewSet)
router.register("service-relationships", ServiceRelationshipViewSet)
router.register("imports", ImportRunViewSet)
router.register("import-sources", ImportSourceViewSet)
router.register("column-mappings", ColumnMappingViewSet)
router.register("my-approvals", MyApprovalViewSet)
router.register("delegations", DelegationViewSet)
router.register("approaches", ApproachViewSet)
router.register("approaches/{approach}/versions", ApproachVersionViewSet)
router.register("release-models", ReleaseModelViewSet)
router.register("release-models/{model}/versions", ModelVersionViewSet)
router.register("release-models/{model}/versions/{number}/communications", CommunicationViewSet)
router.register("windows", WindowViewSet)
router.register("freezes", FreezeViewSet)
router.register("freezes/{freeze}/exceptions", FreezeExceptionViewSet)
router.register("releases", ReleaseViewSet)
router.register("releases/{release}/components", ComponentViewSet)
router.register("releases/{release}/tasks", TaskViewSet)
router.register("releases/{release}/checks", CheckViewSet)
router.register("releases/{release}/evidence", EvidenceViewSet)
router.register("trusted-keys", TrustedKeyViewSet)
router.register("releases/{release}/approvals", ApprovalViewSet)
router.register("releases/{release}/holds", HoldViewSet)
router.register("releases/{release}/dependencies", DependencyViewSet)
router.register("releases/{release}/deployments", ReleaseDeploymentViewSet)
router.register("deployments", DeploymentViewSet)
router.register("trains", TrainViewSet)
router.register("trains/{train}/releases", TrainReleaseViewSet)
router.register("reviews", ReviewViewSet)
router.register("improvement-actions", ImprovementActionViewSet)
router.register("model-reviews", ModelReviewViewSet)
router.register("approach-reviews", ApproachReviewViewSet)
router.register("surveys", SurveyViewSet)
router.register("releases/{release}/benefits", BenefitViewSet)
router.register("findings", FindingViewSet)
router.register("break-glass", BreakGlassViewSet)
router.register("messages", MessageViewSet)
router.register("incidents", IncidentViewSet)
router.register("incidents/{incident}/links", CausalLinkViewSet)
router.register("hook-endpoints", HookEndpointViewSet)
router.register("hook-deliveries", HookDeliveryViewSet)
router.register("webhooks", WebhookViewSet)
router.register("webhooks/{webhook}/deliveries", WebhookDeliveryViewSet)
router.register("calendar-feeds", CalendarFeedViewSet)

review = {"get": "retrieve", "patch": "partial_update"}
review_steps = {"get": "transitions", "post": "take_transition"}
urlpatterns = [
    path("releases/<str:release>/review/", ReviewOfReleaseViewSet.as_view(review)),
    path("releases/<str:release>/review/transitions/", ReviewOfReleaseViewSet.as_view(review_steps)),
    path("imports/<str:run>/lines/", ImportLineViewSet.as_view({"get": "list"})),
    path("releases/<str:release>/waits/", WaitsView.as_view()),
    path("releases/<str:release>/risk/", RiskView.as_view()),
    path("releases/<str:release>/plan/", PlanView.as_view()),
    path("releases/<str:release>/conflicts/", ConflictsView.as_view()),
    path("releases/<str:release>/what-if/", WhatIfView.as_view()),
    path("releases/<str:release>/slots/", SlotsView.as_view()),
    path("calendar/", CalendarView.as_view()),
    path("configuration-items/<str:ci>/open-releases/", OpenReleasesView.as_view()),
    path("installed-versions/", InstalledVersionViewSet.as_view({"get": "list"})),
    path("exports/<str:kind>/", ExportView.as_view()),
    path("metrics/", MetricsView.as_view()),
    path("metrics/<str:id>/", MetricView.as_view()),
    path("metrics/<str:id>/rows/", MetricRowsView.as_view()),
    path("release-models/<str:model>/effectiveness/", EffectivenessView.as_view()),
    path("cmdb-health/", HealthView.as_view()),
    path("drift/", DriftView.as_view()),
    path("release-models/<str:model>/versions/<int:number>/dry-run/", DryRunView.as_view()),
    path("onboarding/", OnboardingView.as_view()),
    path("check-kinds/", CheckKindsView.as_view()),
    *router.urls,
]
