-- One file to extract: a clip of a subset, and where its audio goes. Members of archives that were
-- found to be invalid are tried again if their archive has changed.
with files as (
    select
        chosen.ytid,
        chosen.archive,
        chosen.archive_fingerprint,
        chosen.member,
        chosen.part,
        chosen.header_offset,
        chosen.bytes,
        chosen.is_divisible,
        chosen.attempt,
        chosen.clip_seconds,
        -- The folder of a clip follows from the name of its archive, not from the archive's folder.
        case
            when {{ literal(layout) }} = 'subset' then wanted.subset || '/' || chosen.ytid
            when regexp_matches(lower(chosen.archive), 'unbalanced_train_segments_part[0-9]+')
                then
                    'unbalanced_train_segments/'
                    || regexp_extract(
                        lower(chosen.archive), '.*(unbalanced_train_segments_part[0-9]+)', 1
                    ) || '/Y' || chosen.ytid
            when regexp_matches(lower(chosen.archive), 'balanced_train[^/]*$')
                then 'balanced_train_segments/Y' || chosen.ytid
            when regexp_matches(lower(chosen.archive), 'eval[^/]*$')
                then 'eval_segments/Y' || chosen.ytid
            else regexp_extract(chosen.archive, '([^/]*)\.[^./]*$', 1) || '/Y' || chosen.ytid
        end || '.wav' as path,
        min(wanted.subset) as subset,
        bool_or(wanted.is_silence) as is_silence
    from wanted
    inner join chosen on wanted.ytid = chosen.ytid
    group by all
),

-- In folders as in the archives, a clip may have been taken from another one.
valid as (
    select
        case when {{ literal(layout) }} = 'subset' then finished.place else finished.ytid end
            as done
    from finished
    where finished.status = 'ok'
),

left_over as (
    select files.*
    from files
    anti join valid
        on
            case when {{ literal(layout) }} = 'subset' then files.path else files.ytid end
            = valid.done
    anti join finished
        on
            files.path = finished.place
            and files.archive_fingerprint = finished.archive_fingerprint
)

select
    * replace (
        dense_rank() over (partition by ytid order by attempt) as attempt
    )
from left_over
