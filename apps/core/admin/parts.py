"""Parts with a page of their own: after each write the person is back at the record the part belongs to."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from apps.core.display import page_of


class PartPages:
    """For a RecordAdmin: `parent_name` is the field that leads to the whole, `parent_tab` the tab that lists the parts."""

    parent_name: ClassVar[str] = ""
    parent_tab: ClassVar[str] = ""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """A part never moves to another whole."""
        fixed = list(super().get_readonly_fields(request, obj))
        return fixed if obj is None else [*dict.fromkeys([*fixed, self.parent_name])]

    def parent_page(self, obj: Model) -> str:
        return page_of(getattr(obj, self.parent_name), self.parent_tab)

    def response_post_save_add(self, request: HttpRequest, obj: Model) -> HttpResponse:
        return HttpResponseRedirect(self.parent_page(obj))

    def response_post_save_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        return HttpResponseRedirect(self.parent_page(obj))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        request.left_behind = self.parent_page(obj)
        super().delete_model(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        response = super().response_delete(request, obj_display, obj_id)
        return HttpResponseRedirect(request.left_behind) if response.status_code == 302 else response

    def record_context(self, request: HttpRequest, obj: Model, tab: Any) -> dict[str, Any]:
        whole = getattr(obj, self.parent_name)
        return {
            **super().record_context(request, obj, tab),
            "record_whole": whole,
            "record_whole_url": self.parent_page(obj),
        }

    def _back_from(self, request: HttpRequest, obj: Model) -> str:
        asked = request.POST.get("next") or request.GET.get("next")
        return super()._back_from(request, obj) if asked else self.parent_page(obj)
