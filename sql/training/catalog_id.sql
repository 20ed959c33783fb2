-- The hash of the samples and plans of a target: it differs between catalogs in which they differ.
with options as (
    select configuration
    from meta.builds
    order by rowid desc
    limit 1
)

select
    md5(concat_ws(
        ':',
        (
            select sum((place + 1) * cast(sample_id as hugeint) + slice)
            from {{ identifier(windows_schema) }}.strong_members
        ),
        (select sum((place + 1) * cast(sample_id as hugeint) + slice) from internal.weak_members),
        (
            select sum((clip_number + 1) * cast(main.milliseconds(seconds) as hugeint))
            from internal.weak_samples
            where reason is null
        ),
        (
            select sum((place + 1) * cast(hole_number as hugeint) + slice)
            from {{ identifier(target) }}.excluded_members
        ),
        (
            select sum((member_id + 1) * cast(sample_id as hugeint))
            from {{ identifier(target) }}.rare_members
        ),
        (
            select sum((start_ms + 1) * cast(sample_id as hugeint) + end_ms)
            from {{ identifier(target) }}.positive_samples
        ),
        (
            select
                string_agg(
                    concat_ws(':', pool, label_id, sample_count, tier), ',' order by pool, label_id
                )
            from {{ identifier(target) }}.label_pools
        ),
        (
            select configuration -> 'targets' -> {{ literal(target) }}
            from options
        ),
        (
            select configuration -> 'samples'
            from options
        )
    )) as catalog_id
