"""A small city's year, made up, for the tests of the annual report."""

import io

from PIL import Image

from ecoredline.documents.annual_data import (
    AnnualReport,
    CountyFigures,
    Handover,
    Indicator,
    MonthFigures,
    NamedCount,
    StageFigure,
    TypeFigure,
    TypicalCase,
)


def picture(colour: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(stream, "PNG")
    return stream.getvalue()


def year(**changes) -> AnnualReport:
    values = {
        "year": 2026, "region": "攀枝花市", "author": "攀枝花市生态环境局", "dated": "2026-12-20",
        "stages": (
            StageFigure("detected", "图斑", 40, 90), StageFigure("suspected", "疑似问题", 20, 50.5),
            StageFigure("dispatched", "移交", 20, 50.5), StageFigure("confirmed", "确认问题", 10, 24.6913),
            StageFigure("rectified", "完成整改", 7, 15), StageFigure("closed", "销号", 6, 12),
            StageFigure("reopened", "重新立案", 1, 0.5),
        ),
        "counties": (
            CountyFigures("盐边县", 12, 6, 4, 4, 1, 1, 12.3457, 600.0),
            CountyFigures("米易县", 8, 4, 3, 2, 0, 1, 12.3456, 500.0),
        ),
        "activity_types": (TypeFigure("矿产资源开发", 7, 20), TypeFigure("交通开发建设", 3, 4.6913)),
        "problem_types": (TypeFigure("占用生态空间", 8, 20), TypeFigure("破坏地表植被", 6, 10)),
        "months": tuple(
            MonthFigures(f"2026-{m:02d}", s, c, k)
            for m, (s, c, k) in enumerate(((0, 0, 0), (2, 0, 0), (6, 2, 0), (4, 3, 1), (3, 2, 1), (2, 1, 2),
                                           (1, 1, 1), (1, 1, 1), (1, 0, 0)), start=1)
        ),
        "sources": (NamedCount("遥感监控", 17), NamedCount("信访举报", 3, "含12345热线2件")),
        "handovers": (Handover("自然资源和规划局", 2, 6, 15, 1), Handover("林业局", 1, 4, 9.6913, 1)),
        "measures": (NamedCount("函告", 2), NamedCount("约谈", 1, "1个县")),
        "referrals": (NamedCount("生态环境损害赔偿线索", 1),),
        "indicators": (Indicator("生态保护红线面积", "2104.33", "平方千米", "批复文件"),),
        "cases": (
            TypicalCase("盐边县某采石场越界开采案", ("采石场越界占用红线1.2公顷，已停产并复绿。",),
                        ((picture("sienna"), "整改前"), (picture("darkgreen"), "整改后"))),
        ),
        "statements": ("影像为2026年3月至10月国产2米级卫星影像。",),
        "redline_km2": 1200.0, "observed_km2": 1100.0, "overdue": 2, "is_demo": True,
    }  # fmt: skip
    return AnnualReport(**(values | changes))
