"""What people fill in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ecoredline.codes import code_list
from ecoredline.web.admissions import statements
from ecoredline.web.admissions.models import Approval, LayerStatement
from ecoredline.web.admissions.queries import activity_choices
from ecoredline.web.admissions.rules import COLUMNS
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import day_field, text_field
from ecoredline.web.core.templatetags.ecoredline import language

LARGEST_BUFFER_M = 10_000
LISTED = {
    "zone": "admission_zones", "path": "admission_paths", "outcome": "admission_outcomes",
    "category": "permitted_categories", "level": "approving_levels", "confidence": "confidence_tags",
}  # fmt: skip
LABELS = {
    "code": _("规则编号"), "zh": _("规则（中文）"), "en": _("规则（英文）"), "province": _("适用区划代码"),
    "activity": _("人为活动"), "zone": _("管控区"), "path": _("准入途径"), "outcome": _("结论"),
    "category": _("有限人为活动类别"), "opinion": _("须取得的意见"), "level": _("批准层级"),
    "documents": _("应提交材料（分号隔开）"), "confidence": _("来源可信度"), "status": _("状态（示例则不采用）"),
    "valid_from": _("施行日期"), "valid_to": _("废止日期"), "source": _("依据"),
}  # fmt: skip


def options(name: str) -> list[tuple[str, str]]:
    """A code list for a select."""
    return [(code, f"{row[language()]}") for code, row in code_list(name).items()]


class ProjectForm(forms.Form):
    """A project, or a file of many."""

    name = forms.CharField(label=_("项目名称"), max_length=200, required=False)
    code = forms.CharField(label=_("项目编号"), max_length=100, required=False)
    activity = forms.ChoiceField(
        label=_("人为活动类型"), required=False, help_text=_("文件中有此列时以文件为准")
    )
    path = forms.ChoiceField(label=_("准入途径"))
    opinion = forms.CharField(
        label=_("已取得的认定意见文号"), max_length=200, required=False,
        help_text=_("没有则不填；无意见的有限人为活动不予准入"),
    )  # fmt: skip
    province = forms.CharField(
        label=_("行政区划代码"), max_length=6, required=False, help_text=_("不填则按位置确定")
    )
    buffer_m = forms.FloatField(
        label=_("缓冲距离（米）"), required=False, min_value=0, max_value=LARGEST_BUFFER_M,
        help_text=_("点、线项目必填；在横轴墨卡托投影中计算"),
    )  # fmt: skip
    as_of = day_field(_("判定日期"), required=False)
    vertices = forms.CharField(
        label=_("输入拐点"), required=False,
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "101.5375, 26.6087\nE101°32′15″  N26°36′31″"}),
        help_text=_("每行一个拐点：经度和纬度，十进制度、度分秒或平面坐标；空一行另起一环"),
    )  # fmt: skip
    upload = forms.FileField(
        label=_("上传文件"), required=False,
        help_text=_("SHP（zip）、GeoJSON、KML、GPKG、DXF、拐点表 CSV/XLSX、报部 TXT；一个文件可有上千个项目"),
    )  # fmt: skip
    crs = forms.CharField(
        label=_("文件缺少坐标系时"), max_length=20, required=False, help_text="EPSG:4543"
    )
    together = forms.BooleanField(label=_("整个文件作为一个项目"), required=False)
    gcj02 = forms.BooleanField(label=_("坐标是 GCJ-02（商业地图），请换算"), required=False)
    outline = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.fields["activity"].choices = activity_choices(language())
        self.fields["path"].choices = options("admission_paths")
        self.fields["as_of"].initial = clock.today()

    def clean_province(self) -> str:
        """Six digits or nothing."""
        code = self.cleaned_data["province"].strip()
        if code and not (code.isascii() and code.isdigit() and len(code) == 6):
            raise forms.ValidationError(_("应为 6 位行政区划代码"))
        return code


class ApprovalForm(forms.Form):
    """An approval, or its end."""

    kind = forms.ChoiceField(label=_("类型"), choices=Approval.Kind)
    document = forms.CharField(label=_("批准文号"), max_length=200)
    authority = forms.CharField(label=_("批准机关"), max_length=200)
    on = day_field(_("批准（撤销）日期"))
    valid_to = day_field(_("有效期至"), required=False)
    remark = text_field(_("说明"), required=False)


class StatementForm(forms.Form):
    """What is stated of a layer."""

    role = forms.ChoiceField(label=_("图层"))
    division_code = forms.CharField(label=_("行政区划代码"), max_length=6)
    kind = forms.ChoiceField(label=_("声明"), choices=LayerStatement.Kind)
    day = day_field(_("核实日期"))
    reason = text_field(_("理由"))

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        listed = code_list("admission_layers")
        self.fields["role"].choices = [(r, listed[r][language()]) for r in statements.roles()]


class RuleForm(forms.Form):
    """One rule; whether it fits with the others is asked of the whole table."""

    said = forms.CharField(label=_("修改说明"), max_length=500)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        for name in COLUMNS:
            self.fields[name] = self.field_of(name)
        self.order_fields([*COLUMNS, "said", "seen"])

    def field_of(self, name: str) -> forms.Field:
        """A field that lets everything through: the table says what is wrong, all at once."""
        if name in LISTED:
            star = [("*", "*")] if name == "path" else []
            return forms.ChoiceField(
                label=LABELS[name],
                required=False,
                choices=[("", "—"), *star, *options(LISTED[name])],
            )
        if name == "activity":
            choices = activity_choices(language())
            return forms.ChoiceField(
                label=LABELS[name], required=False, choices=[choices[0], ("*", "*"), *choices[1:]]
            )
        widget = forms.Textarea(attrs={"rows": 2}) if name in ("documents", "source") else None
        return forms.CharField(label=LABELS[name], required=False, max_length=500, widget=widget)


class TableForm(forms.Form):
    """A whole table."""

    upload = forms.FileField(label=_("规则表 CSV"))
    said = forms.CharField(label=_("修改说明"), max_length=500)
    seen = forms.IntegerField(widget=forms.HiddenInput)
