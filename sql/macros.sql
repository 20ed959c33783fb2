-- The names of the six subsets, in the order in which they are listed: strong ones first.
create or replace macro main.subset_names() as [
    'strong_train',
    'strong_eval',
    'strong_eval_framed',
    'weak_unbalanced_train',
    'weak_balanced_train',
    'weak_eval'
];
-- The place of a subset in that order, from 1.
create or replace macro main.subset_place(subset) as
list_position(main.subset_names(), subset);
-- The split of a subset: 'train' or 'eval'.
create or replace macro main.split_of(subset) as case
    when subset in ('strong_train', 'weak_unbalanced_train', 'weak_balanced_train') then 'train'
    else 'eval'
end;
-- Whether a subset has strong labels: events with a start and an end.
create or replace macro main.is_strong_subset(subset) as
subset in ('strong_train', 'strong_eval', 'strong_eval_framed');
-- The MID of the label Silence: a silent file of a clip that carries it is valid.
create or replace macro main.silence_label() as '/m/028v0c';
-- The length of a clip that the weak subsets do not list, in seconds.
create or replace macro main.usual_clip_seconds() as 10;
-- Whether audio is over a second longer than its clip, as that of a whole video is.
create or replace macro main.is_too_long(audio_seconds, clip_seconds) as
audio_seconds > clip_seconds + 1;
-- That it is, in a sentence.
create or replace macro main.too_long_reason(audio_seconds, clip_seconds) as
'it lasts ' || audio_seconds || ' s, the clip ' || clip_seconds || ' s';
-- The length above which a clip of the weak subsets is wrong: AudioSet's are of 10 s, rounded.
create or replace macro main.longest_clip_seconds() as 10.1;
-- How many bins of a histogram lie between an amount and ten times that amount.
create or replace macro main.bins_per_decade() as 4;
-- How many labels a chart of shares names; all others are one part of it.
create or replace macro main.named_label_count() as 10;
-- Whether a name ends like a label's title: in a space and a MID, or is a MID.
create or replace macro main.ends_with_mid(name) as
regexp_matches(name, '(^| )/[a-z]/[0-9A-Za-z_]+$');
-- A weight as a whole number. Whole numbers add up to the same sum in whatever order.
create or replace macro main.whole_share(weight) as
cast(weight * 1000000000000 as bigint);
-- The name of a clip: its YouTube id and its start in the video, in milliseconds.
create or replace macro main.clip_id(ytid, video_start_seconds) as
ytid || '_' || cast(video_start_seconds * 1000 as bigint);
-- What the name of an audio file means, without its ending, if it begins with a prefix, which an id
-- follows: the id, and the number after it, or ''. A second number is an end or a length.
create or replace macro main.audio_name_after(prefix, stem) as
regexp_extract(
    stem,
    '^' || prefix || '([0-9A-Za-z_-]{11})'
    || '(?:_ *([0-9]+(?:[.][0-9]+)?)(?:(?:_ *|-)[0-9]+(?:[.][0-9]+)?)?)?$',
    ['ytid', 'start']
);
-- What the name of an audio file can mean, without its ending: ID, YID or id_ID, perhaps with a
-- start and an end, or anything with [ID] at the end. Ids may contain _ and begin with Y, so that
-- some names can mean two ids.
create or replace macro main.audio_name_readings(stem) as
list_filter(
    [
        main.audio_name_after('', stem),
        main.audio_name_after('Y', stem),
        main.audio_name_after('id_', stem),
        regexp_extract(stem, '[[]([0-9A-Za-z_-]{11})[]]()$', ['ytid', 'start'])
    ],
    lambda reading: reading.ytid <> ''
);
-- The name of an audio file or member without its folders, divided by / or \, and its ending. What
-- begins with a digit is part of a time, and not an ending.
create or replace macro main.audio_stem(path) as
regexp_extract(path, '([^/\\]*?)(?:[.][A-Za-z][A-Za-z0-9]*)?$', 1);
-- What is known of the clip of an audio file: by an id that stands beside it, or null, and by its
-- own name.
create or replace macro main.audio_file_readings(name, path) as
flatten([
    main.audio_name_readings(name),
    main.audio_name_readings(main.audio_stem(name)),
    main.audio_name_readings(main.audio_stem(path))
]);
-- Whether the number in a name is the start of a clip, in seconds or in milliseconds.
create or replace macro main.is_start(number, start_ms) as
coalesce(try_cast(number as decimal(18, 6)) in (start_ms, start_ms / 1000), number = '');
-- Seconds as whole milliseconds, in which windows are computed, so that none is won or lost to
-- rounding.
create or replace macro main.milliseconds(seconds) as cast(seconds * 1000 as integer);
-- Milliseconds as seconds.
create or replace macro main.seconds(ms) as cast(ms / 1000.0 as decimal(9, 3));
-- The number of windows of an event, both lengths in milliseconds. An event without duration has
-- none.
create or replace macro main.window_count(event_ms, window_ms) as
(greatest(0, event_ms) + window_ms - 1) // window_ms;
-- Whether a window is a full one, cut from the start of its event.
create or replace macro main.is_full_window(event_ms, window_ms, window_index) as
(window_index + 1) * window_ms <= event_ms;
-- The start of a window, in milliseconds. A rest of at least half a window is a shorter window of
-- its own. If less remains, the last window ends with the event and reaches back a full window.
create or replace macro main.window_start_ms(start_ms, end_ms, window_ms, window_index) as
case
    when
        main.is_full_window(end_ms - start_ms, window_ms, window_index)
        or 2 * ((end_ms - start_ms) % window_ms) >= window_ms
        then start_ms + window_index * window_ms
    else greatest(start_ms, end_ms - window_ms)
