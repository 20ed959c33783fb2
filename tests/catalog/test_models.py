"""The model engine, and what it promises of every model that ships."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from audioset_duck.catalog.models import (
    LAYERS,
    POOL_LAYERS,
    RELATION_LAYERS,
    SOURCE_LAYERS,
    TARGET_LAYERS,
    WINDOW_LAYERS,
    read_templates,
    render_models,
)
from audioset_duck.catalog.relations import create, explain_columns
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier, literal, sql_folder


def write_models(folder: Path, **models: str) -> Path:
    for path, text in models.items():
        layer, name = path.split("__")
        (folder / layer).mkdir(exist_ok=True)
        (folder / layer / f"{name}.sql").write_text(text)
    return folder


def test_models_come_after_those_they_refer_to(tmp_path: Path) -> None:
    folder = write_models(
        tmp_path,
        shared__a="select * from {{ ref('c') }}",
        shared__b="select 1",
        shared__c="select * from {{ ref('b') }} join {{ ref('z') }}",
        staging__z="select 1",
    )
    order = [template.name for template in read_templates(folder)]
    assert order.index("b") < order.index("c") < order.index("a")
    assert order.index("z") < order.index("c")


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ({"shared__a": "{{ ref('b') }}"}, r"sql/shared/a.sql refers to 'b', which does not exist"),
        (
            {"shared__a": "{{ ref('b') }}", "shared__b": "{{ ref('a') }}"},
            "models refer to each other: (shared/a -> shared/b -> shared/a|shared/b -> shared/a)",
        ),
        ({"shared__a": "select {{ 1 + }}"}, "a.sql, line 1: unexpected 'end of print"),
        ({"shared__a": "{{ ref(name) }}"}, r"a.sql: ref\(\) takes the name of a model in quotes"),
        (
            {"staging__a": "1", "shared__a": "2", "target__b": "{{ ref('a') }}"},
            "sql/target/b.sql refers to 'a', which is in staging and in shared",
        ),
    ],
)
def test_broken_models_are_named(tmp_path: Path, models: dict[str, str], message: str) -> None:
    with pytest.raises(AudiosetDuckError, match=message):
        read_templates(write_models(tmp_path, **models))


def test_a_name_is_of_its_own_layer_first(tmp_path: Path) -> None:
    folder = write_models(
        tmp_path, shared__a="select 1", target__a="select 2", target__b="from {{ ref('a') }}"
    )
    (b,) = (template for template in read_templates(folder) if template.name == "b")
    assert {name: other.key for name, other in b.refs.items()} == {"a": "target/a"}


@pytest.mark.parametrize("settings", ["materialized='cube'", "stored='table'"])
def test_a_way_of_storing_that_does_not_exist_is_named(tmp_path: Path, settings: str) -> None:
    text = f"{{{{ config({settings}) }}}}\nselect 1"
    templates = read_templates(write_models(tmp_path, shared__a=text))
    with pytest.raises(AudiosetDuckError, match=r"a.sql: .*expected materialized, one of"):
        render_models(templates, LAYERS)


def test_a_model_may_name_its_schema(tmp_path: Path) -> None:
    folder = write_models(
        tmp_path,
        shared__a="{{ config(schema='internal') }}\nselect 1 as rank",
        shared__b="select * from {{ ref('a') }}",
    )
    models = {model.name: model for model in render_models(read_templates(folder), LAYERS)}
    assert {name: model.schema for name, model in models.items()} == {"a": "internal", "b": "main"}
    with duckdb.connect() as connection:
        connection.execute("create schema internal")
        for model in models.values():
            create(connection, model)
        assert connection.execute("from main.b").fetchall() == [(1,)]


def test_a_schema_that_is_computed_is_an_error(tmp_path: Path) -> None:
    folder = write_models(tmp_path, shared__a="{{ config(schema=target.name) }}\nselect 1")
    with pytest.raises(AudiosetDuckError, match=r"a.sql: .*config\(\) texts"):
        read_templates(folder)


@dataclass(frozen=True)
class NamedTarget:
    """What rendering needs of a target."""

    name: str
    window_seconds: Decimal


def test_windows_are_shared_by_the_targets_of_their_length(tmp_path: Path) -> None:
    """A target reads what is shared, and the windows of its own length."""
    folder = write_models(
        tmp_path,
        pools__clips="select 1",
        windows__cuts="select {{ window_ms }} from {{ ref('clips') }}",
        target__events="select {{ window_ms }} from {{ ref('cuts') }}",
    )
    templates = read_templates(folder)

    def relations(**scope: object) -> dict[str, str]:
        return {model.relation: model.select for model in render_models(templates, LAYERS, **scope)}

    assert relations() == {'"internal"."clips"': "select 1"}
    assert relations(window_ms=250) == {
        '"internal_250ms"."cuts"': 'select 250 from "internal"."clips"'
    }
    assert relations(target=NamedTarget("t", Decimal("0.250"))) == {
        '"t"."events"': 'select 250 from "internal_250ms"."cuts"'
    }


def test_an_undefined_variable_is_an_error(tmp_path: Path) -> None:
    templates = read_templates(write_models(tmp_path, shared__a="select {{ lenght }}"))
    with pytest.raises(AudiosetDuckError, match=r"shared/a.sql: 'lenght' is undefined"):
        render_models(templates, LAYERS)


def test_a_column_without_a_meaning_is_an_error(tmp_path: Path) -> None:
    templates = read_templates(write_models(tmp_path, shared__a="select 1 as riddle"))
    (model,) = render_models(templates, LAYERS)
    with duckdb.connect() as connection:
        create(connection, model)
        with pytest.raises(AudiosetDuckError, match=r"columns.toml does not explain a.riddle"):
            explain_columns(connection, {("main", "a")})


def test_one_line_makes_a_table(tmp_path: Path) -> None:
    head, select = "-- One row.\n-- Of two.\n", "select 1 as rank\n"
    text = head + "{{ config(materialized='table') }}\n" + select
    templates = read_templates(write_models(tmp_path, shared__a=text, shared__b=head + select))
    with duckdb.connect() as connection:
        for model in render_models(templates, LAYERS):
            create(connection, model)
        tables = connection.execute("select table_name, comment from duckdb_tables()").fetchall()
        assert tables == [("a", "One row. Of two.")]
        connection.execute("drop table a")
        (live,) = (model for model in render_models(templates, LAYERS) if model.name == "a")
        create(connection, live, live=True)
        views = connection.execute("select view_name from duckdb_views() where not internal")
        assert sorted(views.fetchall()) == [("a",), ("b",)]


@pytest.mark.parametrize(
    "text", ["plain", "it's", "a;b", 'say "hi"', "'; drop table x; --", "é\n\\"]
)
def test_literals_and_identifiers_are_quoted(text: str) -> None:
    with duckdb.connect() as connection:
        row = f"select {literal(text)}, {literal([text])}, 1 as {identifier(text)}"
        assert connection.execute(row).fetchall() == [(text, [text], 1)]
        assert connection.description[2][0] == text


def test_layers_read_only_from_layers_below() -> None:
    templates = read_templates(sql_folder())
    height = {layer: index for index, layer in enumerate(LAYERS)}
    for template in templates:
        for other in template.refs.values():
            assert height[other.layer] <= height[template.layer], (template.key, other.key)
        if template.layer == "staging":
            assert not template.refs
        else:
            assert "source(" not in template.text


def test_what_is_built_first_reads_nothing_that_is_built_later() -> None:
    """Sources change before the pools, pools before the windows, windows before the targets."""
    stages = [SOURCE_LAYERS, POOL_LAYERS, WINDOW_LAYERS, TARGET_LAYERS]
    for number, stage in enumerate(stages):
        before = set().union(*stages[: number + 1])
        for template in read_templates(sql_folder()):
            if template.layer in stage:
                for other in template.refs.values():
                    assert other.layer in before, (template.key, other.key)


def test_every_layer_is_built_in_one_stage() -> None:
    built = [*SOURCE_LAYERS, *POOL_LAYERS, *WINDOW_LAYERS, *TARGET_LAYERS]
    assert len(built) == len(set(built))
    assert set(RELATION_LAYERS) <= set(built)


def test_every_model_has_a_head_and_fits_on_a_screen() -> None:
    for path in sql_folder().rglob("*/*.sql"):
        lines = path.read_text().splitlines()
        assert lines[0].startswith("-- "), path
        body = [line for line in lines if not line.startswith("--")]
        # The demo's are tables of values.
        assert len(body) <= 100 or path.parent.name == "demo", path


def test_models_are_imported_first_and_by_their_name() -> None:
    """Table functions, which take arguments, are called where they are needed."""
    imported = re.compile(
        r"(\w+) as (materialized )?\(\s*select\s+(\{\{ source_place \}\} as source_place,\s+)?\*"
        r"\s+from \{\{ ref\('\1'\) \}\}(\(.*\))?\s*\)"
    )
    for template in read_templates(sql_folder(), (*LAYERS, "export", "demo")):
        rest = imported.sub("", template.text)
        assert re.findall(r"\{\{ ref\('\w+'\) \}\}(?!\()", rest) == [], template.name


def test_views_call_no_function_that_an_older_shell_lacks(demo_catalog: Path) -> None:
    """The function if() is younger than the shell of DuckDB 1.5."""
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        views = connection.execute(
            "select view_name, sql from duckdb_views() where not internal"
        ).fetchall()
    assert len(views) > 20
    assert [name for name, sql in views if re.search(r'\bif"?\(', sql)] == []


def test_every_relation_and_column_has_a_comment(demo_catalog: Path) -> None:
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        relations = connection.execute("""
            select schema_name, table_name, comment from duckdb_tables() where not internal
            union all
            select schema_name, view_name, comment from duckdb_views() where not internal
        """).fetchall()
        bare = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where not internal and comment is null"
        ).fetchall()
    assert len(relations) > 40
    assert [row for row in relations if not row[2]] == []
    assert bare == []


CONTRACT = {
    "main.strong_events": "subset event_id clip_id start_seconds end_seconds label_id",
    "main.framed_events": "subset event_id clip_id start_seconds end_seconds label_id is_present",
    "main.weak_clips": "subset clip_id ytid video_start_seconds video_end_seconds label_ids",
    "main.labels": "label_id display_name title weak_index weak_display_name is_strong is_weak"
    " is_in_ontology label_index",
    "main.ontology": "label_id display_name child_ids",
    "main.label_descendants": "label_id descendant_id",
    "main.strong_label_stats": "subset rank label_id display_name event_count duration_seconds"
    " percentage cumulative_percentage mean_event_seconds",
    "main.weak_label_stats": "subset rank label_id display_name clip_count percentage",
    "gun.target_labels": "label_id display_name role",
    "gun.positive_events": "subset event_id clip_id start_seconds end_seconds label_id"
    " is_overlapped",
    "gun.strong_negative_events": "subset event_id clip_id start_seconds end_seconds label_id",
    "gun.weak_negatives": "subset clip_id ytid video_start_seconds video_end_seconds label_ids",
    "gun.weak_positives": "subset clip_id ytid video_start_seconds video_end_seconds label_ids",
    "gun.positive_windows": "subset event_id clip_id start_seconds end_seconds label_id"
    " is_overlapped window_index",
    "gun.strong_negative_windows": "subset event_id clip_id start_seconds end_seconds label_id"
    " window_index",
    "main.audio_files": "ytid audio_path byte_offset byte_count status reason duration_seconds"
    " sample_rate_hz channels peak_dbfs bytes archive member",
    "gun.samples": "sample_id sample_key role split subset clip_id ytid start_seconds end_seconds"
    " event_id window_index label_id label_ids is_overlapped audio_path byte_offset byte_count",
    "gun.label_pools": "pool label_id sample_count weight tier",
    "gun.epoch_plan(0, 0, 32)": "step slot sample_id draw label_id crop_start_seconds",
    "meta.sources": "file bytes sha256 row_count rejected_count",
    "meta.builds": "time versions configuration seconds",
    "meta.rejected_rows": "file line reason text",
}


def test_relations_of_the_contract(demo_catalog: Path) -> None:
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        for relation, columns in CONTRACT.items():
            found = connection.execute(f"describe from {relation}").fetchall()
            assert [row[0] for row in found] == columns.split(), relation
            for name, kind, *_ in found:
                if name.endswith("start_seconds") or name.endswith("end_seconds"):
                    assert kind == "DECIMAL(9,3)", (relation, name)
                if name in ("label_ids", "child_ids"):
                    assert kind == "VARCHAR[]", (relation, name)
