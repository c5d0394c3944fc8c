"""The path of a public edition."""

from django.utils.translation import gettext_lazy as _

from ecoredline.web.core.lifecycle import Lifecycle, Step

DRAFT, PUBLISHED, WITHDRAWN = "draft", "published", "withdrawn"

EDITION_LIFECYCLE = Lifecycle(
    name="publication",
    states={DRAFT: _("待公开"), PUBLISHED: _("已公开"), WITHDRAWN: _("已撤下")},
    steps=(
        Step("prepare", _("编制公开版本"), ()),
        Step("publish", _("公开"), (DRAFT,), PUBLISHED),
        Step("withdraw", _("撤下"), (DRAFT, PUBLISHED), WITHDRAWN),
        Step("replace", _("被新版本替代"), (PUBLISHED,), WITHDRAWN),
    ),
    final=(WITHDRAWN,),
)
