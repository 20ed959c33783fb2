"""Files to begin with, which fuzzing changes."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

PREDICTIONS = [
    b"clip_id,score\naaaaaaaaaaa_0,0.5\nbbbbbbbbbbb_0,nan\n",
    b"\xef\xbb\xbfclip_id,frame,score\r\naaaaaaaaaaa_0,0,0.5\r\naaaaaaaaaaa_0,1.5,1e400\r\n",
    b'detector,clip_id,scores\n"a ""b""",aaaaaaaaaaa_0,"[0.5, null, inf]"\n',
    b"sample_key,score\nstrong_eval/aaaaaaaaaaa_0/1.0,-0x1p3\n",
]
MARKS = [
    b'sample_key,verdict,note\nstrong_train/aaaaaaaaaaa_0/1.0,incorrect,"a\nb"\n',
    b"subset,clip_id,event_id,label_id,verdict\nweak_eval,aaaaaaaaaaa_0,,/m/a,unsure\n",
]


def parquet_predictions() -> list[bytes]:
    """Predictions as parquet: scores of clips, and lists of frames."""
    found = []
    for table in (
        {"clip_id": ["aaaaaaaaaaa_0", "bbbbbbbbbbb_0"], "score": [0.5, None]},
        {"clip_id": ["aaaaaaaaaaa_0"], "scores": [[0.5, float("nan"), None]]},
    ):
        written = io.BytesIO()
        pq.write_table(pa.table(table), written, compression="none")
        found.append(written.getvalue())
    return found
