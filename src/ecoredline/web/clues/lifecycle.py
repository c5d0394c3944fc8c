"""What becomes of a clue, from the first notice to its confirmation or clearing."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.lifecycle import Lifecycle, Step

CLUE_LIFECYCLE = Lifecycle(
    "clue",
    {
        "raised": _("待会商"),
        "listed": _("已列入清单"),
        "dispatched": _("待核实"),
        "submitted": _("待审核"),
        "confirmed": _("已认定"),
        "cleared": _("已排除"),
        "merged": _("已合并"),
        "withdrawn": _("已撤回"),
    },
    (
        Step("add_patch", _("增加图斑"), ("raised", "listed")),
        Step("amend", _("更正信息"), ("raised", "listed")),
        Step("consult", _("会商"), ("raised", "listed")),
        Step("list", _("列入清单"), ("raised",), "listed"),
        Step("unlist", _("移出清单"), ("listed",), "raised"),
        Step("withdraw", _("撤回"), ("raised", "listed"), "withdrawn"),
        Step("merge", _("合并"), ("raised", "listed", "dispatched"), "merged"),
        Step("absorb", _("接收并入的线索"), ("raised", "listed", "dispatched")),
        Step("give_back", _("退还并入的线索"), ("raised", "listed", "dispatched")),
        # unmerge leads back to where the clue stood: one step for each, the action chooses
        Step("unmerge_raised", _("撤销合并"), ("merged",), "raised"),
        Step("unmerge_listed", _("撤销合并"), ("merged",), "listed"),
        Step("unmerge_dispatched", _("撤销合并"), ("merged",), "dispatched"),
        Step("dispatch", _("下发"), ("listed",), "dispatched"),
        Step("receive", _("签收"), ("dispatched",)),
        Step("pass_down", _("转办"), ("dispatched",)),
        Step("decline", _("退回（不属本辖区）"), ("dispatched",)),
        Step("reassign", _("改派"), ("dispatched",)),
        Step("extend", _("延期"), ("dispatched",)),
        Step("remind", _("催办"), ("dispatched", "submitted")),
        Step(
            "measure", _("督办措施"), ("listed", "dispatched", "submitted", "confirmed", "cleared")
        ),
        Step("submit", _("上报核实结果"), ("dispatched",), "submitted"),
        Step("endorse", _("审核同意并上报"), ("submitted",)),
        Step("send_back", _("退回补正"), ("submitted",), "dispatched"),
        Step("spot_check", _("抽查"), ("submitted", "confirmed", "cleared")),
        Step("confirm", _("认定"), ("submitted",), "confirmed"),
        Step("adopt", _("按来文清单立案"), ("raised",), "confirmed"),
        Step("clear", _("排除"), ("submitted",), "cleared"),
        Step("reopen", _("重新核实"), ("cleared",), "dispatched"),
    ),
    final=("confirmed", "cleared", "merged", "withdrawn"),
)
