"""The router of /api/v1/: one line a resource."""

from apps.accounts.api.teams import MemberViewSet, TeamViewSet
from apps.approvals.api import DelegationViewSet, MyApprovalViewSet
from apps.core.api.routers import Router
from apps.core.api.trail import AuditViewSet, DeadLetterViewSet
from apps.release_models.api import ModelVersionViewSet, ReleaseModelViewSet
from apps.schedule.api import FreezeExceptionViewSet, FreezeViewSet, WindowViewSet

router = Router()
router.register("teams", TeamViewSet)
router.register("teams/{team}/members", MemberViewSet)
router.register("audit", AuditViewSet)
router.register("dead-letters", DeadLetterViewSet)
router.register("my-approvals", MyApprovalViewSet)
router.register("delegations", DelegationViewSet)
router.register("release-models", ReleaseModelViewSet)
router.register("release-models/{model}/versions", ModelVersionViewSet)
router.register("windows", WindowViewSet)
router.register("freezes", FreezeViewSet)
router.register("freezes/{freeze}/exceptions", FreezeExceptionViewSet)

urlpatterns = router.urls
