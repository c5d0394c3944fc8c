"""The path of a redline delivery."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.lifecycle import Lifecycle, Step

DRAFT, CHECKED, ACCEPTED, SUPERSEDED, REFUSED = (
    "draft", "checked", "accepted", "superseded", "refused",
)  # fmt: skip

REDLINE_LIFECYCLE = Lifecycle(
    name="redline",
    states={
        DRAFT: _("已交付"),
        CHECKED: _("已比对"),
        ACCEPTED: _("已生效"),
        SUPERSEDED: _("已被替代"),
        REFUSED: _("已退回"),
    },
    steps=(
        Step("deliver", _("交付"), ()),
        Step("check", _("与现行版本比对"), (DRAFT, CHECKED), CHECKED),
        Step("approval", _("登记批准文件"), (CHECKED,)),
        Step("accept", _("生效"), (CHECKED,), ACCEPTED),
        Step("refuse", _("退回"), (DRAFT, CHECKED), REFUSED),
        Step("supersede", _("被新版本替代"), (ACCEPTED,), SUPERSEDED),
    ),
    final=(SUPERSEDED, REFUSED),
)
