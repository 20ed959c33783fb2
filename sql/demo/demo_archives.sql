-- One archive of synthetic audio, with its members and what they sound like.
with demo_audio_clips as (select * from {{ ref('demo_audio_clips') }}),

demo_sounds as (select * from {{ ref('demo_sounds') }}),

clip_sounds as (
    select
        clip_id,
        list(
            {
                'label_id': label_id,
                'start_seconds': start_seconds,
                'end_seconds': end_seconds,
                'take': take,
                'gain': gain
            } order by label_id, start_seconds, end_seconds
        ) as sounds
    from demo_sounds
    group by clip_id
)

select
    demo_audio_clips.archive,
    list(
        {
            'clip_id': demo_audio_clips.clip_id,
            'member': demo_audio_clips.member,
            'seconds': cast(demo_audio_clips.clip_seconds as double),
            'damage': demo_audio_clips.damage,
            'sounds': coalesce(clip_sounds.sounds, [])
        } order by demo_audio_clips.member
    ) as members
from demo_audio_clips
left join clip_sounds on demo_audio_clips.clip_id = clip_sounds.clip_id
where demo_audio_clips.damage is distinct from 'missing'
group by demo_audio_clips.archive
