"""What is handed in, and what it is checked against."""

from django import forms
from django.utils.translation import gettext_lazy as _

ROLES = [
    ("", "—"), ("redline", _("生态保护红线")), ("protected", _("自然保护地")), ("divisions", _("行政区划")),
    ("places", _("地名")),
]  # fmt: skip


def beside(label, help_text="") -> forms.FileField:
    """A further file that may be left out."""
    return forms.FileField(label=label, required=False, help_text=help_text)


class DeliveryForm(forms.Form):
    """A file and what it is; the further files make further checks possible."""

    upload = forms.FileField(
        label=_("数据文件"), help_text=_("单个文件，或整个交付打成 zip（矢量、栅格、照片）")
    )
    role = forms.ChoiceField(
        label=_("图层种类"), choices=ROLES, required=False, help_text=_("不选则由名称判断")
    )
    year = forms.IntegerField(
        label=_("数据年份"), required=False, help_text=_("按当年有效的行政区划代码检查")
    )
    crs = forms.CharField(
        label=_("文件缺少坐标系时"), max_length=20, required=False, help_text="EPSG:4490"
    )
    max_pixel_m = forms.FloatField(label=_("像元上限（米）"), required=False)
    coverage = forms.BooleanField(label=_("图层应无缝覆盖"), required=False)
    against_redline = forms.BooleanField(
        label=_("与现行红线比较（跨期）"), required=False, help_text=_("只比较本单位可见的斑块")
    )
    previous = beside(_("上期数据"), _("查消失和缩小的要素"))
    reference = beside(_("可信的参照图层"), _("查 GCJ-02 偏移和范围"))
    codes = beside(_("行政区划代码表"), _("CSV：代码、名称、变更/弃用时间、新代码"))
    statistical = beside(_("统计用区划代码表"), _("用于认出不是行政区划的开发区代码"))
    townships = beside(_("乡级代码表一"), _("两份互相核对"))
    townships_too = beside(_("乡级代码表二"))
