-- One metric in one unit of two detectors of the same subset, each pair once, in the order in which
-- it is drawn: see detector_differences. The d-prime of a perfect ranking is infinite: differences
-- from it have no place in a chart, nor have infinite ends of intervals.
with detector_differences as (select * from {{ ref('detector_differences') }}),

detectors as (select * from {{ ref('detectors') }}),

places (place, metric, title) as (
    values
    (1, 'psds1', 'PSDS1'),
    (2, 'psds2', 'PSDS2'),
    (3, 'intersection', 'PSDS, intersection'),
    (4, 'average_precision', 'AP'),
    (5, 'balanced_average_precision', 'balanced AP'),
    (6, 'roc_auc', 'AUC'),
    (7, 'partial_roc_auc', 'partial AUC'),
    (8, 'd_prime', 'd-prime')
)

select
    detector_differences.detector,
    detector_differences.other_detector,
    detector_differences.metric,
    detector_differences.unit,
    row_number() over (
        partition by detector_differences.detector, detector_differences.other_detector
        order by
            places.place,
            list_position(['frame', 'segment', 'clip'], detector_differences.unit)
    ) as rank,
    case
        when detector_differences.unit = 'event' then places.title
        else places.title || ', ' || detector_differences.unit
    end as title,
    detector_differences.difference,
    case when isfinite(detector_differences.low) then detector_differences.low end as low,
    case when isfinite(detector_differences.high) then detector_differences.high end as high,
    detector_differences.better_share
from detector_differences
inner join places on detector_differences.metric = places.metric
inner join detectors on detector_differences.detector = detectors.detector
inner join detectors as others on detector_differences.other_detector = others.detector
where
    detector_differences.detector < detector_differences.other_detector
    and detectors.subset is not distinct from others.subset
    and isfinite(detector_differences.difference)
