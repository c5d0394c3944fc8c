"""The words and tables of 环办生态函〔2020〕703号, annexes 1 to 5, declared once.

The words of the two letters (annexes 3 and 5) are in `templates/letters/`, as data.

Spaces that the text copy puts between Chinese characters and blanks ("XX 省", "附件 2")
are typesetting, and its half-width punctuation in annex 3 stands for full-width
(GB/T 9704-2012); the words are the official ones.
"""

from dataclasses import dataclass

SOURCE = "环办生态函〔2020〕703号"
PROVINCE_BLANK = "XX省（区、市）"

ANNEX_COLUMNS = (  # annexes 1 and 2 share one table
    "图斑编号",
    "省级行政区",
    "市级行政区",
    "县级行政区",
    "中心经度",
    "中心纬度",
    "位置描述",
    "面积(公顷)",
    "遥感解译人类活动类型",
    "疑似生态破坏问题",
    "备注",
)

ANNEX_LABEL_LINES = (  # the same labels, broken where the official table breaks them
    "图斑\n编号",
    "省级\n行政区",
    "市级\n行政区",
    "县级\n行政区",
    "中心经度",
    "中心纬度",
    "位置描述",
    "面积\n(公顷)",
    "遥感解译\n人类活动类型",
    "疑似生态\n破坏问题",
    "备注",
)

ANNEX_NOTES = (
    "注：1. 人类活动类型主要分为：(1) 矿产资源开发（含采石、采砂）；(2) 工厂、工业园区等工业开发建设；"
    "(3) 水电、风电等能源开发建设；(4) 度假村、高尔夫球场等旅游开发建设；"
    "(5) 道路、码头、港口等交通开发建设；"
    "(6) 其他可能造成较大生态破坏的人类活动，如别墅及大规模毁林、毁草、毁湿、人造湖、围填海、"
    "破坏自然岸线等开发建设活动。",
    "2. 疑似生态破坏问题主要分为：占用生态空间、破坏地表植被、影响生态功能、其他。",
    "3. 涉及中央领导同志批示、信访举报、舆情反映等的疑似生态破坏问题，应将线索来源在备注中说明。",
)


@dataclass(frozen=True)
class Annex:
    """One of the two lists: its label, the words of its title after the province, its channels."""

    label: str
    subject: str
    stem: str
    channels: tuple[str, ...]
    nothing: str

    def title(self, province: str) -> str:
        """The printed title; an unknown province stays the template's blank.

        >>> ANNEX_1.title("四川省")
        '四川省生态保护红线疑似生态破坏问题'
        """
        return (province or PROVINCE_BLANK) + self.subject


ANNEX_1 = Annex(
    "附件1",
    "生态保护红线疑似生态破坏问题",
    "annex-1",
    ("suspected",),
    "本期未发现疑似生态破坏问题",
)
ANNEX_2 = Annex(
    "附件2",
    "生态保护红线人类活动清单",
    "annex-2",
    ("suspected", "protected"),
    "本期未发现人类活动图斑",
)

ANNEX_4 = Annex(
    "附件4",
    "生态保护红线生态破坏问题清单",
    "annex-4",
    (),
    "本期无生态保护红线生态破坏问题",
)

PROBLEM_COLUMNS = (  # annex 4
    "问题编号",
    "省级行政区",
    "市级行政区",
    "县级行政区",
    "乡镇/街道",
    "经度",
    "纬度",
    "图斑编号",
    "照片索引号",
    "问题类型",
    "问题描述",
    "整改查处情况",
    "备注",
)
PROBLEM_LABEL_LINES = (
    "问题\n编号",
    "省级\n行政区",
    "市级\n行政区",
    "县级\n行政区",
    "乡镇/\n街道",
    "经度",
    "纬度",
    "图斑编号",
    "照片\n索引号",
    "问题类型",
    "问题描述",
    "整改查处情况",
    "备注",
)
PROBLEM_GROUPS = ((1, 5, "所在行政区名称"), (5, 7, "经纬度"))  # the merged heads of annex 4
PROBLEM_NOTES = (
    "注：1. 问题类型主要分为：占用生态空间、破坏地表植被、影响生态功能、其他。",
    "2. 问题描述应简要说明该问题破坏的面积、程度、破坏方式等。",
    "3. 整改查处情况应简要说明查处整改的内容、方式、进展及结果等情况。",
)

LETTER_SENDER = "生态环境部办公厅"
LETTER_MARK = "中华人民共和国生态环境部办公厅"  # head of 环办生态函〔2020〕703号 itself

DRAFT_MARK = "未用印草稿"
UNDETERMINED_ACTIVITY = "人类活动类型待判定"
UNDETERMINED_PROBLEM = "疑似问题类型待判定"
