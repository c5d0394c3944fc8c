"""Pages opened as a person opens them: the platform's own cast and data, headless Chromium."""

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client

WEB_TESTS = Path(__file__).parents[1] / "web"
# Playwright keeps an event loop in the test's thread; Django would refuse the database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def borrowed(name: str, file: str):
    """A module of the platform's tests; their folder stays off sys.path, where it would hide ours."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, WEB_TESTS / file)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


for lent in ("sample_run", "photographs", "case_story"):
    borrowed(lent, f"{lent}.py")
cast_module = borrowed("platform_cast", "conftest.py")

worker_id = cast_module.worker_id
cluster_folder = cast_module.cluster_folder
folders = cast_module.folders
units = cast_module.units
committed = cast_module.committed  # the live server sees it; emptied afterwards
cast = cast_module.cast
point_at_cluster = cast_module.django_db_modify_db_settings

CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
PATIENCE_MS = 30_000


def pytest_collection_modifyitems(items):
    """Pages last: they are the slowest, and the platform's tests make the database first."""
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    items[:] = [item for item in items if item not in here] + here


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request):
    """Point Django at the session's cluster, unless the platform's own tests have done so."""
    if not connections["default"].settings_dict["NAME"].startswith("test_"):
        request.getfixturevalue("point_at_cluster")


@pytest.fixture(scope="session")
def password() -> str:
    """Everybody's."""
    return cast_module.PASSWORD


@pytest.fixture(scope="session", autouse=True)
def english_text():
    """The catalogue the pages read, made from django.po as at set-up."""
    from ecoredline.web.locale import compile_if_older

    compile_if_older()


@pytest.fixture(scope="session")
def many_patches_folder(tmp_path_factory):
    """A finished run of 73 patches in three counties, with pictures."""
    from browser import many_patches

    return many_patches.make_run(tmp_path_factory.mktemp("many"))


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, one for the session."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium: apt-get install chromium")
        pytest.skip("Chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A person at a browser, and everything that went wrong on the pages."""

    page: object
    address: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str, ready: str = ""):
        """Open a page; `ready` waits for the page's own sign (map or patch)."""
        answer = self.page.goto(self.address + path)
        if ready:
            self.marked(ready=ready)
        return answer

    def marked(self, **marks: str):
        """Wait until the body carries these data attributes: the page's own signs of being done."""
        selector = "body" + "".join(f"[data-{key}='{value}']" for key, value in marks.items())
        return self.page.wait_for_selector(selector)

    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )


@pytest.fixture
def visit(chromium, committed, cast, live_server, many_patches_folder):
    """`visit("miyi_officer", size="phone")` gives a logged-in visitor; "" one without log-in.

    At the end no page may have had a console error, or asked another host for anything.
    """
    from ecoredline.web.patches.actions import load_run

    load_run(many_patches_folder, name="2026年上半年")
    visitors, contexts = [], []

    def arrive(name: str = "", size: str = "desk", language: str = "") -> Visitor:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, has_touch=size == "phone",
            locale="zh-CN", reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        cookies = {}
        if name:
            client = Client()  # of the person's own: another log-in would end this session
            client.force_login(cast[name])
            cookies["session"] = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        for key, value in (("SESSION", cookies.get("session")), ("LANGUAGE", language)):
            if value:
                cookie = getattr(django_settings, f"{key}_COOKIE_NAME")
                context.add_cookies([{"name": cookie, "value": value, "url": live_server.url}])
        visitors.append(watched(context.new_page(), live_server.url))
        return visitors[-1]

    yield arrive
    for context in contexts:
        context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []


def watched(page, address: str) -> Visitor:
    """A visitor whose page notes console errors, script faults and requests to other hosts."""
    page.set_default_timeout(PATIENCE_MS)
    visitor = Visitor(page, address)

    def heard(message):
        refused = message.location.get("url") == page.url and "status of 4" in message.text
        if message.type == "error" and not refused:
            visitor.faults.append(f"console: {message.text} {message.location.get('url')}")

    def asked(request):
        if not request.url.startswith((address, "data:", "blob:")):
            visitor.faults.append(f"request to another host: {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda fault: visitor.faults.append(f"script: {fault}"))
    page.on("request", asked)
    return visitor
