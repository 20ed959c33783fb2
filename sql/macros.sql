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
-- begins with a digit is part of a time, and not an ending. Of what has been converted, the ending
-- may stand behind an earlier one, as in ID.mp4.wav.
create or replace macro main.audio_stem(path) as
regexp_extract(
    path,
    '([^/\\]*?)(?:[.](?i:wav|flac|mp3|ogg|oga|opus|m4a|webm|mp4|aac|mka|mkv))?'
    || '(?:[.][A-Za-z][A-Za-z0-9]*)?$',
    1
);
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
-- How often a bootstrap takes one clip, from a number in [0, 1): the quantile of the Poisson
-- distribution of mean 1. More than 10 has a probability below 10^-8.
create or replace macro main.poisson_count(number) as
case
    when number < 0.36787944117144233 then 0
    when number < 0.73575888234288467 then 1
    when number < 0.91969860292860580 then 2
    when number < 0.98101184312384626 then 3
    when number < 0.99634015317265634 then 4
    when number < 0.99940581518241833 then 5
    when number < 0.99991675885071199 then 6
    when number < 0.99998975080332532 then 7
    when number < 0.99999887479740199 then 8
    when number < 0.99999988857452177 then 9
    when number < 0.99999998995223379 then 10
    else 11
end;
-- The logistic function: a probability from a logit.
create or replace macro main.logistic(logit) as 1 / (1 + exp(-logit));
-- A score as it is, or the probability from it if it is a logit.
create or replace macro main.probability(score, is_logit) as
case when is_logit then main.logistic(score) else score end;
-- The most levels of scores that replicates tell apart.
create or replace macro main.most_levels() as 16384;
-- The false positive rate up to which the partial AUC is taken.
create or replace macro main.partial_auc_end() as cast(0.1 as double);
-- The place in a clip that stands for a place beyond its ends: the clip is mirrored at them, as
-- with scipy's mode reflect.
create or replace macro main.mirrored(place, length) as
least(
    (place % (2 * length) + 2 * length) % (2 * length),
    2 * length - 1 - (place % (2 * length) + 2 * length) % (2 * length)
);
-- The value of a polynomial of degree 7, whose coefficients begin with that of the highest power.
create or replace macro main.polynomial(c, x) as
((((((c[1] * x + c[2]) * x + c[3]) * x + c[4]) * x + c[5]) * x + c[6]) * x + c[7]) * x + c[8];
-- The quantile of the standard normal distribution for a probability within 0.425 of one half, by
-- its distance from that: M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), PPND16.
create or replace macro main.central_quantile(distance) as
distance * main.polynomial(
    [
        2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
        4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
        1.3314166789178437745e2, 3.3871328727963666080e0
    ],
    cast(0.180625 as double) - distance * distance
) / main.polynomial(
    [
        5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
        2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
        4.2313330701600911252e1, 1
    ],
    cast(0.180625 as double) - distance * distance
);
-- The quantile for the other probabilities, from the root of minus the logarithm of the smaller one
-- of p and 1 - p.
create or replace macro main.outer_quantile(root) as
case
    when root <= 5
        then main.polynomial(
            [
                7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
                4.63033784615654529590e0, 1.42343711074968357734e0
            ],
            root - cast(1.6 as double)
        ) / main.polynomial(
            [
                1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
                1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
                2.05319162663775882187e0, 1
            ],
            root - cast(1.6 as double)
        )
    else
        main.polynomial(
            [
                2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
                5.46378491116411436990e0, 6.65790464350110377720e0
            ],
            root - 5
        ) / main.polynomial(
            [
                2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
                7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
                5.99832206555887937690e-1, 1
            ],
            root - 5
        )
end;
-- The quantile of the standard normal distribution for a probability in [0, 1]; null for others.
create or replace macro main.normal_quantile(probability) as
case
    when probability = 0 then cast('-infinity' as double)
    when probability = 1 then cast('infinity' as double)
    when abs(probability - cast(0.5 as double)) <= 0.425
        then main.central_quantile(probability - cast(0.5 as double))
    when probability > 0 and probability < 1
        then
            sign(probability - cast(0.5 as double))
            * main.outer_quantile(sqrt(-ln(least(probability, 1 - probability))))
