"""Everything the platform refuses, each with a code; the part before the dot is the HTTP status.

A code is never used again for something else.
"""

import re

from django.utils.translation import gettext_lazy as _

from ecoredline.errors import (
    EcoredlineError,
    InvalidGeometry,
    SourceError,
    UnknownCode,
    UnsuitableCRS,
)
from ecoredline.vector.gcj02 import ADVICE as GCJ_ADVICE


class Problem(EcoredlineError):
    """A refusal the person should read. `details` says what was got and what to do."""

    code = "500.0"
    message = _("出了差错")

    def __init__(self, *details: str):
        super().__init__(*details)
        self.details = [str(d) for d in details]

    def __str__(self):
        return " ".join([str(self.message), *self.details])

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.code.split(".")[0])


class NotLoggedIn(Problem):
    """A program without a token, or with one that has ended."""

    code, message = "401.1", _("未登录或令牌无效")


class NotAllowed(Problem):
    """The person's role does not include this."""

    code, message = "403.1", _("您的角色没有此项权限")


class ForgeryRefused(Problem):
    """The form did not come from our own page."""

    code, message = "403.2", _("页面已过期，请返回、刷新后重试")


class NotFound(Problem):
    """There is no such thing, or it lies outside the person's divisions: both look the same."""

    code, message = "404.1", _("没有找到，或不在您的行政区范围内")


class WrongMethod(Problem):
    """An address that only takes forms was opened like a page, or the other way round."""

    code, message = "405.1", _("此地址不能这样打开：请从页面上的按钮办理")


class JobFinished(Problem):
    """The job has ended and cannot be cancelled."""

    code, message = "409.1", _("任务已经结束")


class DemoAndReal(Problem):
    """Demo and real redlines cannot be mixed in one project."""

    code, message = "409.2", _("演示合成数据与真实数据不能放在同一个项目中")


class FileChanged(Problem):
    """A file of the run is no longer what was loaded."""

    code, message = "409.3", _("文件在载入之后被改动或移走，已停止提供")


class StepNotAllowed(Problem):
    """The subject's state does not allow this step."""

    code, message = "409.4", _("当前状态不能进行此操作")


class MovedMeanwhile(Problem):
    """Somebody else acted on it first; nothing of either is lost."""

    code, message = "409.5", _("他人已先行处理，请刷新后再办")


class Blocked(Problem):
    """Something must be done first; `details` lists what."""

    code, message = "409.6", _("尚有未完成事项，不能进行此操作")


class ClaimedByOther(Problem):
    """Somebody else is working on it now."""

    code, message = "409.7", _("他人正在处理此图斑")


class TooBig(Problem):
    """A request that is bigger than the platform reads."""

    code, message = "413.1", _("上传内容过大")


class BadInput(Problem):
    """Wraps an `InputError` that came in by the wire."""

    code, message = "422.1", _("输入有误")


class TamperedRun(Problem):
    """The files of a run folder do not match its own record."""

    code, message = "422.2", _("成果文件与运行记录不符，未载入")


class BadFilter(Problem):
    """A filter value that cannot be read."""

    code, message = "422.3", _("筛选条件有误")


class BadForm(Problem):
    """A form or an import with faults: `details` lists all of them."""

    code, message = "422.4", _("填报内容有误，未保存")


class LoginLocked(Problem):
    """Too many wrong passwords for this account from this address."""

    code, message = "429.1", _("登录失败次数过多，请稍后再试")


class TooOften(Problem):
    """More requests in a minute than one address may send to the public pages."""

    code, message = "429.2", _("访问过于频繁，请稍后再试")


class StorageFull(Problem):
    """The server could not keep a file; nothing of it was left."""

    code, message = "507.1", _("服务器存储空间不足或不可写，文件未保存，请联系管理员")


IN_WORDS = {
    UnsuitableCRS: _("坐标系无法确定或与坐标不符：请写明坐标系（如 EPSG:4543），或随文件附 .prj"),
    InvalidGeometry: _("图形无效，请修正后再上传"),
    UnknownCode: _("代码不在代码表中"),
    SourceError: _("文件读不出，请检查是否完整、格式是否正确"),
}


OPTION = re.compile(r"--(crs|buffer|encoding)((?: (?:EPSG:\d+|METRES))?)", re.ASCII)
FIELDS = {
    "crs": _("“坐标系”栏"), "buffer": _("“缓冲区（米）”栏"), "encoding": _("“文字编码”栏"),
}  # fmt: skip
SHIFTED = _("如属实，请提交单位换算为 CGCS2000 后重新提交；准入核查可勾选“坐标是 GCJ-02”")


def for_pages(said: str) -> str:
    """Words of the computing half with the fields of a page in place of a command's options.

    >>> "--crs" in for_pages("say which with --crs EPSG:4522")
    False
    """

    def field(found: re.Match) -> str:
        told = found[2].strip().replace("METRES", "")
        return f"{FIELDS[found[1]]}{told and ' '}{told}"

    return OPTION.sub(field, said.replace(GCJ_ADVICE, str(SHIFTED)))


def in_words(fault: EcoredlineError, path="", name: str = "") -> str:
    """What the computing half says of an upload, led by a sentence in the page's language.

    Its own words are technical and may be English; they stay behind, with the temporary `path`
    replaced by the upload's `name`.
    """
    said = for_pages(str(fault).replace(str(path), name) if path else str(fault))
    lead = next((IN_WORDS[k] for k in type(fault).__mro__ if k in IN_WORDS), "")
    if not lead or not said[:1].isascii():
        return said
    return f"{lead}（{said}）"
