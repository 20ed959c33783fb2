-- A positive sample that is not a window of a positive event, or has another number than it.
with positive_samples as (select * from {{ ref('positive_samples') }}),

positive_windows as (select * from {{ ref('positive_windows') }}),

event_windows as (select * from {{ ref('event_windows') }}),

numbered as (
    select
        positive_windows.*,
        event_windows.clip_number,
        event_windows.label_index,
        event_windows.first_sample_id + positive_windows.window_index as sample_id
    from positive_windows
    inner join event_windows
        on
            positive_windows.subset = event_windows.subset
            and positive_windows.event_id = event_windows.event_id
)

select
    positive_samples.sample_id,
    positive_samples.subset,
    positive_samples.event_id,
    positive_samples.window_index
from positive_samples
anti join numbered
    on
        positive_samples.sample_id = numbered.sample_id
        and positive_samples.clip_number = numbered.clip_number
        and positive_samples.subset = numbered.subset
        and positive_samples.event_id = numbered.event_id
        and positive_samples.window_index = numbered.window_index
        and positive_samples.start_ms = main.milliseconds(numbered.start_seconds)
        and positive_samples.end_ms = main.milliseconds(numbered.end_seconds)
        and positive_samples.label_index = numbered.label_index
        and positive_samples.is_overlapped = numbered.is_overlapped
