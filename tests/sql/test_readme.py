"""sql/README.md: its questions are answered, and its tables are those of a catalog."""

import re
from pathlib import Path

import duckdb
import pytest
from support.reference import README, with_tables

TEXT = README.read_text()
QUESTIONS = re.findall(r"\n([^\n]+\?)\n\n```sql\n(.*?)```", TEXT, re.DOTALL)


def test_there_are_twelve_questions() -> None:
    assert len(QUESTIONS) == TEXT.count("```sql") == 12


@pytest.mark.parametrize(("question", "query"), QUESTIONS)
def test_a_question_is_answered(demo_catalog: Path, question: str, query: str) -> None:
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        assert connection.execute(query).fetchall()


def test_relations_and_macros_are_those_of_a_catalog(demo_catalog: Path) -> None:
    """`python tests/support/reference.py` writes the tables."""
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        assert with_tables(TEXT, connection) == TEXT
