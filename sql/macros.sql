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
-- Whether a list of labels has one of some in it. For lists as short as these, to compare is four
-- times as fast as the hashing of list_has_any.
create or replace macro main.carries_any(label_ids, wanted_ids) as
len(list_filter(label_ids, lambda label_id: list_contains(wanted_ids, label_id))) > 0;
-- A sorted list without its repeats: list_distinct would hash.
create or replace macro main.sorted_set(items) as
list_filter(items, lambda item, place: place = 1 or item <> items[place - 1]);  -- noqa: PRS
