"""The page on which a satellite centre or any other detector hands in its patches."""

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ecoredline.web.core.form_page import day_field, form_page, text_field
from ecoredline.web.core.permissions import require
from ecoredline.web.core.problems import BadForm
from ecoredline.web.patches.importing import LAYER_ROLES, hand_in
from ecoredline.web.patches.job_views import LABELS
from ecoredline.web.patches.jobs import ROLES, files_for


class ImportForm(forms.Form):
    """A layer, whose it is, and what its columns do not say."""

    upload = forms.FileField(
        label=_("图斑图层"),
        help_text=_("GeoPackage、GeoJSON，或 Shapefile 打成 zip；一个文件一个图层"),
    )
    source = forms.CharField(
        label=_("来源"),
        max_length=100,
        help_text=_("单位或算法名，如 省卫星遥感应用中心；同一来源始终写法一致"),
    )
    sensor = forms.CharField(
        label=_("传感器"),
        max_length=100,
        required=False,
        help_text=_("图层有此字段时以图层为准；雷达来源不计入光学置信度"),
    )
    before_on = day_field(_("前时相日期"), required=False)
    after_on = day_field(_("后时相日期"), required=False, help_text=_("图层中没有该字段时必填"))
    confidence_max = forms.ChoiceField(
        label=_("置信度满分"), choices=[("1", "1"), ("100", "100")], initial="1"
    )
    fields_told = text_field(
        _("字段对应"),
        required=False,
        help_text=_("每行一个：我方字段=图层字段，如 confidence=PROB；常用名称自动识别"),
    )
    types_told = text_field(
        _("类别对应"),
        required=False,
        help_text=_("每行一个：来源类别=活动类型代码，如 采石场=1；等号后留空为未判定"),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for role in LAYER_ROLES:
            choices = [("", "—"), *((name, name) for name in files_for(role))]
            self.fields[role] = forms.ChoiceField(
                label=LABELS[role], choices=choices, required=ROLES[role][1]
            )


def lines(label: str, text: str) -> dict[str, str]:
    """`a=b` lines as a dict; raises `BadForm` with every line that is none."""
    rows = [(k, row.strip()) for k, row in enumerate(text.splitlines(), 1) if row.strip()]
    wrong = [
        __("%(label)s 第 %(row)s 行“%(got)s”：应为 名称=值")
        % {"label": label, "row": k, "got": row}
        for k, row in rows
        if "=" not in row
    ]
    if wrong:
        raise BadForm(*wrong)
    return {k.strip(): v.strip() for k, v in (row.split("=", 1) for _, row in rows)}


@never_cache
@require_http_methods(["GET", "POST"])
def run_import(request):
    """Hand in a patch layer; every fault of every row is shown, and then nothing was kept."""
    require(request.user, "run.start")

    def work(upload, fields_told, types_told, confidence_max, before_on, after_on, **rest):
        hand_in(
            upload, by=request.user, files={role: rest.pop(role) for role in LAYER_ROLES},
            before_on=before_on.isoformat() if before_on else "",
            after_on=after_on.isoformat() if after_on else "",
            confidence_max=float(confidence_max), fields=lines(__("字段对应"), fields_told),
            types=lines(__("类别对应"), types_told), **rest,
        )  # fmt: skip

    return form_page(
        request, ImportForm(request.POST or None, request.FILES or None), work,
        title=_("导入外部图斑"), back=reverse("run_list"), done=_("已提交，正在导入"), verb=_("导入"),
        intro=__("任何来源的图斑图层：逐行检查后生成批次；与其他来源同一处的图斑并入，作为旁证。红线等图层来自服务器文件夹 %(folder)s。")
        % {"folder": settings.IMAGERY_FOLDER},
    )  # fmt: skip
