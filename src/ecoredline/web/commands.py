"""The platform's commands; `ecoredline` finds them by entry point. Django is loaded only inside."""

import sys
from pathlib import Path

import click

from ecoredline.codes import stage_name
from ecoredline.record import Job, Progress, read_record
from ecoredline.web import cluster as private
from ecoredline.web import demo as builtin
from ecoredline.web import server

NAME_WIDTH = 10
HASH_LENGTH = 64  # SHA-256 in hexadecimal


def say(words: str) -> None:
    """Tell the person at the terminal."""
    click.echo(words, err=True)


def console_job() -> Job:
    """A job that names each stage once on the terminal."""
    seen: set[str] = set()

    def show(progress: Progress) -> None:
        if progress.stage not in seen:
            seen.add(progress.stage)
            click.echo(f"  {stage_name(progress.stage)}", err=True)

    return Job(report=show)


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", default="", help="批次名称；默认取文件夹名。")
def load(run: Path, name: str) -> None:
    """Bring a finished run folder RUN into the platform 载入成果."""
    read_record(run)  # what is no run is refused before a database is made for it
    with server.database(say):
        from ecoredline.web.patches.actions import load_run
        from ecoredline.web.patches.models import Run

        before = Run.objects.count()
        row = load_run(run, name=name)
        fresh = Run.objects.count() > before
        click.echo(
            f"{'已载入' if fresh else '此前已载入'}：批次 {row.pk} {row.name}，图斑 {row.patches.count()} 个"
        )
        for warning in row.warnings if fresh else ():
            click.echo(f"  提示：{warning}")


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=server.DEFAULT_PORT, show_default=True
)
def serve(port: int) -> None:
    """Start the platform on what is loaded; Ctrl-C stops everything it started 启动平台."""
    start_and_wait(port, lambda address: say(f"平台地址 {address}\nCtrl-C 停止"))


def start_and_wait(port: int, ready, prepare=lambda: None) -> None:
    """Database, preparation, server; until Ctrl-C or SIGTERM, then all of it stopped."""
    import os

    os.environ.setdefault("ECOREDLINE_HTTPS", "0")
    with server.terminated_as_interrupted():
        try:
            with server.database(say):
                prepare()
                server.run_server(port, ready)
        except KeyboardInterrupt:
            say("\n已停止。")


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=server.DEFAULT_PORT, show_default=True
)
def demo(port: int) -> None:
    """Make the demo landscape, find its patches, load them, start the platform 演示."""
    import os

    var = server.var_folder()
    os.environ.setdefault("ECOREDLINE_IMAGERY", str(var / "demo" / "input"))
    made: dict = {}

    def prepare() -> None:
        say("载入批次、演示账号与一年的监管过程 …")
        made["logins"] = builtin.fill_platform(var, made["run"], made["later"], job=console_job())
        made["people"] = builtin.people_table(made["logins"])
        say("启动网页与后台任务 …")

    with server.terminated_as_interrupted():
        try:
            builtin.note_parts(var)
            say("演示影像与图层（演示合成数据）…")
            inputs = builtin.make_landscape(var, console_job())
            say("两期影像变化图斑 …")
            made["run"] = builtin.make_run(var, inputs, console_job())
            say("整改之后的第三期影像（演示合成数据）…")
            made["later"] = builtin.make_later(var, inputs, made["run"], console_job())
        except KeyboardInterrupt:
            say("\n已停止；再次运行会继续。")
            sys.exit(130)
    start_and_wait(port, lambda address: announce(address, var, made), prepare)


def announce(address: str, var: Path, made: dict) -> None:
    """Print what the demo made, the address and the log-ins."""
    run = made["run"]
    click.echo(f"\n【演示合成数据】成果文件在 {run}")
    for name in ("report.html", "annex-1.xlsx", "annex-2.xlsx", "letter.docx", "patches.gpkg"):
        if (run / name).exists():
            click.echo(f"  {name}")
    click.echo(f"\n平台地址  {address}\n")
    click.echo(f"{'账号':{NAME_WIDTH}}{'密码':<14}角色与单位")
    for username, password, role, unit in made["people"]:
        click.echo(f"{username:{NAME_WIDTH + 2}}{password:16}{role}，{unit}")
    click.echo(f"\n（登录信息也在 {var / builtin.LOGINS_NAME}）  Ctrl-C 停止；再次运行会继续。")


