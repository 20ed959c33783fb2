"""The weak subsets, compared with each other."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREEN,
    IS_PICKED,
    LABEL_WIDTH,
    MATCHES,
    ORANGE,
    PICKED,
    PLOT_WIDTH,
    POWERS,
    SEARCH,
    WEAK_SUBSETS,
    WIDE,
    Chart,
    Rows,
    inline,
    names_axis,
    value_bars,
)
from audioset_duck.report.charts.labels import (
    log_scale,
    ranks_axis,
    weak_tooltip,
)


def subset_bars(rows: Rows) -> Chart:
    """Draw the number of clips of each weak subset, on a log scale.

    Args:
        rows: Rows of `subset_key_figures` for the weak subsets.
    """
    return value_bars(
        rows,
        "clip_count",
        "clips, log scale",
        axis=alt.Axis(format="~s", values=POWERS),
        y=names_axis("subset"),
        text="format(datum.clip_count, ',')",
        color=_by_subset(None),
        tooltip=[
            alt.Tooltip("subset:N", title="Subset"),
            alt.Tooltip("clip_count:Q", title="Clips", format=","),
            alt.Tooltip("label_count:Q", title="Labels", format=","),
            alt.Tooltip("imbalance_ratio:Q", title="Imbalance", format=",.1f"),
        ],
        room=80,
        is_log=True,
    )


def coverage_comparison(rows: Rows) -> Chart:
    """Draw the cumulative share of the largest labels of each weak subset.

    Args:
        rows: Rows of `label_amounts` for the weak subsets.
    """
    return _lines(
        rows,
        alt.Y("cumulative_percentage:Q", title="% of all", scale=alt.Scale(domain=[0, 100])),
    )


def rank_comparison(rows: Rows) -> Chart:
    """Draw the share of each label of each weak subset by its rank there, on a log scale.

    Args:
        rows: Rows of `label_amounts` for the weak subsets.
    """
    return _lines(
        rows,
        alt.Y(
            "percentage:Q",
            title="% of all, log scale",
            scale=log_scale(rows, "percentage"),
            axis=alt.Axis(values=POWERS, format="~r"),
        ),
    )


def share_comparison(rows: Rows, top: int) -> Chart:
    """Draw the share of the most frequent labels in each weak subset, on a log scale.

    Args:
        rows: Rows of `weak_label_amounts`.
        top: The largest number of labels to show.
    """
    legend = alt.Legend(
        title=None, orient="top", columns=alt.ExprRef(f"plot_width < {WIDE} ? 1 : 3")
    )
    return (
        alt.Chart(inline(rows))
        .transform_filter(MATCHES)
        .transform_window(position="dense_rank()", sort=[alt.SortField("overall_rank")])
        .transform_filter("datum.position <= shown")
        .mark_point(filled=True, size=70, opacity=0.9)
        .encode(
            x=alt.X(
                "percentage:Q",
                title="% of all labels of the subset, log scale",
                scale=log_scale(rows, "percentage"),
                axis=alt.Axis(values=POWERS, format="~r"),
            ),
            y=names_axis("title", "position", grid=True),
            color=_by_subset(legend),
            shape=alt.Shape(
                "subset:N",
                scale=alt.Scale(domain=WEAK_SUBSETS),
                legend=legend,
            ),
            tooltip=[alt.Tooltip("subset:N", title="Subset"), *weak_tooltip()],
        )
        .add_params(SEARCH, alt.param("shown", value=top), LABEL_WIDTH, PLOT_WIDTH)
    )


def _lines(rows: Rows, y: alt.Y) -> alt.LayerChart:
    base = alt.Chart(inline(rows)).encode(
        x=ranks_axis("labels, largest first"),
        y=y,
        color=_by_subset(alt.Legend(title=None, orient="top", symbolType="stroke")),
    )
    dash = alt.StrokeDash(
        "subset:N",
        scale=alt.Scale(domain=WEAK_SUBSETS, range=[[1, 0], [6, 3], [2, 2]]),
        legend=alt.Legend(title=None, orient="top"),
    )
    points = base.mark_circle(size=30).encode(
        opacity=alt.when(f"{IS_PICKED} || search !== '' && ({MATCHES})")
        .then(alt.value(1))
        # A line of a single label would be invisible.
        .otherwise(alt.value(0 if len(rows) > 20 else 1)),
        tooltip=[alt.Tooltip("subset:N", title="Subset"), *weak_tooltip()],
    )
    return (base.mark_line(strokeWidth=2).encode(strokeDash=dash) + points).add_params(
        SEARCH, PICKED
    )


def _by_subset(legend: alt.Legend | None) -> alt.Color:
    scale = alt.Scale(domain=WEAK_SUBSETS, range=[BLUE, ORANGE, GREEN])
    return alt.Color("subset:N", scale=scale, legend=legend)
