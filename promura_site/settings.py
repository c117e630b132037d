"""Settings of PROMURA: every value from the environment, with a safe default.

`docs/settings.md` explains each variable. Nothing here may ask the database.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from promura_site.admin_theme import UNFOLD  # noqa: F401 - a setting of unfold
from promura_site.database import database_settings
from promura_site.production import refuse_unsafe
from promura_site.secrets import read_or_create

VERSION = "0.1.0"
BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# The algebra is small: several threads would wait for each other on a busy machine,
# a hundred times as long as the work takes. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

DEBUG = env.bool("PROMURA_DEBUG", default=False)
PRODUCTION = env.bool("PROMURA_PRODUCTION", default=False)

# Where an embedded installation keeps everything that is not code.
DATA_DIR = Path(env.str("PROMURA_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
OUTBOX_DIR = DATA_DIR / "outbox"

# --- Database and cache ---------------------------------------------------------

DATABASES = {
    "default": database_settings(env.str("DATABASE_URL", default=""), DATA_DIR)
}
EMBEDDED = DATABASES["default"]["ENGINE"].endswith("sqlite3")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHE_URL = env.str("CACHE_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "promura",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
    if CACHE_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "promura",
    }
}

# --- Secrets --------------------------------------------------------------------


def _secret(variable: str, filename: str) -> str:
    """Return a key from the environment, or the embedded installation's own."""
    value = env.str(variable, default="")
    if value:
        return value
    if not EMBEDDED:
        raise ImproperlyConfigured(
            f"{variable} must be set when DATABASE_URL names a database server: "
            "every process has to share it."
        )
    return read_or_create(DATA_DIR / filename)


SECRET_KEY = _secret("SECRET_KEY", "secret_key")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Keys from the environment, or a file of keys: the command that rotates them adds a
# new one there while everything is running.
_credentials_key = _secret("PROMURA_CREDENTIALS_KEY", "credentials_key")
_given = bool(env.str("PROMURA_CREDENTIALS_KEY", default=""))
CREDENTIALS_KEY_FILE = None if _given else DATA_DIR / "credentials_key"
CREDENTIALS_KEYS = [
    *([_credentials_key] if _given else []),
    *env.list("PROMURA_CREDENTIALS_KEY_FALLBACKS", default=[]),
]

# --- Apps -----------------------------------------------------------------------

INSTALLED_APPS = [
    "promura_site.apps.PromuraSiteConfig",
    # Not plain "unfold", which would put its own site, and sign-in, in place of ours.
    "unfold.apps.BasicAppConfig",
    "promura_site.apps.PromuraAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "library.apps.LibraryConfig",
    "templates_app.apps.TemplatesAppConfig",
    "scheduling.apps.SchedulingConfig",
    "metrics.apps.MetricsConfig",
]

MIDDLEWARE = [
    "promura_site.middleware.RequestOriginMiddleware",
    "metrics.middleware.RequestFiguresMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "promura_site.middleware.CompressPagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "promura_site.middleware.PolicyByPathMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "promura_site.middleware.ApiPathMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "promura_site.middleware.AdminZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "promura_site.urls"
WSGI_APPLICATION = "promura_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "promura_site.context.person",
                "scheduling.notices.bell.bell",
                "scheduling.standing.standing",
            ]
        },
    }
]

# --- People ---------------------------------------------------------------------

AUTH_USER_MODEL = "promura_site.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = reverse_lazy("sign-in")
LOGIN_REDIRECT_URL = reverse_lazy("today")
LOGOUT_REDIRECT_URL = reverse_lazy("sign-in")

LOGIN_ATTEMPTS = env.int("PROMURA_LOGIN_ATTEMPTS", default=10)
# Addresses or networks of reverse proxies whose X-Forwarded-For is believed.
TRUSTED_PROXIES = env.list("PROMURA_TRUSTED_PROXIES", default=[])
AXES_ENABLED = LOGIN_ATTEMPTS > 0
AXES_FAILURE_LIMIT = max(LOGIN_ATTEMPTS, 1)
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
# By name and address together: a stranger cannot lock a colleague out by name alone.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "promura_site.origin.client_ip"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# The sign-in service answers a lockout itself, so axes' middleware has no work.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]

