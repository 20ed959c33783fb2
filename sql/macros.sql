-- A number in [0, 1) that depends on nothing but its arguments: the same on every machine, in
-- every version of DuckDB, whatever the number of threads. Its 53 bits fill a double exactly.
create or replace macro main.uniform(seed, stream, item) as
cast(md5_number(concat_ws(':', seed, stream, item)) >> 75 as bigint) / 9007199254740992.0;
-- The upper 32 bits of the hash of a sample's key: the samples in the order of it are shuffled.
create or replace macro main.shuffle_key(sample_key) as
cast(md5_number(sample_key) >> 96 as bigint);
