-- One relation of the catalog: a table, a view, or a table function with its parameters.
with tables as (
    select
        schema_name,
        table_name as name,
        'table' as kind,
        [] as parameters,
        comment
    from duckdb_tables()
    where not internal and database_name = current_database()
),

views as (
    select
        schema_name,
        view_name as name,
        'view' as kind,
        [] as parameters,
        comment
    from duckdb_views()
    where not internal and database_name = current_database()
),

table_functions as (
    select
        schema_name,
        function_name as name,
        'table function' as kind,
        parameters,
        comment
    from duckdb_functions()
    where
        not internal and database_name = current_database() and function_type = 'table_macro'
),

commented as (
    select * from tables
    union all
    select * from views
    union all
    select * from table_functions
)

select
    schema_name,
    name,
    kind,
    parameters,
    regexp_extract(comment, '^(.*?)(\.(\s|$)|$)', 1) as meaning,
    comment
from commented
order by schema_name, name
