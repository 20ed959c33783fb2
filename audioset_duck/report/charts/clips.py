"""One clip: its events on a time axis, its waveform and spectrogram."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREEN,
    LABEL_WIDTH,
    VERMILION,
    Chart,
    Rows,
    inline,
    names_axis,
    tooltip,
    top_legend,
)


def timeline(events: Rows, windows: Rows, *, has_target: bool = True) -> Chart | alt.VConcatChart:
    """Draw all events of a clip as bars on a time axis, with the windows of a target below.

    Args:
        events: Rows of `event_roles` for one clip and subset, or without a target of
            `event_titles`.
        windows: Rows of `window_titles` for the same; may be empty.
        has_target: Whether the events have a `role`.
    """
    roles = {"positive": VERMILION, "strong_negative": GREEN, "other": BLUE}
    legend = top_legend(symbolOpacity=1, symbolStrokeWidth=0)
    end = max(row["end_seconds"] for row in events)
    times = tooltip("title", "label_id", "role", "start_seconds", "end_seconds")
    base = alt.Chart(width=560).encode(
        x=alt.X("start_seconds:Q", title="seconds", scale=alt.Scale(domain=[0, end], nice=False)),
        x2="end_seconds:Q",
        y=names_axis("title", "start_seconds"),
        color=alt.Color(
            "role:N",
            scale=alt.Scale(domain=list(roles), range=list(roles.values())),
            legend=legend if has_target else None,
        ),
    )
    upper = (
        base.mark_bar()
        .encode(tooltip=times)
        .properties(data=inline(events), title=alt.TitleParams("Events", anchor="start"))
    )
    if not windows:
        return upper.add_params(LABEL_WIDTH)
    lower = (
        base.mark_bar(opacity=0.6, stroke="black", strokeWidth=0.7)
        .encode(tooltip=times + tooltip("window_index"))
        .properties(data=inline(windows), title=alt.TitleParams("Windows", anchor="start"))
    )
    return alt.vconcat(upper, lower).add_params(LABEL_WIDTH)


def sound(envelope: Rows, spectrogram: Rows, band_hz: float) -> alt.VConcatChart:
    """Draw a waveform, and a spectrogram below it.

    Args:
        envelope: Time intervals with `start` (seconds), `lowest` and `highest` (samples, -1 to 1).
        spectrogram: Time intervals with `start` and `end` (seconds) and `levels`: one for each
            frequency band, from the lowest to the highest (dB, at most 0).
        band_hz: The width of a band, in Hz.
    """
    x = alt.X("start:Q", title="seconds", scale=alt.Scale(zero=False, nice=False))
    scale = alt.Scale(scheme="viridis", domain=[-80, 0])
    waveform = (
        alt.Chart(inline(envelope), width=560, height=90)
        .mark_area(color=BLUE)
        .encode(
            x=x,
            y=alt.Y("lowest:Q", title="sample", scale=alt.Scale(domain=[-1, 1])),
            y2="highest:Q",
        )
    )
    levels = (
        alt.Chart(inline(spectrogram), width=560, height=220)
        .transform_flatten(["levels"], ["level"])
        .transform_window(band="row_number()", groupby=["start"])
        .transform_calculate(low=f"(datum.band - 1) * {band_hz}", high=f"datum.band * {band_hz}")
        .mark_rect(strokeWidth=0.7)
        .encode(
            x=x,
            x2="end:Q",
            y=alt.Y("low:Q", title="Hz", axis=alt.Axis(format=",d"), scale=alt.Scale(nice=False)),
            y2="high:Q",
            color=alt.Color("level:Q", scale=scale, legend=alt.Legend(title="dB", type="gradient")),
            # Without it, thin lines of the background show between the cells.
            stroke=alt.Stroke("level:Q", scale=scale, legend=None),
        )
    )
    return alt.vconcat(waveform, levels)
