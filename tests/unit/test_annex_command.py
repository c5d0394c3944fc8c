import json

from click.testing import CliRunner

from ecoredline.annex_command import command
from ecoredline.documents.problems import CaseRow, problem_table, write_problem_docx

CASES = [CaseRow("甲-1", "四川省", county="盐边县", lon=101.5, lat=26.9, is_demo=True)]


def run(path, *options):
    return CliRunner().invoke(command, [str(path), *options])


def test_a_whole_annex_is_shown_and_leaves_with_0(tmp_path):
    path = write_problem_docx(tmp_path / "a.docx", problem_table(CASES))
    done = run(path)
    assert done.exit_code == 0
    assert "【演示合成数据】附件4：可读1行，有误0处" in done.output and "甲-1" in done.output
    assert json.loads(run(path, "--json").output)["rows"][0]["lon"] == 101.5


def test_faults_are_all_shown_and_leave_with_1(tmp_path):
    wrong = [CaseRow("甲-2", "四川省", county="盐边县", lon=26.9, lat=101.5), CaseRow("甲-3")]
    done = run(write_problem_docx(tmp_path / "a.docx", problem_table(CASES + wrong)))
    assert done.exit_code == 1
    assert (
        "建议经度改为101.5" in done.output
        and "缺少经度" in done.output
        and "缺少纬度" in done.output
    )


def test_the_wrong_kind_is_one_fault(tmp_path):
    done = run(write_problem_docx(tmp_path / "a.docx", problem_table(CASES)), "--kind", "annex-1")
    assert done.exit_code == 1 and "指定为附件1，文件却是附件4" in done.output
    assert "有误1处" in done.output