end;
-- d', the distance of two normal distributions of variance 1 whose ROC curve has an area.
create or replace macro main.d_prime(auc) as
sqrt(cast(2 as double)) * main.normal_quantile(auc);
-- The number of false alarms per hour up to which PSDS looks at detections.
create or replace macro main.most_alarms_per_hour() as cast(100 as double);
-- The number of equal bins in which the calibration of scores is measured.
create or replace macro main.calibration_bin_count() as 15;
-- The address of a moment of a clip's video on YouTube, in whole seconds.
create or replace macro main.video_url(clip_id, start_seconds) as
'https://www.youtube.com/watch?v=' || left(clip_id, 11) || '&t='
|| cast(floor(try_cast(substr(clip_id, 13) as bigint) / 1000 + start_seconds) as bigint) || 's';
-- The class of a duration, in words, for groups of events.
create or replace macro main.duration_class(seconds) as
case
    when seconds < 0.25 then '1: below 0.25 s'
    when seconds < 0.5 then '2: 0.25 to 0.5 s'
    when seconds < 1 then '3: 0.5 to 1 s'
    when seconds < 2 then '4: 1 to 2 s'
    when seconds < 5 then '5: 2 to 5 s'
    else '6: 5 s and more'
end;
-- Of the events that are found and the false alarms, the part that is events.
create or replace macro main.event_precision(hit_count, false_alarm_count) as
hit_count / nullif(hit_count + false_alarm_count, 0);
-- The harmonic mean of that and the part of all events that is found.
create or replace macro main.event_f1(hit_count, false_alarm_count, event_count) as
2 * hit_count / nullif(hit_count + false_alarm_count + event_count, 0);
-- The most thresholds that replicates of PSDS tell apart.
create or replace macro main.most_thresholds() as 2048;
-- By how much the start of a frame may differ from a multiple of the hop: half of a millisecond, as
-- to which it may be rounded, and as much for the hop.
create or replace macro main.start_tolerance_seconds() as cast(0.001 as decimal(9, 3));
-- Whether a list has a score that is not a finite number.
create or replace macro main.has_bad_score(scores) as
len(list_filter(scores, lambda score: not coalesce(isfinite(score), false))) > 0;
-- The first number of a list that is not finite; null if only nulls are not.
create or replace macro main.first_bad_score(scores) as
list_filter(scores, lambda score: not isfinite(score))[1];
-- What a file has in the place of scores, for a message.
create or replace macro main.score_excerpt(score_text) as
case when length(score_text) > 60 then left(score_text, 60) || '…' else score_text end;
-- A number as a decimal one, so that sums do not depend on the order of their parts.
create or replace macro main.exact(number) as cast(number as decimal(38, 18));
-- How many neighbouring frames make up a block, in which lower scores are looked for.
create or replace macro main.pieces_in_block() as 16;
-- Microseconds as seconds.
create or replace macro main.us_to_seconds(us) as cast(us / 1000000.0 as decimal(12, 6));
-- Microseconds as hours.
create or replace macro main.hours(us) as us / cast(3600000000 as double);
-- Whether a span of time begins a longer one: no earlier span of its owner, such as a clip,
-- overlaps or touches it.
create or replace macro main.begins_span(owner, start_time, end_time) as
coalesce(start_time > max(end_time) over (
    partition by owner order by start_time, end_time
    rows between unbounded preceding and 1 preceding
), true);
-- The number, among those of its owner, of the longer span of time that a span belongs to, from 1.
-- Spans of the same number are those that overlap or touch.
create or replace macro main.span_number(owner, start_time, end_time, begins_span) as
cast(sum(cast(begins_span as integer)) over (
    partition by owner order by start_time, end_time
    rows unbounded preceding
) as integer);
-- MIDs of the labels that are active at any moment of a span of a clip, sorted: the weak labels of
-- the clip; else those of its events, whose label_index is looked up in the labels of the mask.
create or replace macro main.span_label_ids(
    weak_label_ids, events, start_seconds, end_seconds, mask_label_ids
) as
coalesce(
    list_sort(weak_label_ids),
    list_sort(list_transform(
        main.active_labels(events, start_seconds * 1000, end_seconds * 1000),
        lambda label_index: mask_label_ids[label_index + 1]
    )),
    []
);
-- Where in its clip an event lies, in words, for groups of events. All times are in microseconds.
create or replace macro main.place_class(start_us, end_us, clip_us) as
case
    when start_us < 1000000 and end_us > clip_us - 1000000 then 'the whole clip'
    when start_us < 1000000 then 'from the first second'
    when end_us > clip_us - 1000000 then 'to the last second'
    else 'in between'
end;
