"""What becomes of a patch: looked at, checked by a second person, raised as a clue, or dismissed."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.lifecycle import Lifecycle, Step

PATCH_LIFECYCLE = Lifecycle(
    "patch",
    {
        "screened": _("待审核"),
        "accepted": _("待质检"),
        "released": _("已质检"),
        "raised": _("已立为线索"),
        "dismissed": _("已排除"),
    },
    (
        Step("accept", _("审核通过"), ("screened",), "accepted"),
        Step("dismiss", _("排除"), ("screened", "accepted"), "dismissed"),
        Step("refine", _("修订范围"), ("screened", "accepted")),
        # the reviewer's own last word taken back, while their claim lasts
        Step("undo", _("撤销审核"), ("accepted", "dismissed"), "screened"),
        Step("return", _("退回重审"), ("accepted",), "screened"),
        Step("release", _("质检通过"), ("accepted",), "released"),
        Step("raise", _("立为线索"), ("released",), "raised"),
        Step("take_back", _("从线索撤回"), ("raised",), "released"),
        Step("restore", _("恢复待审"), ("dismissed",), "screened"),
    ),
    final=("raised", "dismissed"),
)
