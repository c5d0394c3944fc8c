"""Every setting of the platform, from the environment; listed in docs/reference/settings.md."""

# GeoDjango uses the GDAL and GEOS inside these two wheels, so they are loaded first.
from pathlib import Path

import rasterio
import shapely
from psycopg.conninfo import conninfo_to_dict

from ecoredline.web import cluster
from ecoredline.web.environment import boolean, integer, letters, secret_or_file, text

WEB = Path(__file__).resolve().parent


def in_wheel(module, pattern: str) -> str:
    """The path of a library a wheel carries."""
    root = Path(module.__file__).parent.parent / f"{module.__name__}.libs"
    return str(next(root.glob(pattern)))


GDAL_LIBRARY_PATH = in_wheel(rasterio, "libgdal-*")
GEOS_LIBRARY_PATH = in_wheel(shapely, "libgeos_c-*")

# ---- the folder of everything the platform writes
ECOREDLINE_VAR = Path(text("ECOREDLINE_VAR", "var")).resolve()
RUNS_FOLDER = ECOREDLINE_VAR / "runs"
IMAGERY_FOLDER = Path(text("ECOREDLINE_IMAGERY", str(ECOREDLINE_VAR / "imagery"))).resolve()

# ---- who may reach it, and how
DEBUG = boolean("ECOREDLINE_DEBUG", False)
HTTPS = boolean("ECOREDLINE_HTTPS", not DEBUG)
BEHIND_PROXY = boolean("ECOREDLINE_BEHIND_PROXY", False)
SECRET_KEY = secret_or_file("ECOREDLINE_SECRET_KEY", ECOREDLINE_VAR / "secret-key")
ALLOWED_HOSTS = text("ECOREDLINE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in text("ECOREDLINE_ORIGINS", "").split(",") if o]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "ecoredline_session", "ecoredline_csrf"
SESSION_COOKIE_AGE = 3600 * integer("ECOREDLINE_SESSION_HOURS", 8, 1, 24 * 14)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_HSTS_SECONDS = 3600 * 24 * 365 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
LOGIN_FAILURES_ALLOWED = integer("ECOREDLINE_LOGIN_FAILURES", 5, 1, 100)
LOGIN_LOCK_MINUTES = integer("ECOREDLINE_LOGIN_LOCK_MINUTES", 15, 1, 24 * 60)
# ---- public pages, which need no log-in: requests a minute from one address, counted by each process
PUBLIC_RATE = integer("ECOREDLINE_PUBLIC_RATE", 600, 1, 1_000_000)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
# ---- the ground under the map: an own picture file, and 天地图 where the network reaches it
BASEMAP_FILE = text("ECOREDLINE_BASEMAP", "")
TIANDITU_KEY = letters("ECOREDLINE_TIANDITU_KEY")
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; "
    f"img-src 'self' data: blob:{' https://*.tianditu.gov.cn' if TIANDITU_KEY else ''}; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)

# ---- background work
JOB_STALE_SECONDS = integer("ECOREDLINE_JOB_STALE_SECONDS", 60, 2, 24 * 3600)
JOB_ATTEMPTS = integer("ECOREDLINE_JOB_ATTEMPTS", 2, 1, 10)
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# ---- files that people hang on clues, cases and letters
ATTACHMENT_MEGABYTES = integer("ECOREDLINE_ATTACHMENT_MB", 50, 1, 2000)

UPLOAD_MEGABYTES = integer("ECOREDLINE_UPLOAD_MB", 1100, 1, 20_000)  # of one whole request
DATA_UPLOAD_MAX_MEMORY_SIZE = (
    20 << 20
)  # of a request without its files: forms, JSON, drawn outlines
DATA_UPLOAD_MAX_NUMBER_FIELDS, DATA_UPLOAD_MAX_NUMBER_FILES = 20_000, 200

# ---- the database: DATABASE_URL, or the private cluster under var/
_database = conninfo_to_dict(cluster.url(ECOREDLINE_VAR / "postgres"))
DATABASES = {
    "default": {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": _database.pop("dbname", cluster.DATABASE),
        "USER": _database.pop("user", cluster.ROLE),
        "PASSWORD": _database.pop("password", ""),
        "HOST": _database.pop("host", ""),
        "PORT": _database.pop("port", ""),
        "OPTIONS": _database,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- the parts
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "procrastinate.contrib.django",
    "ecoredline.web.core",
    "ecoredline.web.accounts",
    "ecoredline.web.regions",
    "ecoredline.web.jobs",
    "ecoredline.web.imagery",
    "ecoredline.web.patches",
    "ecoredline.web.maps",
    "ecoredline.web.files",
    "ecoredline.web.letters",
    "ecoredline.web.reviews",
    "ecoredline.web.clues",
    "ecoredline.web.verifications",
    "ecoredline.web.cases",
    "ecoredline.web.rectification",
    "ecoredline.web.measures",
    "ecoredline.web.plans",
    "ecoredline.web.redlines",
    "ecoredline.web.ledgers",
    "ecoredline.web.admissions",
    "ecoredline.web.deliveries",
    "ecoredline.web.board",
    "ecoredline.web.assessments",
    "ecoredline.web.publications",
    "ecoredline.web.api",
    "ecoredline.web.ogc",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "ecoredline.web.core.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "ecoredline.web.core.middleware.ChosenLanguage",
    "ecoredline.web.core.middleware.Bounds",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ecoredline.web.core.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ecoredline.web.core.middleware.Problems",
]
ROOT_URLCONF = "ecoredline.web.urls"
WSGI_APPLICATION = "ecoredline.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ecoredline.web.maps.context.platform",
            ]
        },
    }
]

# ---- people
AUTH_USER_MODEL = "accounts.Person"
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "home", "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# ---- language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [WEB / "locale"]
LANGUAGE_COOKIE_NAME = "ecoredline_language"
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# ---- files
STATIC_URL = "/static/"
STATICFILES_DIRS = [WEB / "static"]
WHITENOISE_USE_FINDERS = True  # no collecting step: the server reads the package's own folder

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("procrastinate", "numexpr", "pyogrio", "rasterio", "fontTools")
    },
    "root": {"handlers": ["console"], "level": text("ECOREDLINE_LOG_LEVEL", "INFO")},
}
CSRF_FAILURE_VIEW = "ecoredline.web.core.views.forgery_refused"