# --- HTTP -----------------------------------------------------------------------

ALLOWED_HOSTS = env.list(
    "PROMURA_HOSTS", default=["localhost", "127.0.0.1", "[::1]", ".localhost"]
)
CSRF_TRUSTED_ORIGINS = env.list("PROMURA_ORIGINS", default=[])
HTTPS = env.bool("PROMURA_HTTPS", default=PRODUCTION)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz", r"^readyz"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "promura_site.pages.csrf_failure"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# A JSON body or a form; uploads are limited on their own in the library.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000
DATA_UPLOAD_MAX_NUMBER_FILES = 100
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# The admin's Alpine compiles expressions and has inline handlers; Swagger's page
# styles itself. Everything of our own needs neither.
CONTENT_SECURITY_POLICY_BY_PATH = {
    "/admin/": {
        "script-src": [SELF, "'unsafe-inline'", "'unsafe-eval'"],
        "style-src": [SELF, "'unsafe-inline'"],
    },
    "/api/": {"style-src": [SELF, "'unsafe-inline'"]},
}

# --- API ------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "promura_site.api.authentication.EpochJWTAuthentication",
        "promura_site.api.authentication.PageAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["promura_site.api.permissions.HasLevel"],
    "DEFAULT_PARSER_CLASSES": ["promura_site.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "promura_site.api.renderers.ApiJSONRenderer",
        "promura_site.api.renderers.PromuraBrowsableAPIRenderer",
    ],
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_METADATA_CLASS": "promura_site.api.metadata.EnvelopedMetadata",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "promura_site.api.errors.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DATETIME_FORMAT": "iso-8601",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PROMURA",
    "DESCRIPTION": "The content room of a talent agency.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": r"/api",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "promura_site.api.schema.add_failures",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RatingEnum": ["general", "suggestive", "explicit"],
        "NoticeKindEnum": "scheduling.models.Notice.Kind",
        "PostStatusEnum": "scheduling.models.Post.State",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Background work ------------------------------------------------------------

TASKS_BACKEND = env.str("PROMURA_TASKS", default="database")
TASKS = {
    "default": {
        "BACKEND": {
            "database": "django_tasks_db.DatabaseBackend",
            "rq": "django_tasks_rq.RQBackend",
            "immediate": "django_tasks.backends.immediate.ImmediateBackend",
        }[TASKS_BACKEND],
        "QUEUES": ["default"],
    }
}
if TASKS_BACKEND == "rq":
    INSTALLED_APPS += ["django_rq", "django_tasks_rq"]
    RQ_QUEUES = {"default": {"URL": CACHE_URL, "DEFAULT_TIMEOUT": 3600}}

# --- Files ----------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"
S3_BUCKET = env.str("PROMURA_S3_BUCKET", default="")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("PROMURA_S3_ENDPOINT", default=None),
            "access_key": env.str("PROMURA_S3_ACCESS_KEY", default=None),
            "secret_key": env.str("PROMURA_S3_SECRET_KEY", default=None),
            "default_acl": "private",
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
for folder in (DATA_DIR, MEDIA_ROOT, OUTBOX_DIR, FILE_UPLOAD_TEMP_DIR):
    folder.mkdir(parents=True, exist_ok=True)

UPLOAD_MAX_BYTES = env.int("PROMURA_UPLOAD_MAX_MB", default=500) * 1024 * 1024
UPLOAD_MAX_PIXELS = env.int("PROMURA_UPLOAD_MAX_MEGAPIXELS", default=80) * 1_000_000

# --- Time and words -------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
PROMURA_TIME_ZONE = env.str("PROMURA_TIME_ZONE", default="Europe/Berlin")
LANGUAGE_CODE = "en-gb"
USE_I18N = False
FORMAT_MODULE_PATH = "promura_site.formats"

