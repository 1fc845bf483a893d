"""The router of /api/v1/: one line a resource."""

from apps.accounts.api.teams import MemberViewSet, TeamViewSet
from apps.core.api.routers import Router
from apps.core.api.trail import AuditViewSet, DeadLetterViewSet

router = Router()
router.register("teams", TeamViewSet)
router.register("teams/{team}/members", MemberViewSet)
router.register("audit", AuditViewSet)
router.register("dead-letters", DeadLetterViewSet)

urlpatterns = router.urls
