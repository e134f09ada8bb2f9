"""The findings page is what the runs say, and it is made by one command for any sweep."""

import re
from pathlib import Path

import pytest

from scalinglaws.cli import main
from scalinglaws.errors import CourseError
from scalinglaws.findings.command import sections, text
from scalinglaws.findings.page import Study

DOCS = Path(__file__).parents[2] / "docs"
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


@pytest.fixture(scope="module")
def made():
    return sections(Study())


@pytest.mark.slow
def test_the_page_is_fresh(made):
    written, now = (DOCS / "findings.md").read_text("utf-8"), text(made)
    # Another processor rounds the last digit elsewhere: words must be the same, numbers nearly so.
    assert NUMBER.sub("#", written) == NUMBER.sub("#", now), "run `scalinglaws findings`"
    for old, new in zip(NUMBER.findall(written), NUMBER.findall(now), strict=True):
        assert float(new.replace(",", "")) == pytest.approx(
            float(old.replace(",", "")), rel=0.03, abs=0.11
        ), "run `scalinglaws findings`"


@pytest.mark.slow
def test_every_figure_is_there_and_says_in_words_what_it_shows(made):
    names = {name for section in made for name in section.figures}
    assert names == {path.name for path in (DOCS / "findings").glob("*.png")}
    shown = re.findall(r"!\[(.*?)\]\(findings/(.*?)\)", text(made), re.S)
    assert {name for _, name in shown} == names
    assert all(len(alt) > 80 for alt, _ in shown)


def test_a_study_without_runs_says_so(tmp_path):
    with pytest.raises(CourseError, match="No runs of a plan"):
        Study(tmp_path).runs("grid")
    assert Study(tmp_path).corpora("grid") == []


def test_the_command_says_what_is_missing(tmp_path, capsys):
    (tmp_path / "runs").mkdir()
    few = (DOCS.parent / "data/runs/grid.csv").read_text("utf-8").splitlines()[:20]
    (tmp_path / "runs/grid.csv").write_text("\n".join(few) + "\n", encoding="utf-8")
    assert main(["findings", "--data", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert "sweep grid" in capsys.readouterr().err
