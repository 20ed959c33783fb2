"""sql/README.md: its questions are answered, and its tables are those of a catalog."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from support.reference import README, with_tables
from support.scored import score_demo

TEXT = README.read_text()
QUESTIONS = re.findall(r"\n([^\n]+\?)\n\n```sql\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def scored_catalog(demo_catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scored")
    shutil.copyfile(demo_catalog, folder / "catalog.duckdb")
    score_demo(folder / "catalog.duckdb", folder)
    return folder / "catalog.duckdb"


def test_every_query_answers_a_question() -> None:
    assert len(QUESTIONS) == TEXT.count("```sql") == 19


@pytest.mark.parametrize(("question", "query"), QUESTIONS)
def test_a_question_is_answered(scored_catalog: Path, question: str, query: str) -> None:
    with duckdb.connect(str(scored_catalog), read_only=True) as connection:
        assert connection.execute(query).fetchall()


def test_relations_and_macros_are_those_of_a_catalog(scored_catalog: Path) -> None:
    """`python tests/support/reference.py` writes the tables."""
    with duckdb.connect(str(scored_catalog), read_only=True) as connection:
        assert with_tables(TEXT, connection) == TEXT
