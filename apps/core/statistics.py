"""The arithmetic of the figures: intervals and quantiles, pure functions of numbers.

An interval says how far a figure may lie from the truth by chance alone. Every function returns None where the
numbers do not carry one, never a made-up bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, cos, floor, pi, sin, sqrt
from statistics import NormalDist, fmean, stdev

Z95 = NormalDist().inv_cdf(0.975)
Interval = tuple[float, float]
SMALL = 5  # fewer than so many say little, and are marked


def wilson(successes: float, trials: float, z: float = Z95) -> Interval | None:
    """The Wilson score interval of a share: stays within 0 and 1, and is honest at 0 of n and n of n."""
    if trials <= 0:
        return None
    share = successes / trials
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    middle, scale = share + z * z / (2 * trials), 1 + z * z / trials
    low = 0.0 if successes == 0 else max(0.0, (middle - spread) / scale)
    high = 1.0 if successes == trials else min(1.0, (middle + spread) / scale)
    return low, high


def macro_share_interval(groups: Sequence[tuple[float, float]], z: float = Z95) -> Interval | None:
    """The interval of a mean of shares, one a group, whatever the groups' sizes.

    Each group's variance is taken at Agresti and Coull's adjusted share, so that a group that is all of one mind is not
    taken for certain.
    """
    known = [(hits, total) for hits, total in groups if total > 0]
    if not known:
        return None
    middle = fmean(hits / total for hits, total in known)
    adjusted = [((hits + 2) / (total + 4), total + 4) for hits, total in known]
    spread = z * sqrt(sum(share * (1 - share) / total for share, total in adjusted)) / len(known)
    return max(0.0, middle - spread), min(1.0, middle + spread)


def student_quantile(degrees: int, probability: float = 0.975) -> float:
    """The quantile of Student's t: exact for 1 and 2 degrees of freedom, else Hill's expansion (error below 0.01)."""
    if degrees == 1:
        return sin(pi * (probability - 0.5)) / cos(pi * (probability - 0.5))
    if degrees == 2:
        return (2 * probability - 1) * sqrt(2 / (4 * probability * (1 - probability)))
    z = NormalDist().inv_cdf(probability)
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * degrees**4)
    )


def mean_interval(values: Sequence[float]) -> Interval | None:
    """The interval of a mean (Student's t)."""
    if len(values) < 2:
        return None
    middle = fmean(values)
    spread = student_quantile(len(values) - 1) * stdev(values) / sqrt(len(values))
    return middle - spread, middle + spread


def rate_interval(events: float, exposure: float, factor: float = 1.0) -> Interval | None:
    """The interval of a rate of events (Byar's approximation to the exact Poisson interval)."""
    if exposure <= 0 or events < 0:
        return None
    low = 0.0
    if events > 0:
        low = events * (1 - 1 / (9 * events) - Z95 / (3 * sqrt(events))) ** 3
    more = events + 1
    high = more * (1 - 1 / (9 * more) + Z95 / (3 * sqrt(more))) ** 3
    return max(0.0, low) * factor / exposure, high * factor / exposure


def quantile(values: Sequence[float], probability: float) -> float | None:
    """The quantile by linear interpolation between the two nearest ranks."""
    if not values:
        return None
    ordered = sorted(values)
    place = probability * (len(ordered) - 1)
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def quantile_interval(values: Sequence[float], probability: float = 0.5) -> Interval | None:
    """The interval of a quantile from the order statistics; None when there are too few values to cover 95 %."""
    ordered, n = sorted(values), len(values)
    if n == 0:
        return None
    if n > 200:
        spread = Z95 * sqrt(n * probability * (1 - probability))
        low, high = floor(n * probability - spread), floor(n * probability + spread) + 1
        return ordered[max(0, low)], ordered[min(n - 1, high)]
    weights = [comb(n, k) * probability**k * (1 - probability) ** (n - k) for k in range(n + 1)]
    below = [sum(weights[:k]) for k in range(n + 2)]
    low = max((k for k in range(1, n + 1) if below[k] <= 0.025), default=None)
    high = min((k for k in range(1, n + 1) if 1 - below[k] <= 0.025), default=None)
    if low is None or high is None:
        return None
    return ordered[low - 1], ordered[high - 1]
