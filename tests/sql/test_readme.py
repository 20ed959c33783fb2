"""sql/README.md: its questions are answered, and its tables are those of a catalog."""

import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from support.commands import SHELLS
from support.reference import README, call, table_functions, with_tables
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


@pytest.mark.parametrize(
    ("question", "query"), QUESTIONS, ids=[question for question, _ in QUESTIONS]
)
def test_a_question_is_answered(scored_catalog: Path, question: str, query: str) -> None:
    with duckdb.connect(str(scored_catalog), read_only=True) as connection:
        assert connection.execute(query).fetchall()


def test_relations_and_macros_are_those_of_a_catalog(scored_catalog: Path) -> None:
    """`python tests/support/reference.py` writes the tables."""
    with duckdb.connect(str(scored_catalog), read_only=True) as connection:
        assert with_tables(TEXT, connection) == TEXT


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_any_shell_gives_the_same_rows(scored_catalog: Path, shell: Path) -> None:
    """Of every relation, table function and question of a catalog with scored detectors."""
    with duckdb.connect(str(scored_catalog), read_only=True) as connection:
        relations = connection.execute("""
            select schema_name || '.' || table_name from duckdb_tables()
            union all
            select schema_name || '.' || view_name from duckdb_views() where not internal
        """).fetchall()
        asked = [
            *(name for (name,) in relations),
            *(call(*function[:3]) for function in table_functions(connection)),
            *(f"({query.strip().removesuffix(';')})" for _, query in QUESTIONS),
        ]
        # As text, so that every column of every row is computed.
        queries = {
            place: f"select count(one_row::varchar) as row_count from {place} as one_row;\n"
            for place in asked
        }
        expected = {place: connection.execute(query).fetchall() for place, query in queries.items()}
    result = subprocess.run(
        [shell, "-readonly", "-csv", "-noheader", str(scored_catalog)],
        input="".join(queries.values()),
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert (result.returncode, result.stderr) == (0, "")
    counts = [[(int(line),)] for line in result.stdout.split()]
    assert dict(zip(asked, counts, strict=True)) == expected