# --- Publishing -----------------------------------------------------------------

ALLOW_PRIVATE_TARGETS = env.bool("PROMURA_ALLOW_PRIVATE_TARGETS", default=False)
# Further connectors of a deployment: name=dotted.path.Class, comma-separated.
PROMURA_CONNECTORS: dict[str, str] = env.dict("PROMURA_CONNECTORS", default={})
PUBLISH_LEASE = timedelta(seconds=env.int("PROMURA_PUBLISH_LEASE", default=120))
# Before the first repetition; each later one waits twice as long, up to 15 minutes.
PUBLISH_FIRST_WAIT = timedelta(
    seconds=env.int("PROMURA_PUBLISH_FIRST_WAIT", default=15)
)
PUBLISH_LATE_AFTER = timedelta(minutes=60)
# Brakes. 0 turns each of them off; spacing and cap can be set for each model as well.
# Posts on one channel: so many a minute on average, so many at once.
CHANNEL_RATE_PER_MINUTE = env.float("PROMURA_CHANNEL_RATE", default=10.0)
CHANNEL_BURST = env.int("PROMURA_CHANNEL_BURST", default=10)
# Minutes between two posts on one channel, and posts of one model in her day.
MIN_SPACING = timedelta(minutes=env.int("PROMURA_MIN_SPACING_MINUTES", default=2))
DAILY_CAP = env.int("PROMURA_DAILY_CAP", default=50)
# More than so many posts on a channel in so many minutes: it stops and asks.
BREAKER_POSTS = env.int("PROMURA_BREAKER_POSTS", default=15)
BREAKER_WITHIN = timedelta(minutes=env.int("PROMURA_BREAKER_MINUTES", default=15))
ENGAGEMENT_AGE = timedelta(hours=env.int("PROMURA_ENGAGEMENT_AGE_HOURS", default=72))

# --- Notices --------------------------------------------------------------------

# Without EMAIL_URL no mail is sent, and the pages say so.
EMAIL_URL = env.str("EMAIL_URL", default="")
MAIL_READY = bool(EMAIL_URL)
globals().update(env.email_url_config(EMAIL_URL or "dummymail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="PROMURA <promura@localhost>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
TELEGRAM_BOT_TOKEN = env.str("PROMURA_TELEGRAM_BOT_TOKEN", default="")
TELEGRAM_API_URL = env.str(
    "PROMURA_TELEGRAM_API_URL", default="https://api.telegram.org"
)
# Where people reach this site: links in messages begin with it.
_here = f"http://localhost:{env.str('PORT', default='8000')}"
SITE_URL = env.str("PROMURA_SITE_URL", default=next(iter(CSRF_TRUSTED_ORIGINS), _here))

# --- Safety ---------------------------------------------------------------------

if PRODUCTION:
    refuse_unsafe(
        {
            "PROMURA_DEBUG must be off": DEBUG,
            "PROMURA_HOSTS must name this site": not env.list(
                "PROMURA_HOSTS", default=[]
            )
            or "*" in ALLOWED_HOSTS,
            "SECRET_KEY must have 50 characters or more": len(SECRET_KEY) < 50,
            "PROMURA_HTTPS must be on": not HTTPS,
            "PROMURA_LOGIN_ATTEMPTS must not be 0": not AXES_ENABLED,
        }
    )

# --- Figures --------------------------------------------------------------------

# How often a process writes the requests it counted; 0: only when somebody asks.
FIGURES_FLUSH_SECONDS = env.float("PROMURA_FIGURES_FLUSH_SECONDS", default=3)
# Who may scrape /metrics/prometheus: whoever has the token, or these networks.
METRICS_TOKEN = env.str("PROMURA_METRICS_TOKEN", default="")
METRICS_ALLOW = env.list("PROMURA_METRICS_ALLOW", default=["127.0.0.0/8", "::1/128"])

# --- Logging --------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "django_tasks": {"level": "WARNING"},
    },
}
