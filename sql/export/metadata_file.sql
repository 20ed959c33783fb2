-- One sample of the train split, as the training of the older pipeline reads it. Rows are
-- in the order of sample_id; label_mappings_file has their indexes, from 0.
-- `labels` are what the sample is drawn by: nothing for a positive, the label of its event for a
-- strong negative, all labels of its clip for a weak one. The file names in `source_files` are in
-- the order of main.subset_names().
with samples as (select * from {{ ref('samples') }})

select
    samples.clip_id,
    cast(samples.start_seconds as double) as start_time,
    cast(samples.end_seconds as double) as end_time,
    coalesce(samples.label_id, array_to_string(samples.label_ids, ',')) as label,
    samples.role = 'positive' as is_positive,
    case samples.role
        when 'positive' then []
        when 'strong_negative' then [samples.label_id]
        else samples.label_ids
    end as labels,
    if(samples.role = 'weak_negative', 'weak', 'strong') as data_type,
    ({{ literal(source_files) }})[main.subset_place(samples.subset)] as source_file,
    samples.audio_path,
    samples.sample_key
from samples
where samples.split = 'train' and samples.role <> 'weak_positive'
order by samples.sample_id
