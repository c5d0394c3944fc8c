"""Collecting every fault of a form before anything is written."""

from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.problems import BadForm
from ecoredline.web.core.templatetags.ecoredline import language

HIGHEST_FINE = Decimal("999999999999.99")
HIGHEST_HA = Decimal("9999999999")


class Faults:
    """The faults of one form, in order; `stop` raises them all together."""

    def __init__(self):
        self.found: list[str] = []

    def add(self, label, said: str) -> None:
        """Note a fault of the field `label`."""
        self.found.append(f"{label}：{said}")

    def need(self, label, value) -> str:
        """A text that must not be blank."""
        text = str(value or "").strip()
        if not text:
            self.add(label, _("必填"))
        return text

    def code(self, label, name: str, value, *, needed: bool = True) -> str:
        """A code of the list `name`."""
        code = str(value or "").strip()
        if code and code not in code_list(name):
            known = "、".join(row[language()] for row in code_list(name).values())
            self.add(label, _("“{got}”不在代码表中，应为：{known}").format(got=code, known=known))
        elif needed and not code:
            self.add(label, _("必填"))
        return code

    def codes(self, label, name: str, value) -> str:
        """One code or several joined by ;."""
        parts = [part.strip() for part in str(value or "").split(";") if part.strip()]
        return ";".join(self.code(label, name, part) for part in parts or [""])

    def day(self, label, value, *, needed: bool = True, past: bool = False) -> date | None:
        """A day as a date or ISO text; `past` refuses days to come."""
        if value in (None, ""):
            if needed:
                self.add(label, _("必填"))
            return None
        try:
            found = value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.add(label, _("“{got}”不是日期，应为 2026-03-31 的形式").format(got=value))
            return None
        if past and found > clock.today():
            self.add(label, _("{got} 晚于今天，不能填将来的日期").format(got=found))
        return found

    def due(self, label, value) -> date | None:
        """A day from today on."""
        found = self.day(label, value)
        if found is not None and found < clock.today():
            self.add(label, _("{got} 早于今天，期限应不早于今天").format(got=found))
        return found

    def number(self, label, value, *, needed: bool = False, highest=HIGHEST_HA) -> Decimal | None:
        """A number from 0 to `highest`."""
        if value in (None, ""):
            if needed:
                self.add(label, _("必填"))
            return None
        try:
            found = Decimal(str(value).strip())
        except InvalidOperation:
            self.add(label, _("“{got}”不是数字").format(got=value))
            return None
        if not found.is_finite() or not 0 <= found <= highest:
            self.add(label, _("{got} 超出范围，应在 0 至 {highest} 之间").format(
                got=value, highest=highest))  # fmt: skip
            return None
        return found

    def stop(self) -> None:
        """Raise `BadForm` (422.4) when there is any fault."""
        if self.found:
            raise BadForm(*self.found)
