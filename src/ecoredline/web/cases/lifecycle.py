"""What becomes of a case, from its opening to closing 销号, and back when it was not real."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.lifecycle import Lifecycle, Step

OPEN = ("opened", "handed_over", "rectifying", "rechecking")

CASE_LIFECYCLE = Lifecycle(
    "case",
    {
        "opened": _("已立案"),
        "handed_over": _("已移交查处"),
        "rectifying": _("整改中"),
        "rechecking": _("待复核"),
        "closed": _("已销号"),
    },
    (
        Step("add_clue", _("并入线索"), ("opened", "handed_over", "rectifying")),
        Step("describe", _("更新问题描述"), OPEN),
        Step("hand_over", _("移交责任单位"), ("opened",), "handed_over"),
        Step("hand_to_department", _("移交部门"), OPEN),
        Step("push", _("推送执法督察"), OPEN),
        Step("reply", _("登记反馈结果"), (*OPEN, "closed")),
        Step("investigate", _("登记查处"), ("handed_over", "rectifying", "rechecking")),
        Step("plan", _("制定整改方案"), ("handed_over",), "rectifying"),
        Step("revise_plan", _("修订整改方案"), ("rectifying",)),
        Step("progress", _("整改进展"), ("rectifying",)),
        Step("finish_item", _("整改措施完成"), ("rectifying",)),
        Step("cancel_item", _("取消整改措施"), ("rectifying", "rechecking")),
        Step("extend", _("延期"), ("handed_over", "rectifying")),
        Step("request_closing", _("申请销号"), ("rectifying",), "rechecking"),
        Step("recheck", _("现场复核"), ("rechecking",)),
        Step("send_back", _("复核不通过，退回整改"), ("rechecking",), "rectifying"),
        Step("close", _("销号"), ("rechecking",), "closed"),
        Step("strike_off", _("不予整改销号"), ("opened", "handed_over", "rectifying"), "closed"),
        Step("watch", _("卫星复查"), ("closed",)),
        Step("keep", _("维持销号"), ("closed",)),
        Step("reopen", _("重新立案"), ("closed",), "rectifying"),
        Step("measure", _("督办措施"), (*OPEN, "closed")),
        Step("refer", _("移送"), (*OPEN, "closed")),
        Step("report_up", _("上报"), (*OPEN, "closed")),
        Step("remind", _("催办"), ("handed_over", "rectifying", "rechecking")),
    ),
    final=("closed",),
)
