"""The API kit: what every resource under /api/v1/ has in common (docs/reference/api.md is the promise to clients).

An app's `api.py` declares; the kit does tokens, scopes, problems, pages, filters, ETags, Idempotency-Key, schema:

    class TaskSerializer(FastSerializer):                        # reads without DRF's cost per field; also validates writes
        slug = serializers.SlugField(read_only=True)
        status = serializers.ChoiceField(choices=TaskStatus.choices, read_only=True)
        assignee = serializers.SlugRelatedField("username", queryset=User.objects.all(), required=False, allow_null=True)

    class ReleaseViewSet(RecordViewSet):
        scope = "releases"                                       # a token needs releases:write (or *) to change anything
        queryset = Release.objects.select_related("subject")     # all that the serializer touches: constant queries
        serializer_class = ReleaseSerializer                     # optional: create_serializer_class, update_serializer_class
        filterset_class = ReleaseFilter                          # unknown query parameters are refused
        search_fields = ["key", "title"]
        ordering_fields = ["planned_start", "key"]               # ?ordering=-planned_start
        ordering = ["key"]                                       # the default; the primary key is added as tie-break
        steps = RELEASE_STEPS                                    # {name: StepForm}: adds GET and POST …/transitions/

        def perform_create(self, data, by):                      # each hook that exists opens its method; one action each
            return actions.create_release(**data, by=by)         #   perform_create  -> POST    (returns the object)
        def perform_update(self, obj, data, by):                 #   perform_update  -> PATCH   (returns the object)
            return actions.change_release(release=obj, by=by, **data)
        def perform_destroy(self, obj, by): ...                  #   perform_destroy -> DELETE

        @extend_schema(responses=GateSerializer, summary="Whether the gate is open")
        @action(detail=True, query_parameters=[QueryParameter("environment", required=True)])
        def gate(self, request, **kwargs):                       # parsed and checked: self.query["environment"]
            return Response(...self.get_object(), self.query, self.by...)     # self.by is the Actor

    class TaskViewSet(PartViewSet):                              # config/api.py: register("releases/{release}/tasks", …)
        parent_queryset, parent_field, parent_lookup = Release.objects.all(), "release", "key"
        lookup_field = "slug"                                    # self.parent is the release

Every write runs in one transaction, together with its If-Match check and its Idempotency-Key; `atomic = False` (on the
class or in `@action(atomic=False)`) opts out, for work that must not hold a write lock. A refusal (apps.core.errors)
raised anywhere becomes a problem document. Plain views derive from `ApiView` and name their `scope` too. Uploads:
`uploaded_file(request)`. Everything is imported from its module: `from apps.core.api.viewsets import RecordViewSet`.

Modules: auth · base · etags · fields (FastSerializer) · filters · health · idempotency · json · pagination · parameters ·
problems · request_id · routers · schema · throttling · transitions · uploads · viewsets · trail (audit and outbox).
"""