end;
-- The end of a window, in milliseconds.
create or replace macro main.window_end_ms(start_ms, end_ms, window_ms, window_index) as
case
    when main.is_full_window(end_ms - start_ms, window_ms, window_index)
        then start_ms + (window_index + 1) * window_ms
    else end_ms
end;
-- Whether at least half of a window lies within its audio. Audio of unknown length is long enough.
create or replace macro main.is_within(window_start_ms, window_end_ms, audio_seconds) as
coalesce(
    2 * (main.milliseconds(audio_seconds) - window_start_ms) >= window_end_ms - window_start_ms,
    true
);
-- A number in [0, 1) from 53 bits, which are as many as a double holds exactly: divided by 2 to the
-- power of 53.
create or replace macro main.unit_number(bits) as
cast(bits as bigint) / 9007199254740992.0;
-- The lower 53 bits of a number, as a mask.
create or replace macro main.unit_bits() as 9007199254740991;
-- A number in [0, 1) that depends on nothing but its arguments: the same on every machine, in
-- every version of DuckDB, whatever the number of threads. Takes the upper 53 of the 128 bits of
-- an MD5 sum.
create or replace macro main.uniform(seed, stream, item) as
main.unit_number(md5_number(concat_ws(':', seed, stream, item)) >> 75);
-- The name of a sample in every catalog of the same sources: SUBSET/CLIP_ID/EVENT_ID.WINDOW_INDEX,
-- or SUBSET/CLIP_ID of a weak clip, which has no event.
create or replace macro main.sample_key(subset, clip_id, event_id, window_index) as
concat_ws('/', subset, clip_id, event_id || '.' || window_index);
-- The upper 32 bits of the MD5 sum of a sample's key: samples are shuffled by ordering them by it.
create or replace macro main.shuffle_key(sample_key) as
cast(md5_number(sample_key) >> 96 as uinteger);
-- The slice of a pool that a shuffle key falls into, 0 to 1023: its upper 10 of 32 bits.
create or replace macro main.slice_of(shuffle_key) as
shuffle_key // 4194304;
-- The rank that draws from a slice: each rank has as many of the 1,024 slices as any other, or one
-- more.
create or replace macro main.rank_of(slice, world_size) as
cast(slice as bigint) * world_size // 1024;
-- The part, 0 to 1023, of a guide table in which a number in [0, 1) is looked up.
create or replace macro main.guide_part(number) as
cast(floor(number * 1024) as bigint);
-- The part of a guide table that begins at or after a number in [0, 1].
create or replace macro main.guide_end(number) as
cast(ceil(number * 1024) as bigint);
-- A random stride through a number of members, from a number in [0, 1): it has no factor in common
-- with their number. Among 64 consecutive numbers one is such a stride, for any number below 10^12.
create or replace macro main.walk_stride(number, member_count) as
list_filter(
    range(
        1 + cast(floor(number * member_count) as bigint),
        65 + cast(floor(number * member_count) as bigint)
    ),
    lambda stride: gcd(stride, member_count) = 1
)[1];
-- The place, from 0, that a walk with a stride visits at a turn. It visits each once in a round.
create or replace macro main.walk_place(start, stride, turn, member_count) as
(start + turn % member_count * stride) % member_count;
-- Whether a list of labels has any of the wanted labels in it. For lists this short, comparing is
-- four times as fast as the hashing of list_has_any.
create or replace macro main.carries_any(label_ids, wanted_ids) as
len(list_filter(label_ids, lambda label_id: list_contains(wanted_ids, label_id))) > 0;
-- The columns of the label mask of the events that have a moment in common with a window,
-- ascending.
create or replace macro main.active_labels(events, window_start_ms, window_end_ms) as
list_sort(list_distinct(list_transform(
    list_filter(
        events,
        lambda event: event.start_ms < window_end_ms and event.end_ms > window_start_ms
    ),
    lambda event: event.label_index
)));
