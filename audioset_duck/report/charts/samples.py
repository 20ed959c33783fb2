"""The samples of a target: how many there are, and the labels that they carry."""

from __future__ import annotations

import altair as alt

from audioset_duck.report.charts.base import (
    BLUE,
    GREEN,
    LABEL_TOOLTIP,
    LABEL_WIDTH,
    ORANGE,
    PICKED,
    POWERS,
    SEARCH,
    VERMILION,
    Chart,
    Rows,
    highlighted,
    inline,
    largest,
    names_axis,
    value_bars,
)

ROLES = {
    "positive": VERMILION,
    "weak_positive": ORANGE,
    "strong_negative": GREEN,
    "weak_negative": BLUE,
}


def sample_bars(rows: Rows) -> Chart:
    """Draw the number of samples of each role in each subset, on a log scale.

    Args:
        rows: Rows of `sample_counts` that have no reason: samples that are kept.
    """
    chart = alt.Chart(inline(rows)).transform_calculate(
        words="replace(datum.role, '_', ' ')",
        name="replace(datum.words, ' negative', '') + ', ' + datum.subset",
        # Roles stand together; in each, the largest first.
        place=f"indexof({list(ROLES)}, datum.role) - datum.sample_count / 1e12",
    )
    return value_bars(
        chart,
        "sample_count",
        "samples, log scale",
        axis=alt.Axis(format="~s", values=POWERS),
        y=names_axis("name", "place"),
        text="format(datum.sample_count, ',')",
        color=alt.Color(
            "words:N",
            scale=alt.Scale(
                domain=[role.replace("_", " ") for role in ROLES], range=list(ROLES.values())
            ),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("words:N", title="Role"),
            alt.Tooltip("split:N", title="Split"),
            alt.Tooltip("subset:N", title="Subset"),
            alt.Tooltip("sample_count:Q", title="Samples", format=","),
            alt.Tooltip("clip_count:Q", title="Clips", format=","),
        ],
        room=70,
        is_log=True,
    )


def sample_outcomes(rows: Rows) -> Chart:
    """Draw how many samples of each role are kept, and how many are excluded for each reason.

    Args:
        rows: Rows of `sample_outcomes` for one split.
    """
    base = (
        alt.Chart(inline(rows))
        .transform_calculate(outcome="replace(datum.outcome, /_/g, ' ')")
        .encode(
            x=alt.X(
                "role:N",
                title=None,
                scale=alt.Scale(domain=list(ROLES)),
                # In two lines.
                axis=alt.Axis(
                    labelAngle=0, labelExpr="split(datum.label, '_')", grid=False, ticks=False
                ),
            ),
            y=names_axis("outcome", "rank"),
            tooltip=[
                alt.Tooltip("role:N", title="Role"),
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("sample_count:Q", title="Samples", format=","),
                alt.Tooltip("percentage:Q", title="% of the role", format=".2f"),
            ],
        )
    )
    return (
        base.mark_rect().encode(
            color=alt.Color(
                "percentage:Q",
                scale=alt.Scale(scheme="viridis", type="sqrt", domain=[0, 100]),
                legend=None,
            )
        )
        + base.mark_text().encode(
            text=alt.Text("sample_count:Q", format=","),
            color=alt.condition("datum.percentage > 40", alt.value("black"), alt.value("white")),
        )
    ).add_params(LABEL_WIDTH)


def sample_labels(rows: Rows, top: int) -> Chart:
    """Draw the most frequent labels of the samples of a role.

    Args:
        rows: Rows of `sample_label_shares` for one split and role.
        top: The largest number of labels to show.
    """
    return value_bars(
        largest(rows),
        "sample_count",
        "samples",
        axis=alt.Axis(
            tickCount=4,
            tickMinStep=1,
            labelExpr="format(datum.value, datum.value >= 10000 ? '~s' : ',')",
        ),
        y=names_axis("title", "position"),
        text="format(datum.sample_count, ',')",
        more="' (' + format(datum.percentage, '.1f') + '%)'",
        color=highlighted(),
        tooltip=[
            *LABEL_TOOLTIP,
            alt.Tooltip("rank:Q", title="Rank"),
            alt.Tooltip("sample_count:Q", title="Samples", format=","),
            alt.Tooltip("percentage:Q", title="% of the samples", format=".2f"),
        ],
        room=55,
    ).add_params(SEARCH, PICKED, alt.param("shown", value=top))
