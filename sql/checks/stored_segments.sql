-- A window of a positive event that is stored but should not be, or that should be but is not.
with positive_segments as (select * from {{ ref('positive_segments') }}),

derived_segments as (
    select
        segments.dataset,
        segments.clip_id,
        segments.start_seconds,
        segments.end_seconds,
        segments.label_id,
        segments.is_overlapped,
        segments.segment_index
    from {{ ref('segments') }} as segments
    where segments.role = 'positive'
),

surplus as (
    select * from positive_segments
    except all
    select * from derived_segments
),

lacking as (
    select * from derived_segments
    except all
    select * from positive_segments
)

select
    'should not be stored' as fault,
    surplus.*
from surplus
union all
select
    'is not stored' as fault,
    lacking.*
from lacking
