"""Settings: one file, read from the environment. Every variable is listed in docs/howto/run-in-production.md."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.unfold import UNFOLD as UNFOLD_THEME

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

TIDEGATE_ENV = env.str("TIDEGATE_ENV", default="demo")  # demo | test | production
PRODUCTION = TIDEGATE_ENV == "production"
DEBUG = env.bool("DEBUG", default=False)
DEMO_KEY = "demo-key-never-for-production-2f0c7a5e9b1d4863a7c2e5f8091b3d6c"
SECRET_KEY = env.str("SECRET_KEY", default=DEMO_KEY)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
if PRODUCTION and (SECRET_KEY == DEMO_KEY or DEBUG or "*" in ALLOWED_HOSTS or "ALLOWED_HOSTS" not in env.ENVIRON):
    raise ImproperlyConfigured(
        "Tidegate will not start in production with the demo SECRET_KEY, with DEBUG, or without an explicit "
        "ALLOWED_HOSTS list. Set SECRET_KEY, DEBUG=0 and ALLOWED_HOSTS=tidegate.example.org."
    )
VAR_DIR = Path(env.str("TIDEGATE_VAR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

HOUSE_APPS = [
    "core",
    "accounts",
    "cmdb",
    "schedule",
    "approvals",
    "release_models",
    "approaches",
    "releases",
    "verification",
    "incidents",
    "discovery",
    "reviews",
    "compliance",
    "metrics",
    "notifications",
    "integrations",
    "desk",
]
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    *[f"apps.{name}" for name in HOUSE_APPS if (BASE_DIR / "apps" / name / "apps.py").exists()],
]
MIDDLEWARE = [
    "apps.core.api.request_id.RequestIDMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.csp.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.core.admin.middleware.ReaderTimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The database row is the truth. SQLite serves the demo (write-ahead log, immediate transactions: two writers queue
# instead of failing); PostgreSQL serves everything else (pooled connections, jit off: it costs 2.6 x on deep pages).
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'tidegate.sqlite3'}")}
_database = DATABASES["default"]
SQLITE = _database["ENGINE"].endswith("sqlite3")
if SQLITE:
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;",
    }
else:
    _database.setdefault("OPTIONS", {}).update({"options": "-c jit=off", "connect_timeout": 5})
_database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=300)
_database["CONN_HEALTH_CHECKS"] = True

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if CACHE_URL := env.str("CACHE_URL", default=""):
    CACHES["default"] = env.cache_url_config(CACHE_URL)

# The broker only carries ids; the outbox in the database decides (docs/decisions/).
CELERY_BROKER_URL = env.str("BROKER_URL", default="memory://localhost//")
EMBEDDED_BROKER = CELERY_BROKER_URL.startswith("memory")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"polling_interval": 0.005}
    if EMBEDDED_BROKER
    else {"confirm_publish": True}
    if CELERY_BROKER_URL.startswith("amqp")
    else {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "visibility_timeout": 60,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    }
)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.5}
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TIMEZONE = "UTC"
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", default=60)
OUTBOX_MAX_ATTEMPTS = env.int("OUTBOX_MAX_ATTEMPTS", default=8)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLED = TIDEGATE_ENV != "test"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # its lists would ask for Django permissions, which a superuser passes; roles decide here

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_COOKIES = env.bool("SECURE_COOKIES", default=PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE_COOKIES
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
TIDEGATE_TIME_ZONE = env.str("TIDEGATE_TIME_ZONE", default="Europe/Berlin")  # the organisation's: metrics periods
TIDEGATE_BASE_URL = env.str("TIDEGATE_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
TIDEGATE_SECRET_KEYS = env.list("TIDEGATE_SECRET_KEYS", default=[])
# The demo probes itself; nothing else that is not public is called unless it is listed here.
TIDEGATE_OUTBOUND_ALLOW = env.list("TIDEGATE_OUTBOUND_ALLOW", default=["127.0.0.1"] if TIDEGATE_ENV == "demo" else [])
# Whose deployments wait at our gates: the hosts that may be answered, and a token, or the App that may ask for one.
TIDEGATE_GITHUB_HOSTS = env.list("TIDEGATE_GITHUB_HOSTS", default=["api.github.com"])
TIDEGATE_GITHUB_TOKEN = env.str("TIDEGATE_GITHUB_TOKEN", default="")
TIDEGATE_GITHUB_APP_ID = env.str("TIDEGATE_GITHUB_APP_ID", default="")
TIDEGATE_GITHUB_APP_KEY = env.str("TIDEGATE_GITHUB_APP_KEY", default="", multiline=True)
TIDEGATE_PROMETHEUS_ALLOW = env.list("TIDEGATE_PROMETHEUS_ALLOW", default=["127.0.0.1/32", "::1/128"])

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TIDEGATE_ENV == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default="django.core.mail.backends.smtp.EmailBackend"
    if PRODUCTION
    else "django.core.mail.backends.filebased.EmailBackend",
)
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Tidegate <tidegate@localhost>")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.api.bearer.BearerAuthentication",
        "apps.core.api.auth.AdminSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.api.auth.ScopeAndRole"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.api.json.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.json.OrjsonParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["apps.core.api.filters.StrictFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.core.api.throttling.PrincipalThrottle"],
    "DEFAULT_THROTTLE_RATES": {"principal": env.str("API_RATE", default="6000/min")},
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.TidegateAutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,  # ?format= belongs to imports, not to the renderer
    "EXCEPTION_HANDLER": "apps.core.api.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
    "PAGE_SIZE": 50,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": [
        "rest_framework.renderers.MultiPartRenderer",
        "apps.core.api.json.OrjsonRenderer",
    ],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tidegate",
    "VERSION": "1",
    "DESCRIPTION": "Release management that opens when it is safe.",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [],  # choices stay where they are used: statuses of different charts share no name
}
UNFOLD = UNFOLD_THEME

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "apps.core.api.request_id.RequestIDFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
