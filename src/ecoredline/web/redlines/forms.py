"""Forms of deliveries, approvals, floors and markers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ecoredline.codes import code_list
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import day_field, text_field
from ecoredline.web.core.templatetags.ecoredline import language


def covers_field() -> forms.CharField:
    """The divisions a file speaks for."""
    return forms.CharField(
        label=_("覆盖的行政区划代码"), max_length=200, required=False,
        help_text=_("逗号分隔，如 510421,510422；不填为本单位辖区。准入核查只在覆盖的区划内采用"),
    )  # fmt: skip


class DeliverForm(forms.Form):
    """A file of the redline."""

    upload = forms.FileField(label=_("红线文件"), help_text=_("GPKG、打包的 SHP（ZIP）或 GeoJSON"))
    name = forms.CharField(label=_("名称"), max_length=200)
    valid_from = day_field(_("生效日期"))
    covers = covers_field()
    provider = forms.CharField(label=_("提供单位"), max_length=200, required=False)
    crs = forms.CharField(
        label=_("坐标系（文件没有写明时）"), max_length=20, required=False, help_text="EPSG:4543"
    )
    note_said = text_field(_("变更说明"), required=False)


class ProtectedForm(forms.Form):
    """A file of protected areas."""

    upload = forms.FileField(
        label=_("自然保护地文件"), help_text=_("GPKG、打包的 SHP（ZIP）或 GeoJSON")
    )
    name = forms.CharField(label=_("名称"), max_length=200)
    valid_from = day_field(_("生效日期"))
    covers = covers_field()
    crs = forms.CharField(
        label=_("坐标系（文件没有写明时）"), max_length=20, required=False, help_text="EPSG:4543"
    )


def hectares_field(label) -> forms.DecimalField:
    """Hectares as a document states them."""
    return forms.DecimalField(
        label=label, min_value=0, max_digits=12, decimal_places=4,
        help_text=_("按批准文件所载填写，没有的填 0"),
    )  # fmt: skip


class ApprovalForm(forms.Form):
    """The approval of an adjustment."""

    number = forms.CharField(label=_("批准文号"), max_length=100)
    issuer = forms.CharField(label=_("批准机关"), max_length=200)
    dated = day_field(_("批准日期"))
    area_ha = hectares_field(_("批准调出的面积，最多（公顷）"))
    nature_ha = hectares_field(_("批准降低管控区的面积，最多（公顷）"))
    function_ha = hectares_field(_("批准改变主导功能或敏感性的面积，最多（公顷）"))
    upload = forms.FileField(label=_("批准文件"), help_text=_("PDF、OFD、DOCX 或扫描图片"))


class ReasonForm(forms.Form):
    """Why a delivery goes back."""

    reason = text_field(_("退回原因"))


class FloorForm(forms.Form):
    """A floor for a division."""

    division_code = forms.CharField(label=_("行政区划代码"), max_length=6)
    area_km2 = forms.DecimalField(label=_("下限（平方公里）"), max_digits=12, decimal_places=4)
    valid_from = day_field(_("生效日期"))
    document = forms.CharField(label=_("依据文件"), max_length=200)


class RecomputeForm(forms.Form):
    """What to compute again, and as of which day."""

    day = day_field(_("按此日有效的红线"))
    run = forms.ModelChoiceField(label=_("批次"), queryset=None, required=False, empty_label="—")
    clue = forms.CharField(label=_("或线索编号"), max_length=40, required=False)

    def __init__(self, runs, *args, **options):
        super().__init__(*args, **options)
        self.fields["run"].queryset = runs


class MarkersForm(forms.Form):
    """A table of markers."""

    upload = forms.FileField(
        label=_("界桩与标识牌表"),
        help_text=_(
            "CSV 或 XLSX；列：编号、类型（界桩、标识牌）、经度、纬度、红线斑块编码、牌面文字、设立日期、状态"
        ),
    )


def states() -> list[tuple[str, str]]:
    """States of a marker in the page's language."""
    return [(code, row[language()]) for code, row in code_list("marker_states").items()]


class PatrolForm(forms.Form):
    """A look at a marker."""

    state = forms.ChoiceField(label=_("状态"), choices=states)
    on = day_field(_("日期"), initial=clock.today)
    photo = forms.FileField(
        label=_("照片"), required=False,
        widget=forms.FileInput(attrs={"accept": "image/*", "capture": "environment"}),
    )  # fmt: skip
    said = text_field(_("说明"), required=False)
