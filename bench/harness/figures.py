"""Medians, and ratios of paired rounds with their uncertainty."""

import random
import statistics

RESAMPLES = 2000


def median(values):
    return statistics.median(values)


def spread(values):
    """{median, min, max}."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def interval(values, level=0.95, seed=1):
    """(low, high) that holds the median with that probability: percentile bootstrap, the same for the same values."""
    if len(values) < 2:
        return values[0], values[0]
    source = random.Random(seed)
    medians = sorted(median(source.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = int(RESAMPLES * (1 - level) / 2)
    return medians[cut], medians[RESAMPLES - 1 - cut]


def paired_ratio(ours, theirs):
    """Ratio of figures taken in the same rounds: {median, low, high, min, max, rounds}."""
    if len(ours) != len(theirs):
        raise ValueError(f"rounds do not pair: {len(ours)} and {len(theirs)}")
    ratios = [a / b for a, b in zip(ours, theirs)]
    low, high = interval(ratios)
    return {"median": median(ratios), "low": low, "high": high, "min": min(ratios), "max": max(ratios), "rounds": len(ratios)}


def line_fit(points):
    """(slope, intercept) of the least-squares line through [(x, y), …]; at least two different x."""
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    width = sum((x - mean_x) ** 2 for x, _ in points)
    if width == 0:
        raise ValueError("a line needs two different x")
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / width
    return slope, mean_y - slope * mean_x
