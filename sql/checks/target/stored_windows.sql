-- A window of a positive event that is stored and should not be, or that should be stored and is
-- not.
with positive_windows as (select * from {{ ref('positive_windows') }}),

windows as (select * from {{ ref('windows') }}),

derived_windows as (
    select
        windows.subset,
        windows.event_id,
        windows.clip_id,
        windows.start_seconds,
        windows.end_seconds,
        windows.label_id,
        windows.is_overlapped,
        windows.window_index
    from windows
    where windows.role = 'positive'
),

surplus as (
    select * from positive_windows
    except all
    select * from derived_windows
),

lacking as (
    select * from derived_windows
    except all
    select * from positive_windows
)

select
    'should not be stored' as error,
    surplus.*
from surplus
union all
select
    'is not stored' as error,
    lacking.*
from lacking
