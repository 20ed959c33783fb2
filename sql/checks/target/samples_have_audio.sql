-- A clip whose samples have no audio file in the inventory, although there is an inventory.
with sample_clips as (select * from {{ ref('sample_clips') }}),

inventory as (select count(*) as files from main.audio_files)

select
    sample_clips.subset,
    sample_clips.clip_id,
    sample_clips.audio_path
from sample_clips
cross join inventory
anti join main.audio_files on sample_clips.audio_path = audio_files.audio_path
where sample_clips.missing_audio is null and inventory.files > 0
