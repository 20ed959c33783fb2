-- One clip of a subset that a detector is evaluated on, with its length in seconds: what PSDS takes
-- as the metadata. A clip without an event is one, too.
select
    dcase_clips.filename,
    dcase_clips.duration
from dcase_clips
where dcase_clips.subset = {{ literal(subset) }} and dcase_clips.has_audio
order by dcase_clips.filename
