import json
from decimal import Decimal

import pytest
import sample
from docx import Document

from conftest import plain
from ecoredline.documents import official
from ecoredline.documents.annex import annex_table
from ecoredline.documents.letter import letter_document, save_letter
from ecoredline.documents.letter_fill import LetterParties, fill
from ecoredline.documents.letter_template import (
    LetterTemplate,
    TemplateFaults,
    read_template,
    shipped_template,
    shipped_templates,
    template_faults,
)
from ecoredline.documents.problems import CaseRow, problem_table, write_problem_xlsx
from ecoredline.errors import InputError

CASES = [
    CaseRow(f"甲-{n}", "四川省", county="盐边县", lon=101.5, lat=26.9, problem_type="space",
            redline_area_ha=n + 0.00005)
    for n in range(3)
]  # fmt: skip
CITY = LetterParties(
    addressee="攀枝花市自然资源和规划局",
    sender="攀枝花市生态环境局",
    our_name="我局",
    our_office="",
)


def changed(**values):
    return shipped_template("annex-3").as_mapping() | values


def test_the_labels_title_and_notes_of_annex_4_are_the_laws(law):
    part = law.split("附件 4\n", 1)[1].split("附件 5\n", 1)[0]
    upper, lower = (line for line in part.splitlines() if "\t" in line)
    heads = [plain(c) for c in upper.split("\t") if c.strip()]
    subs = [plain(c) for c in lower.split("\t") if c.strip()]
    labels = list(official.PROBLEM_COLUMNS)
    for first, end, words in reversed(official.PROBLEM_GROUPS):
        assert labels[first:end] == subs[-(end - first) :]
        subs = subs[: -(end - first)]
        labels[first:end] = [words]
    assert (labels, subs) == (heads, [])
    assert all(part.count(note) == 1 for note in official.PROBLEM_NOTES)
    assert plain(official.ANNEX_4.title("")) == plain(part.strip().splitlines()[0])


def test_annex_4_has_the_merged_head_of_the_notice(tmp_path):
    import openpyxl

    sheet = openpyxl.load_workbook(
        write_problem_xlsx(tmp_path / "annex-4.xlsx", problem_table(CASES))
    ).active
    merged = {str(r) for r in sheet.merged_cells.ranges}
    assert {"B4:E4", "F4:G4", "A4:A5", "H4:H5", "M4:M5"} <= merged
    assert sheet.print_title_rows == "$4:$5" and sheet.freeze_panes == "B6"


def test_a_list_with_an_unmeasured_problem_prints_but_makes_no_letter():
    table = problem_table([*CASES, CaseRow("乙-1", "四川省")])
    assert "其中1处涉及红线面积待核定" in table.summary
    with pytest.raises(InputError, match="乙-1"):
        letter_document(shipped_template("annex-5"), tables=[table])


def test_two_cases_of_one_number_are_refused():
    with pytest.raises(InputError, match="甲-1"):
        problem_table([CASES[1], CASES[1]])


def test_the_letter_of_annex_5_states_count_and_sum_of_its_list(tmp_path):
    table = problem_table(CASES)
    made = letter_document(shipped_template("annex-5"), CITY, tables=[table])
    document = Document(save_letter(tmp_path / "x.docx", made))
    text = "\n".join(p.text for p in document.paragraphs)
    assert table.area_ha == sum(Decimal(f"{n}.0001") for n in range(3))
    assert f"生态破坏问题3处，涉及生态保护红线面积{table.area_ha}公顷" in text
    assert "移交你局，商请你局依法依规进行处理，有关结果请书面反馈我局。" in text
    assert [c.text for c in document.tables[0].rows[0].cells][1:5] == ["所在行政区名称"] * 4
    assert len(document.tables[0].rows) == 2 + len(CASES)


@pytest.mark.parametrize("template", shipped_templates(), ids=lambda t: t.id)
def test_every_shipped_template_fills_and_says_when_it_is_not_official(template):
    tables = [problem_table(CASES)] if template.annex else ()
    document = letter_document(template, CITY, tables=tables)
    text = "\n".join(p.text for p in document.paragraphs)
    assert "{" not in text and "}" not in text
    header = document.sections[0].first_page_header.paragraphs[0].text
    assert ("非官方模板" in header) == (template.id not in ("annex-3", "annex-5"))


def test_an_office_changes_the_words_without_code(tmp_path):
    path = tmp_path / "ours.json"
    own = changed(
        id="ours",
        source="攀枝花市生态环境局",
        paragraphs=["{your}有{count}个，{area}公顷，{reply_by}前告{our}。"],
    )
    path.write_text(json.dumps(own, ensure_ascii=False), "utf-8")
    table = annex_table(sample.patches(4))
    words = fill(read_template(path), LetterParties(reply_by="2026-03-05"), tables=[table])
    assert words.paragraphs == (
        f"你省有{len(table.rows)}个，{table.area_ha}公顷，2026年3月5日前告我部。",
    )


def test_all_faults_of_a_template_are_said_at_once():
    faults = template_faults(
        changed(
            kind="talk", title=["很" * 21], valid_from="1.1.2021",
            paragraphs=["{facts}{who}{our.__class__}", "a\x00"], list_title="",
        )
    )  # fmt: skip
    said = "\n".join(faults)
    wanted = (
        "{who}",
        "花括号",
        "{meeting_on}",
        "{meeting_place}",
        "超过20字",
        "启用日期",
        "同时填写",
        "控制字符",
    )
    assert all(w in said for w in wanted), said
    with pytest.raises(TemplateFaults) as caught:
        LetterTemplate.read(changed(title=[" "], paragraphs=[]))
    assert {"缺少标题", "缺少正文"} <= set(caught.value.faults)


@pytest.mark.parametrize("given", [[], {}, changed(title="一行"), changed(extra=1), changed(zh=7)])
def test_data_of_the_wrong_shape_is_no_template(given):
    assert template_faults(given)


def test_count_and_area_cannot_be_given_beside_the_list():
    with pytest.raises(InputError, match="area"):
        fill(shipped_template("annex-5"), values={"area": 3}, tables=[problem_table(CASES)])
    with pytest.raises(InputError, match="colour"):
        fill(shipped_template("annex-5"), values={"colour": "red"})


def test_lists_become_numbered_lines_and_words_in_a_sentence():
    values = {"missing": ["照片无方位角；", "缺少环评批复"], "their_number": "盐环函〔2026〕3号"}
    words = fill(shipped_template("return"), LetterParties(reply_by="2026-05-01"), values)
    assert words.paragraphs[1:3] == ("1. 照片无方位角；", "2. 缺少环评批复。")
    own = LetterTemplate.read(
        shipped_template("return").as_mapping()
        | {"paragraphs": ["《{their_number}》缺{missing}，{reply_by}前补。"]}
    )
    assert (
        fill(own, values=values)
        .paragraphs[0]
        .startswith("《盐环函〔2026〕3号》缺照片无方位角、缺少环评批复")
    )
