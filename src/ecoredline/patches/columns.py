"""The patch table's columns, declared once.

Everything that shows a patch reads this list: the GeoPackage, the annexes, the
evidence sheet, the report, the platform's model and its forms, the reference page.
"""

from dataclasses import dataclass

AREA_DECIMALS = 4  # hectares; the same number on map, ledger, letter and statistics
LONLAT_DECIMALS = 6  # about 0.1 m


@dataclass(frozen=True)
class Column:
    """One column: its name, Chinese and English label, kind, unit and the clause behind it.

    `kind` is text, integer, number, date, boolean or json (a list kept as JSON text).
    """

    name: str
    zh: str
    en: str
    kind: str = "text"
    unit: str = ""
    source: str = ""


ANNEX_1 = "环办生态函〔2020〕703号 附件1"

PATCH_COLUMNS = (
    Column("patch_id", "图斑编号", "Patch number", source=ANNEX_1),
    Column("channel", "去向", "Channel"),
    Column("province", "省级行政区", "Province", source=ANNEX_1),
    Column("city", "市级行政区", "City", source=ANNEX_1),
    Column("county", "县级行政区", "County", source=ANNEX_1),
    Column("township", "乡镇/街道", "Township"),
    Column("division_code", "行政区划代码", "Division code", source="GB/T 2260"),
    Column("division_note", "行政区说明", "Division note"),
    Column("lon", "中心经度", "Longitude", "number", "°", ANNEX_1),
    Column("lat", "中心纬度", "Latitude", "number", "°", ANNEX_1),
    Column("position", "位置描述", "Position", source=ANNEX_1),
    Column("area_ha", "图斑面积", "Patch area", "number", "ha"),
    Column("redline_area_ha", "涉及红线面积", "Area inside the redline", "number", "ha", ANNEX_1),
    Column(
        "protected_area_ha", "涉及自然保护地面积", "Area inside protected areas", "number", "ha"
    ),
    Column("activity_type", "遥感解译人类活动类型", "Activity type", source=ANNEX_1),
    Column("activity_confidence", "活动类型置信度", "Confidence of the type", "number"),
    Column("problem_type", "疑似生态破坏问题", "Suspected problem", source=ANNEX_1),
    Column("problem_confidence", "问题类型置信度", "Confidence of the problem", "number"),
    Column("reasons", "判定依据", "Reasons", "json"),
    Column("score", "变化强度", "Change score", "number"),
    Column("confidence", "置信度", "Confidence", "number"),
    Column("redline_ids", "红线斑块编码", "Redline polygons", "json"),
    Column("redline_names", "红线斑块名称", "Redline names", "json"),
    Column("control_zone", "管控区", "Control zone"),
    Column("redline_version", "红线版本", "Redline version"),
    Column("protected_names", "自然保护地", "Protected areas", "json"),
    Column("before_image", "前时相影像", "Before image"),
    Column("after_image", "后时相影像", "After image"),
    Column("before_on", "前时相日期", "Before date", "date"),
    Column("after_on", "后时相日期", "After date", "date"),
    Column("ndvi_before", "前时相 NDVI", "NDVI before", "number"),
    Column("ndvi_after", "后时相 NDVI", "NDVI after", "number"),
    Column("found_by", "发现来源", "Found by"),
    Column("sensor", "传感器", "Sensor"),
    Column("also_seen_by", "其他来源", "Also seen by", "json"),
    Column("remark", "备注", "Remark", source=ANNEX_1),
    Column("is_demo", "演示合成数据", "Demo data", "boolean"),
)

DROPPED_COLUMNS = (
    Column("patch_id", "图斑编号", "Patch number"),
    Column("reason", "剔除原因", "Reason it was dropped"),
    Column("reason_detail", "剔除说明", "Why, with figures"),
    Column("area_ha", "图斑面积", "Patch area", "number", "ha"),
    Column("redline_area_ha", "涉及红线面积", "Area inside the redline", "number", "ha"),
    Column("division_code", "行政区划代码", "Division code"),
    Column("county", "县级行政区", "County"),
    Column("lon", "中心经度", "Longitude", "number", "°"),
    Column("lat", "中心纬度", "Latitude", "number", "°"),
    Column("score", "变化强度", "Change score", "number"),
    Column("is_demo", "演示合成数据", "Demo data", "boolean"),
)

UNSEEN_COLUMNS = (
    Column("reason", "不可见原因", "Why it could not be seen"),
    Column("date", "时相", "Which image"),
    Column("area_ha", "面积", "Area", "number", "ha"),
    Column("is_demo", "演示合成数据", "Demo data", "boolean"),
)

LAYERS = {"patches": PATCH_COLUMNS, "dropped": DROPPED_COLUMNS, "unseen": UNSEEN_COLUMNS}
