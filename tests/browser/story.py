"""What everybody in the story does: come to a page, read it, fill it in, press a button."""

from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace

import photographs
from django.utils import timezone


@dataclass
class Story:
    """Who is at which browser, the day it is, and the addresses of what the story is about."""

    visit: object
    cast: dict
    calendar: SimpleNamespace
    spot: tuple[float, float]
    people: dict = field(default_factory=dict)
    patch: str = ""
    clue: str = ""
    case: str = ""
    number: str = ""
    case_number: str = ""

    def person(self, name: str, size: str = "desk"):
        """Somebody of the cast at a browser of the own."""
        if name not in self.people:
            self.people[name] = self.visit(name, size=size)
        return self.people[name]

    def on(self, day: str) -> None:
        """The platform's day from now on."""
        self.calendar.now = timezone.make_aware(datetime.fromisoformat(f"{day}T10:00"))


# ---- what everybody does
def button(visitor, name: str):
    """A button or link of exactly this name."""
    page = visitor.page
    return page.get_by_role("button", name=name, exact=True).or_(
        page.get_by_role("link", name=name, exact=True)
    )


def press(visitor, name: str) -> None:
    """Press it and wait for the page that it leads to."""
    with visitor.page.expect_navigation():
        button(visitor, name).first.click()


def sees(visitor, *texts: str) -> None:
    """These words stand on the page; nothing of it is wider than the window."""
    for text in texts:
        visitor.page.get_by_text(text).first.wait_for()
    assert visitor.overflow() <= 0, visitor.page.url


def state_of(visitor) -> str:
    """What the heading says of the clue or case."""
    return visitor.page.locator(".subject-head .state").first.inner_text()


def fill(visitor, **fields: str) -> None:
    """Type into the fields of these names."""
    for name, value in fields.items():
        visitor.page.locator(f"main [name={name}]:visible").first.fill(value)


def pictures(count: int, spot, *, start: int = 0) -> list[dict]:
    """Photographs taken on the spot, each facing elsewhere."""
    taken = []
    for turn in range(start, start + count):
        shot = photographs.picture(
            lon=spot[0], lat=spot[1], bearing=(35 + 95 * turn) % 360, colour=(turn * 9 % 255, 120, 60),
            taken="2026:04:12 09:10:11",
        )  # fmt: skip
        taken.append({"name": f"{turn}.jpg", "mimeType": "image/jpeg", "buffer": shot.read()})
    return taken


def path_of(url: str) -> str:
    """An address without its host."""
    return "/" + url.split("/", 3)[3]