@click.command("clean-demo")
def clean_demo() -> None:
    """Remove what `demo` made, and nothing else 清除演示."""
    var = server.var_folder()
    state = private.status(var / "postgres")
    made = builtin.note_parts(var) if (var / builtin.MANIFEST_NAME).exists() else []
    if made and "postgres" not in made and state != "absent":
        with server.database(say):
            click.echo(f"从数据库移除演示批次 {builtin.forget_in_database()} 个，演示账号已停用")
    gone = builtin.clean(var)
    click.echo(f"已移除：{'、'.join(gone)}" if gone else "没有演示留下的内容。")


@click.group()
def cluster() -> None:
    """The private database cluster under var/ 私有数据库."""


@cluster.command("start")
def cluster_start() -> None:
    """Make and start it; prints its URL."""
    click.echo(private.start(server.var_folder() / "postgres"))


@cluster.command("stop")
def cluster_stop() -> None:
    """Stop it; data stay."""
    click.echo("已停止" if private.stop(server.var_folder() / "postgres") else "没有在运行")


@cluster.command("status")
def cluster_status() -> None:
    """One word: given, absent, stopped or running."""
    click.echo(private.status(server.var_folder() / "postgres"))


@click.command("add-person")
@click.argument("username")
@click.option("--role", required=True, help="analyst officer supervisor auditor administrator")
@click.option("--level", required=True, help="ministry province city county")
@click.option("--code", default="", help="单位的行政区划代码前缀：部级空、省 2、市 4、县 6 位。")
@click.option("--unit", "unit_name", required=True, help="单位名称；没有则新建。")
@click.option("--name", default="", help="姓名。")
@click.password_option(help="密码；不给则询问。")
def add_person(username, role, level, code, unit_name, name, password) -> None:
    """Make an account, with its unit if it is new 新建账号."""
    with server.database(say):
        from ecoredline.web.accounts.actions import add_account

        person = add_account(
            username=username, password=password, role=role, level=level, code=code,
            unit_name=unit_name, name=name,
        )  # fmt: skip
        click.echo(f"{person.username}：{person.get_role_display()}，{person.unit.name}")


@click.group()
def audit() -> None:
    """The sealed history: is it whole 审计."""


def read_head(text: str | None) -> tuple[int, str] | None:
    """`12345:ab…` as number and hash; raises click's own error for anything else."""
    if text is None:
        return None
    number, _, sealed = text.partition(":")
    if not number.isdigit() or len(sealed) != HASH_LENGTH:
        raise click.BadParameter(f"got {text!r}; wanted NUMBER:HASH as `audit head` printed it")
    return int(number), sealed.lower()


@audit.command("verify")
@click.option("--head", help="先前用 `audit head` 记下的 NUMBER:HASH；能发现末尾被截断。")
def audit_verify(head: str | None) -> None:
    """Compute the whole chain again, and compare states, frozen lists and files with it; exit 1 on a fault."""
    kept = read_head(head)
    with server.database(say):
        from ecoredline.web.core.audit import verify
        from ecoredline.web.core.standing import disagreements

        result = verify(head=kept, progress=lambda rows: say(f"  {rows} 行"))
        for words in disagreements():
            result.fault(words)
    for fault in result.faults:
        click.echo(f"  {fault}")
    if not result.is_whole:
        click.echo(f"已核对 {result.rows} 行，发现 {result.fault_count} 处问题")
        sys.exit(1)
    click.echo(f"已核对 {result.rows} 行，完整。链首 {result.head[0]}:{result.head[1]}")


@audit.command("head")
def audit_head() -> None:
    """Print the chain's last number and hash, to be kept elsewhere (on paper, at another office)."""
    with server.database(say):
        from ecoredline.web.core.models import Seal

        last = Seal.objects.last()
        click.echo(f"{last.number}:{last.hash}" if last else "0:")


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments) -> None:
    """Pass ARGUMENTS to Django's own commands 管理命令."""
    with server.database(say):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["ecoredline manage", *arguments])


commands = [load, serve, demo, clean_demo, cluster, add_person, audit, manage]
