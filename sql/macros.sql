-- A number in [0, 1) that depends on nothing but its arguments: the same on every machine, in
-- every version of DuckDB, whatever the number of threads. Its 53 bits fill a double exactly.
create or replace macro uniform(seed, stream, item) as
md5_number_lower(concat_ws(':', seed, stream, item)) // 2048 / 9007199254740992.0;
