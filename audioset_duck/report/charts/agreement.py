"""How often the weak and the strong labels of a clip agree."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    LABEL_TOOLTIP,
    LABEL_WIDTH,
    ORANGE,
    PLOT_WIDTH,
    PURPLE,
    SEARCH,
    WIDE,
    Chart,
    Rows,
    largest,
    names_axis,
)

# The counts of `label_agreement`, with the words and colours for them.
_PARTS = {
    "both_clip_count": ("both", BLUE),
    "strong_only_clip_count": ("strong only", ORANGE),
    "weak_only_clip_count": ("weak only", PURPLE),
}


def label_agreement(rows: Rows, top: int) -> Chart:
    """Draw in which share of the clips with a label both kinds of labels have it, or only one.

    Args:
        rows: Rows of `label_agreement`.
        top: The largest number of labels to show.
    """
    words = {field: name for field, (name, _) in _PARTS.items()}
    return (
        largest(rows)
        .transform_fold([*_PARTS], as_=["part", "part_clip_count"])
        .transform_calculate(
            words=f"{words}[datum.part]", place=f"indexof({[*_PARTS]}, datum.part)"
        )
        .mark_bar()
        .encode(
            x=alt.X(
                "part_clip_count:Q",
                title="% of the clips with the label",
                stack="normalize",
                axis=alt.Axis(labelExpr="100 * datum.value", tickCount=5),
            ),
            y=names_axis("title", "rank"),
            color=alt.Color(
                "words:N",
                scale=alt.Scale(
                    domain=[name for name, _ in _PARTS.values()],
                    range=[colour for _, colour in _PARTS.values()],
                ),
                legend=alt.Legend(
                    title=None, orient="top", columns=alt.ExprRef(f"plot_width < {WIDE} ? 1 : 3")
                ),
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                *LABEL_TOOLTIP,
                alt.Tooltip("both_clip_count:Q", title="Clips, both", format=","),
                alt.Tooltip("strong_only_clip_count:Q", title="Clips, strong only", format=","),
                alt.Tooltip("weak_only_clip_count:Q", title="Clips, weak only", format=","),
                alt.Tooltip("conflict_percentage:Q", title="% only one", format=".1f"),
            ],
        )
        .add_params(SEARCH, alt.param("shown", value=top), LABEL_WIDTH, PLOT_WIDTH)
    )
