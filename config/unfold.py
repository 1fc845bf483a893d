"""The look of the admin: django-unfold's settings. What the pages contain is decided in apps.desk."""

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

# The tide's own blue. Step 600 carries white text and step 500 stands on the dark ground, both at 4.5 : 1 or better.
TIDE = {
    "50": "oklch(97.8% .012 222)",
    "100": "oklch(94.8% .028 222)",
    "200": "oklch(89.5% .052 222)",
    "300": "oklch(82% .085 223)",
    "400": "oklch(74% .11 225)",
    "500": "oklch(68% .115 228)",
    "600": "oklch(49% .105 232)",
    "700": "oklch(43% .092 233)",
    "800": "oklch(37% .076 234)",
    "900": "oklch(31% .06 235)",
    "950": "oklch(23% .045 236)",
}

UNFOLD = {
    "SITE_TITLE": "Tidegate",
    "SITE_HEADER": "Tidegate",
    "SITE_SUBHEADER": _("Release management"),
    "SITE_ICON": lambda request: static("tidegate/mark.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "sizes": "any",
            "type": "image/svg+xml",
            "href": lambda request: static("tidegate/mark.svg"),
        }
    ],
    "SITE_URL": None,
    "SHOW_HISTORY": False,  # the record's own History tab shows the audit trail
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": TIDE},
    "STYLES": [lambda request: static("tidegate/admin.css")],
    "ENVIRONMENT": "apps.desk.navigation.environment",
    "DASHBOARD_CALLBACK": "apps.desk.home.dashboard",
    "COMMAND": {"search_callback": "apps.desk.search.records", "search_models": False, "show_history": False},
    "SIDEBAR": {
        "show_search": False,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "apps.desk.navigation.sections",
    },
}
