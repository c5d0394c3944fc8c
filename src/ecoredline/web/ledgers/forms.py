"""Forms made from the declarations, and the small ones beside them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ecoredline.codes import code_list
from ecoredline.ledger import Book, Column, books
from ecoredline.ledger.declare import INSIDE, VERSION
from ecoredline.web.accounts.scoping import scope
from ecoredline.web.core import clock
from ecoredline.web.core.form_page import day_field, text_field
from ecoredline.web.core.templatetags.ecoredline import language
from ecoredline.web.regions.models import Division

OWN_LABELS = {
    "row_key": _("行标识"), "county_code": _("县级区划代码"), "valid_from": _("生效日期"),
    "valid_to": _("失效日期"), "source_doc": _("来源文件"),
}  # fmt: skip
DECIMAL = {"number", "ha", "lon", "lat", "int", "year"}


def counties(person) -> list[tuple[str, str]]:
    """The counties of the person's divisions: (code, name)."""
    seen = scope(person)
    found = Division.objects.filter(level="county", code__startswith=seen.prefix if seen else "-")
    held = [(d.code, d.name) for d in found.order_by("code")]
    if person.unit and len(person.unit.division_code) == 6 and not held:
        held = [(person.unit.division_code, person.unit.name)]
    return held


def field_of(column: Column) -> forms.Field:
    """The form field of a column; what is typed is read by the ledger itself, with every fault."""
    facts = {"label": column.label(language()), "required": False}
    if column.kind == "code":
        rows = code_list(column.codes)
        choices = [("", "—"), *((code, row[language()]) for code, row in rows.items())]
        return forms.ChoiceField(choices=choices, **facts)
    if column.kind == "bool":
        return forms.ChoiceField(choices=[("", "—"), ("是", _("是")), ("否", _("否"))], **facts)
    if column.kind == "date":
        return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), **facts)
    if column.kind == "long":
        return text_field(facts["label"], required=False)
    attrs = {"inputmode": "decimal"} if column.kind in DECIMAL else {}
    return forms.CharField(widget=forms.TextInput(attrs=attrs), **facts)


def systems() -> list[tuple[str, str]]:
    """Other systems, in the page's language."""
    return [(code, row[language()]) for code, row in code_list("ledger_systems").items()]


def own_or_systems() -> list[tuple[str, str]]:
    """Our own names of fields, or those of another system."""
    return [("", _("本平台的名称")), *systems()]


class RowForm(forms.Form):
    """A row of an own book."""

    def __init__(self, book: Book, person, *args, has_shape: bool = False, **options):
        super().__init__(*args, **options)
        self.book = book
        for column in book.columns:
            if column.path == VERSION:
                continue
            self.fields[column.name] = field_of(column)
            if column.path == INSIDE:
                self.fields[column.name].help_text = _("留空：由图形按生效日期的红线版本计算")
            if column.needed:
                self.fields[column.name].widget.attrs["aria-required"] = "true"
                self.fields[column.name].label = f"{column.label(language())} *"
        self.fields["told_county"] = forms.ChoiceField(
            label=_("县级区划"), choices=counties(person)
        )
        self.fields["told_from"] = day_field(_("生效日期"), initial=clock.today)
        self.fields["told_source"] = forms.CharField(
            label=_("来源文件"), max_length=300, required=False
        )
        if book.shapes:
            self.fields |= shape_fields(has_shape)

    def split(self, fields: dict) -> tuple[dict, dict, dict]:
        """The values by column, what is told of the row, and what is told of its shape."""
        cells = {c.name: fields.get(c.name) for c in self.book.columns}
        told = {"county": fields["told_county"], "valid_from": fields["told_from"],
                "source_doc": fields["told_source"]}  # fmt: skip
        shape = {n: fields[n] for n in ("outline", "upload", "crs", "drop") if n in fields}
        return cells, told, shape


def shape_fields(has_shape: bool) -> dict[str, forms.Field]:
    """The fields of a row's shape; the map writes into the first."""
    found = {
        "outline": forms.CharField(widget=forms.HiddenInput, required=False),
        "upload": forms.FileField(
            label=_("或上传图形文件"), required=False,
            help_text=_("GeoJSON、KML、GPKG 或打包的 SHP（ZIP）；文件中的全部图形作为这一行的图形"),
        ),
        "crs": forms.CharField(
            label=_("坐标系（文件没有写明时）"), max_length=20, required=False, help_text="EPSG:4543"
        ),
    }  # fmt: skip
    if has_shape:
        found["drop"] = forms.BooleanField(label=_("删除现有图形"), required=False)
    return found


class EndForm(forms.Form):
    """A row holds no longer."""

    day = day_field(_("失效日期"), initial=clock.today)
    reason = text_field(_("原因"))


class ImportForm(forms.Form):
    """A workbook, or layers."""

    upload = forms.FileField(
        label=_("台账工作簿或空间图层"),
        help_text=_(
            "本平台导出的 XLSX 或 GeoPackage；单本空间台账也可用打包的 SHP（ZIP）或 GeoJSON。"
            "新增的行留空行标识，任何一处有误则全部不写入"
        ),
    )
    system = forms.ChoiceField(label=_("字段名称"), required=False, choices=own_or_systems)
    crs = forms.CharField(
        label=_("坐标系（文件没有写明时）"), max_length=20, required=False, help_text="EPSG:4543"
    )


class BaselineForm(forms.Form):
    """The day of the baseline."""

    day = day_field(_("本底日期"))
    document = forms.CharField(label=_("依据"), max_length=200, required=False)


def all_columns() -> list[tuple[str, list]]:
    """Every column of every book, grouped."""
    own = list(OWN_LABELS.items())
    return [
        (b.label(language()), [
            (f"{b.name}.{n}", label)
            for n, label in [*own, *((c.name, c.label(language())) for c in b.columns)]
        ])
        for b in books().values()
    ]  # fmt: skip


class MappingForm(forms.Form):
    """A column's field in another system."""

    system = forms.ChoiceField(label=_("系统"), choices=systems)
    column = forms.ChoiceField(label=_("台账列"), choices=all_columns)
    field = forms.CharField(
        label=_("对方字段"), max_length=60, required=False, help_text=_("留空表示不再对照")
    )
    source = forms.CharField(label=_("依据"), max_length=200, required=False)
