"""The words and tables of 环办生态函〔2020〕703号, annexes 1 to 3, declared once.

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

LETTER_TITLE = "关于建议核实生态保护红线疑似生态破坏问题的函"
LETTER_TITLE_LINES = ("关于建议核实生态保护红线", "疑似生态破坏问题的函")
LETTER_FOUND = (
    "经{our}生态保护红线监管平台监测，发现{your}存在生态保护红线疑似生态破坏问题{count}个，"
    "涉及生态保护红线面积{area}公顷（清单附后）。"
)
LETTER_ASK = (
    "建议{your}组织有关部门和地方，对疑似生态破坏问题进行核实，防范可能造成破坏生态环境的影响。"
    "相关情况望于{reply_by}前反馈{our}。"
)
LETTER_ANNEX = "附件：疑似生态破坏问题清单"
LETTER_CONTACT = "联系人：{contact}"
LETTER_ADDRESSEE = "{province}人民政府办公厅"
LETTER_SENDER = "生态环境部办公厅"
LETTER_MARK = "中华人民共和国生态环境部办公厅"  # head of 环办生态函〔2020〕703号 itself
BLANK_YOUR = "你省（区、市）"
BLANK_REPLY_BY = "XX年XX月XX日"
BLANK_DATED = "XXXX年XX月XX日"
BLANK_CONTACT = "XXXXXXXX"
BLANK_NUMBER = "XX〔XXXX〕XX号"

DRAFT_MARK = "未用印草稿"
UNDETERMINED_ACTIVITY = "人类活动类型待判定"
UNDETERMINED_PROBLEM = "疑似问题类型待判定"
