-- A number in [0, 1) that depends on nothing but its arguments: the same on every machine, in
-- every version of DuckDB, whatever the number of threads. Its 53 bits fill a double exactly.
create or replace macro main.uniform(seed, stream, item) as
cast(md5_number(concat_ws(':', seed, stream, item)) >> 75 as bigint) / 9007199254740992.0;
-- What names a sample in every catalog of the same sources: DATASET/CLIP_ID/EVENT.WINDOW, or
-- DATASET/CLIP_ID of a weak clip, which has no event.
create or replace macro main.sample_key(dataset, clip_id, source_row, segment_index) as
concat_ws('/', dataset, clip_id, source_row || '.' || segment_index);
-- 32 bits of the hash of a sample's key: in the order of it, samples are shuffled.
create or replace macro main.shuffle_key(sample_key) as
cast(md5_number(sample_key) >> 96 as uinteger);
