"""Recomputes evidence with scipy, statsmodels and 50-digit mpmath, and says where it differs.

Reads {"analyses": [[input, output]…], "powers": […], "families": […], "novelties": […]} on standard input; writes
{"compared": {field: count}, "worst": {field: relative error}, "failures": [...]}. Nothing here is shared with the
program that is checked: formulas are written from their sources once more, and scipy and statsmodels have their own.
"""

import json
import sys

import mpmath as mp
import numpy as np
from scipy import stats
from scipy.integrate import quad
from statsmodels.api import WLS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

mp.mp.dps = 30
TOLERANCE = 1e-9
compared, worst, failures = {}, {}, []


def close(field, found, wanted, tolerance=TOLERANCE, where=None):
    """Relative to the size of the wanted value; both absent is equal."""
    compared[field] = compared.get(field, 0) + 1
    if found is None or wanted is None:
        if (found is None) != (wanted is None):
            failures.append([field, found, None if wanted is None else float(wanted), where])
        return
    found, wanted = mp.mpf(found), mp.mpf(wanted)
    if wanted != 0 and abs(wanted) < mp.mpf("1e-300"):
        return  # below the doubles' normal range digits are lost on either side
    error = abs(found - wanted) / abs(wanted) if wanted != 0 else abs(found)
    worst[field] = max(worst.get(field, 0.0), float(error))
    if error > tolerance:
        failures.append([field, float(found), float(wanted), where])


def mpf(value):
    return mp.mpf(int(value))


def moments(kind, arm, scale):
    """Value and variance of the value, of one arm."""
    n = mpf(arm["n"])
    if n == 0:
        return n, None, None
    if kind in ("proportion", "error_rate"):
        p = mpf(arm["sum" if kind == "proportion" else "errors"]) / n
        return n, p, p * (1 - p) / n if n > 1 else None
    if kind == "mean":
        mean = mpf(arm["sum"]) / n
        if n < 2:
            return n, mean / scale, None
        variance = (mpf(arm["sum_sq"]) - n * mean**2) / (n - 1)
        return n, mean / scale, variance / n / scale**2
    y, d = mpf(arm["sum_y"]) / n, mpf(arm["sum_d"]) / n
    if d == 0:
        return n, None, None
    ratio = y / d
    if n < 2:
        return n, ratio / scale, None
    cov = lambda ab, a, b: (mpf(ab) - n * a * b) / (n - 1)
    yy, dd, yd = cov(arm["sum_yy"], y, y), cov(arm["sum_dd"], d, d), cov(arm["sum_yd"], y, d)
    return n, ratio / scale, (yy - 2 * ratio * yd + ratio**2 * dd) / (n * d**2) / scale**2


def adjusted(kind, arms, scale):
    """θ and the moments of each arm after the regression of its units on the covariate; None where that is constant."""
    pooled = [sum(mpf(arm[name]) for arm in arms.values()) for name in ("sum_a", "sum_b")] if kind == "ratio" else None
    units, products = {}, [mp.mpf(0), mp.mpf(0)]
    for name, arm in arms.items():
        n, value, _ = moments(kind, arm, scale)
        mean = lambda key: mpf(arm[key]) / n
        if kind == "proportion":
            q = mean("sum_x")
            x, uu, ux, xx, lost = q, value * (1 - value), mean("sum_xy") - value * q, q * (1 - q), 0
        elif kind == "mean":
            y, x = mean("sum"), mean("sum_x")
            uu, ux, xx, lost = mean("sum_sq") - y**2, mean("sum_xy") - x * y, mean("sum_xx") - x**2, 1
            uu, ux = uu / scale**2, ux / scale
        else:
            r, q, per = mean("sum_y") / mean("sum_d"), pooled[0] / pooled[1], mean("sum_d") * scale
            before = pooled[1] / sum(mpf(one["n"]) for one in arms.values())
            x = (mean("sum_a") - q * mean("sum_b")) / before
            uu = (mean("sum_yy") - 2 * r * mean("sum_yd") + r**2 * mean("sum_dd")) / per**2
            ux = mean("sum_ya") - q * mean("sum_yb") - r * mean("sum_da") + r * q * mean("sum_db")
            ux, lost = ux / per / before, 1
            xx = (mean("sum_aa") - 2 * q * mean("sum_ab") + q**2 * mean("sum_bb")) / before**2 - x**2
        units[name] = n, value, x, uu, ux, xx, lost
        products = [products[0] + n * ux, products[1] + n * xx]
    if abs(products[1]) < mp.mpf("1e-30"):
        return None
    theta = products[0] / products[1]
    total = sum(one[0] for one in units.values())
    middle = sum(n * x for n, _, x, *_ in units.values()) / total
    return theta, {
        name: (n, value - theta * (x - middle), (uu - 2 * theta * ux + theta**2 * xx) / (n - lost))
        for name, (n, value, x, uu, ux, xx, lost) in units.items()
    }


def sides_of(data, metric, variant, scale):
    """The parts of a comparison, as `deciding` takes them, and θ if a covariate adjusts it."""
    kind, theta = metric["kind"], None

    def side(arms, of):
        (n_c, m_c, v_c), (n_t, m_t, v_t) = of(data["control"]), of(variant)
        if v_c is None or v_t is None:
            return mp.mpf(1), n_t, m_t, v_t, n_c, m_c, v_c, 0, 1
        control, arm = arms[data["control"]], arms[variant]
        before = [moments(kind, one, scale)[2] for one in (arm, control)]
        raw = n_t**2 * before[0] + n_c**2 * before[1]
        left = (n_t**2 * v_t + n_c**2 * v_c) / raw if raw > 0 else mp.mpf(1)
        return n_t * n_c / (n_t + n_c), n_t, m_t, v_t, n_c, m_c, v_c, successes(kind, arm) + successes(kind, control), left

    if "strata" in metric:
        parts = [stratum["arms"] for stratum in metric["strata"]]
        return [side(arms, lambda name: moments(kind, arms[name], scale)) for arms in parts], None
    arms = metric["arms"]
    own = adjusted(kind, arms, scale) if any("sum_x" in arm or "sum_a" in arm for arm in arms.values()) else None
    if own:
        theta, units = own
        return [side(arms, lambda name: units[name])], theta
    return [side(arms, lambda name: moments(kind, arms[name], scale))], None


def combine(sides):
    """(n_T, m_T, v_T, n_C, m_C, v_C) of all parts, weighted by their sizes, and Welch's degrees of freedom."""
    if len(sides) == 1:
        whole, shares = sides[0][1:7], [mp.mpf(1)]
    else:
        total = sum(side[0] for side in sides)
        shares = [side[0] / total for side in sides]
        pick = lambda i, power: sum(share**power * side[i] for share, side in zip(shares, sides))
        whole = (pick(1, 0), pick(2, 1), pick(3, 2), pick(4, 0), pick(5, 1), pick(6, 2))
    v_t, v_c = whole[2], whole[5]
    if v_t is None or v_c is None or v_t + v_c == 0:
        return whole, None
    parts = [
        (share**2 * side[3]) ** 2 / (side[1] - 1) + (share**2 * side[6]) ** 2 / (side[4] - 1)
        for share, side in zip(shares, sides)
    ]
    return whole, (v_t + v_c) ** 2 / sum(parts)


def rho2(alpha, planned):
    log = -2 * mp.log(alpha)
    return (log + mp.log(1 + log)) / planned


def fieller(m_t, m_c, v_t, v_c, c):
    """Roots of (m_T − q m_C)² = c² (v_T + q² v_C), as lifts relative to |m_C|; None where the set is no interval."""
    a = m_c**2 - c**2 * v_c
    b = -2 * m_t * m_c
    rest = m_t**2 - c**2 * v_t
    discriminant = b**2 - 4 * a * rest
    if a <= 0 or discriminant < 0:
        return None
    root = mp.sqrt(discriminant)
    low, high = (-b - root) / (2 * a) - 1, (-b + root) / (2 * a) - 1
    return (low, high) if m_c > 0 else (-high, -low)


def deciding(rate, sides, r):
    """V_r: the greatest of the forms. `sides` are strata of (weight, n_T, m_T, v_T, n_C, m_C, v_C, successes, left)."""
    q, total = 1 + r, sum(side[0] for side in sides)

    def over(form):
        return sum((side[0] / total) ** 2 * form(*side[1:]) for side in sides)

    def score(n_t, m_t, v_t, n_c, m_c, v_c, *_):
        n, d = n_t + n_c, m_t - q * m_c
        within = (n_t - 1) * n_t * v_t + q**2 * (n_c - 1) * n_c * v_c
        return (1 / n_t + 1 / n_c) * (within + n_t * n_c / n * d**2) / (n - 1)

    def floor(n_t, m_t, v_t, n_c, m_c, v_c, *_):
        rho = min(abs(r), mp.mpf(1) / 2)
        return (1 / n_t + 1 / n_c) * rho * (1 - rho) * m_c**2

    def rates(n_t, m_t, v_t, n_c, m_c, v_c, successes, left):
        p = min(successes / (q * n_t + n_c), mp.mpf(1), 1 / q)
        return left * (q * p * (1 - q * p) / n_t + q**2 * p * (1 - p) / n_c)

    forms = [lambda n_t, m_t, v_t, n_c, m_c, v_c, *_: v_t + q**2 * v_c, score, floor]
    return max(over(form) for form in forms + ([rates] if rate and q > 0 else []))


def log_phi(z):
    return mp.log(mp.ncdf(z))


def log_e(alpha, planned, units, z):
    parts = [(mp.mpf(8) / 10, 1), (mp.mpf(1) / 10, 30), (mp.mpf(1) / 10, 900)]
    return mp.log(sum(share * mp.exp(tuned_e(alpha, planned / by, units, z)) for share, by in parts))


def tuned_e(alpha, planned, units, z):
    x = units * rho2(2 * alpha, planned)
    return mp.log(2) - mp.log(1 + x) / 2 + x * z**2 / (2 * (x + 1)) + log_phi(z * mp.sqrt(x / (x + 1)))


def log_beta_part(low, high, a, b):
    """ln of the integral of t^(a−1)(1−t)^(b−1) between two points, by quadrature around its greatest part."""
    if a + b < 300:
        return mp.log(mp.betainc(a, b, low, high))
    if min(a, b) <= 1:
        # A pole at one end: the part that has it is the whole without the other part.
        whole = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
        at_pole = (a <= 1 and low == 0) or (b <= 1 and high == 1)
        if at_pole:
            other = log_beta_part(high, 1, a, b) if low == 0 else log_beta_part(0, low, a, b)
            return whole + mp.log1p(-mp.exp(other - whole))
    low, high = mp.mpf(low), mp.mpf(high)
    log = lambda t: (a - 1) * mp.log(t) + (b - 1) * mp.log(1 - t)
    mode = (a - 1) / (a + b - 2)
    inner = min(max(mode, 1 / (a + b)), 1 - 1 / (a + b))
    spread = mp.sqrt(inner * (1 - inner) / (a + b))
    if low < mode < high:
        top, steps = mode, [sign * k * spread for k in (1, 3, 6, 10, 20, 60) for sign in (-1, 1)]
    else:
        top = low if mode <= low else high
        slope = abs((a - 1) / top - (b - 1) / (1 - top))
        scale = min(spread, 1 / slope) if slope > 0 else spread
        sign = 1 if mode <= low else -1
        steps = [sign * k * scale for k in (1, 3, 6, 10, 20, 60, 200)]
    peak = log(top)
    points = sorted({low, high, top, *(top + step for step in steps if low < top + step < high)})
    return peak + mp.log(mp.quad(lambda t: mp.exp(log(t) - peak) if 0 < t < 1 else mp.mpf(0), points))


def student(df, t):
    """Two-sided tail of Student's t: for many degrees of freedom by quadrature of the density."""
    t = abs(t)
    log = lambda u: -(df + 1) / 2 * mp.log1p(u * u / df)
    peak = log(t)
    scale = 1 / max((df + 1) * t / (df + t * t), mp.mpf(1) / 4)
    points = [t + k * scale for k in (0, 1, 3, 6, 10, 20, 40, 100, 1000)] + [mp.inf]
    area = mp.quad(lambda u: mp.exp(log(u) - peak), points)
    constant = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) / 2
    return min(mp.mpf(1), 2 * mp.exp(constant + peak) * area)


def error_rate(metric, stages):
    """Stages of (w_T, w_C, s, f). More errors are harm of a metric that should fall, fewer of one that should rise."""
    more = metric["direction"] == "decrease"
    margin = mp.mpf(metric["margin"])
    if not more:
        margin = -min(margin, mp.mpf("0.999"))
    sums = {True: mp.mpf(0), False: mp.mpf(0)}
    for share, k in ((mp.mpf(8) / 10, 20), (mp.mpf(2) / 10, 2)):
        logs = {True: mp.log(share), False: mp.log(share)}
        for w_t, w_c, s, f in stages:
            theta = w_t * (1 + margin) / (w_t * (1 + margin) + w_c)
            a, b = k * w_t / (w_t + w_c), k * w_c / (w_t + w_c)
            null = s * mp.log(theta) + f * mp.log(1 - theta)
            for upper in (True, False):
                low, high = (theta, 1) if upper else (0, theta)
                logs[upper] += log_beta_part(low, high, a + s, b + f) - log_beta_part(low, high, a, b) - null
        for upper in (True, False):
            sums[upper] += mp.exp(logs[upper])
    w_t, w_c, _, _ = stages[0]
    s, f = sum(stage[2] for stage in stages), sum(stage[3] for stage in stages)
    theta = w_t * (1 + margin) / (w_t * (1 + margin) + w_c)
    p = mp.mpf(1)
    norm = mp.loggamma(s + f + 1)
    if more and s > 0:  # I_θ(s, f + 1)
        p = mp.exp(log_beta_part(0, theta, s, f + 1) - mp.loggamma(s) - mp.loggamma(f + 1) + norm)
    if not more and f > 0:
        p = mp.exp(log_beta_part(theta, 1, s + 1, f) - mp.loggamma(f) - mp.loggamma(s + 1) + norm)
    return mp.log(sums[more]), mp.log(sums[not more]), p


def beta_readout(kind, control, arm, sign):
    key = "sum" if kind == "proportion" else "errors"
    c = stats.beta(1 + int(control[key]), 1 + int(control["n"]) - int(control[key]))
    v = stats.beta(1 + int(arm[key]), 1 + int(arm["n"]) - int(arm[key]))
    tails = (1e-16, 1e-9, 1e-4, 0.03, 0.5)
    points = sorted({f(q) for one in (c, v) for f in (one.ppf, one.isf) for q in tails})
    span = lambda f: sum(quad(f, lo, hi, epsabs=0, epsrel=1e-11, limit=200)[0] for lo, hi in zip(points, points[1:]))
    win = span(lambda x: v.pdf(x) * c.cdf(x))
    if sign == 1:
        return win, span(lambda x: v.cdf(x) * c.sf(x))
    return 1 - win, span(lambda x: c.cdf(x) * v.sf(x))


def beta_difference(kind, control, arm, limit):
    """P(V − C ≤ limit), by quadrature over the narrower posterior."""
    key = "sum" if kind == "proportion" else "errors"
    c, v = (stats.beta(1 + int(one[key]), 1 + int(one["n"]) - int(one[key])) for one in (control, arm))
    narrow, f = (c, lambda x: c.pdf(x) * v.cdf(x + limit)) if c.std() < v.std() else (v, lambda x: v.pdf(x) * c.sf(x - limit))
    tails = (1e-18, 1e-12, 1e-8, 1e-5, 1e-3, 0.03, 0.2, 0.5)
    points = {g(q) for q in tails for g in (narrow.ppf, narrow.isf)}
    points |= {edge for edge in (limit, 1 + limit, -limit, 1 - limit) if min(points) < edge < max(points)}
    points = sorted(points)
    return sum(quad(f, lo, hi, epsabs=0, epsrel=1e-11, limit=200)[0] for lo, hi in zip(points, points[1:]))


def check_comparison(data, metric, found, where):
    kind, control, arm = metric["kind"], metric["arms"][data["control"]], metric["arms"][found["variant"]]
    scale = mpf(metric.get("scale", 1)) if kind in ("mean", "ratio") else mp.mpf(1)
    sides, theta = sides_of(data, metric, found["variant"], scale)
    (n_t, m_t, v_t, n_c, m_c, v_c), df = combine(sides)
    plain = "strata" not in metric and theta is None
    put = lambda field, value, wanted, tolerance=TOLERANCE: close(field, value, wanted, tolerance, where)
    put("control_value", found["control_value"], m_c)
    put("value", found["value"], m_t)
    if m_c is None or m_t is None:
        return
    difference = m_t - m_c
    put("difference", found["difference"], difference)
    if m_c != 0:
        put("lift", found["relative"]["lift"], difference / abs(m_c) if has_lift(metric) else None)
    if v_c is None or v_t is None:
        return
    error = mp.sqrt(v_c + v_t)
    put("standard_error", found["standard_error"], error)
    if theta is not None:
        put("cuped.theta", found["cuped"]["theta"], theta * scale)
        raw = moments(kind, control, scale)[2] + moments(kind, arm, scale)[2]
        if raw > 0:
            put("cuped.variance_left", 1 - found["cuped"]["variance_saved"], (v_t + v_c) / raw, 1e-8)
    check_deciding(data, metric, found, sides, put)
    if error == 0:
        put("z without spread", found["z"], None)
        put("absolute without spread", found["absolute"]["lower"], None)
        put("relative without spread", found["relative"]["lower"], None)
        return
    z = difference / error
    put("z", found["z"], z)
    level = mp.mpf(1) - mp.mpf(
        {"primary": data["alpha"]["final"], "guardrail": data["alpha"]["guardrail"], "secondary": 0.05}[metric["role"]]
    )
    if kind == "mean":
        test = stats.ttest_ind_from_stats(
            float(m_t), float(mp.sqrt(v_t * n_t)), int(n_t), float(m_c), float(mp.sqrt(v_c * n_c)), int(n_c), equal_var=False
        )
        put("welch_df", found["welch_df"], df)
        # scipy's own t is a difference of doubles: its p-value is compared where that is exact enough, mpmath's always.
        x = df / (df + z**2)
        put("p_value mean", found["p_value"], student(df, z))
        if plain and abs(difference) > 1e-3 * abs(m_c) and test.pvalue > 1e-290:
            put("p_value scipy welch", found["p_value"], test.pvalue, 1e-8)
        c = mp.mpf(float(stats.t.ppf(float((1 + level) / 2), float(df))))
    else:
        c = mp.mpf(float(stats.norm.ppf(float((1 + level) / 2))))
        if kind in ("proportion", "error_rate"):
            key = "sum" if kind == "proportion" else "errors"
            y, n, total = mpf(arm[key]) + mpf(control[key]), n_t + n_c, sum(side[0] for side in sides)
            pooled = sum(
                (w / total) ** 2 * left * (own / (a + b)) * (1 - own / (a + b)) * (1 / a + 1 / b)
                for w, a, _, _, b, _, _, own, left in sides
            )
            if pooled > 0:
                put("p_value pooled", found["p_value"], mp.erfc(abs(difference) / mp.sqrt(2 * pooled)))
            if plain and 0 < y < n:
                counts = np.array([int(arm[key]), int(control[key])])
                sizes = np.array([int(n_t), int(n_c)])
                own = proportions_ztest(counts, sizes)[1]
                if n < 1e6 and own > 1e-290:
                    put("p_value statsmodels ztest", found["p_value"], own, 1e-8)
                    table = [counts, sizes - counts]
                    put("p_value scipy chi2", found["p_value"], stats.chi2_contingency(table, correction=False)[1], 1e-8)
        else:
            put("p_value ratio", found["p_value"], mp.erfc(abs(z) / mp.sqrt(2)))
    put("absolute.lower", found["absolute"]["lower"] - float(difference), -c * error, 1e-6)
    put("absolute.upper", found["absolute"]["upper"], difference + c * error, 1e-7)
    if m_c != 0:
        interval = fieller(m_t, m_c, v_t, v_c, c) if has_lift(metric) else None
        put("relative.lower", found["relative"]["lower"], interval and interval[0], 1e-7)
        put("relative.upper", found["relative"]["upper"], interval and interval[1], 1e-7)
    # Bayes.
    sign = 1 if metric["direction"] == "increase" else -1
    credible = found["bayes"]["credible"]
    if plain and kind in ("proportion", "error_rate"):
        if n_t + n_c < 1e11:
            win, loss = beta_readout(kind, control, arm, sign)
            # A chance of one in a million is told from none; of smaller ones the size does not matter.
            put("bayes.chance_to_win", 1 + found["bayes"]["chance_to_win"], 1 + win, 1e-6)
            if loss > 1e-9:
                put("bayes.expected_loss", found["bayes"]["expected_loss"], loss, 1e-6)
            # An error of 1e-6 of half the width changes a tail by 4e-6 of itself.
            below = beta_difference(kind, control, arm, credible["lower"])
            above = 1 - beta_difference(kind, control, arm, credible["upper"])
            put("bayes.credible of rates", below, (1 - credible["level"]) / 2, 4e-6)
            put("bayes.credible of rates", above, (1 - credible["level"]) / 2, 4e-6)
    else:
        u = sign * z
        half = mp.mpf(float(stats.norm.ppf((1 + credible["level"]) / 2))) * error
        put("bayes.credible normal", credible["lower"], difference - half, 1e-6)
        put("bayes.credible normal", credible["upper"], difference + half, 1e-6)
        put("bayes.chance_to_win", found["bayes"]["chance_to_win"], mp.ncdf(u), 1e-9)
        loss = error * (mp.npdf(u) - u * mp.ncdf(-u))
        if loss / error > 1e-6:
            put("bayes.expected_loss", found["bayes"]["expected_loss"], loss, 1e-6)


def successes(kind, arm):
    return mpf(arm["sum" if kind == "proportion" else "errors"]) if kind in ("proportion", "error_rate") else mp.mpf(0)


def has_lift(metric):
    """The value of a treatment is counted beyond quantile and margin where a quantile is a guardrail."""
    return metric["kind"] != "quantile" or metric["role"] != "guardrail"


def check_limits(put, metric, name, found, whole, variance, c):
    """d ± c√V, and relative to |m_C| by Fieller with both variances raised to V in sum."""
    n_t, m_t, v_t, n_c, m_c, v_c = whole
    d, half, unpooled = m_t - m_c, c * mp.sqrt(variance), v_t + v_c
    scale = max(abs(d), half)
    put(name + ".lower", found["lower"] / scale - d / scale, -half / scale, 1e-8)
    put(name + ".upper", found["upper"] / scale - d / scale, half / scale, 1e-8)
    if m_c == 0:
        put(name + ".relative at 0", found["relative_lower"], None)
        return
    if not has_lift(metric):
        interval = None
    elif unpooled == 0:
        interval = (d - half) / abs(m_c), (d + half) / abs(m_c)
    else:
        k = variance / unpooled
        interval = fieller(m_t, m_c, v_t * k, v_c * k, c)
    for index, field in enumerate(("relative_lower", "relative_upper")):
        wanted, own = interval and interval[index], found[field]
        # Near 0 a limit is a difference of larger numbers.
        if interval and own is not None and abs(wanted) < 1e-4 * max(abs(one) for one in interval):
            wanted, own = wanted + interval[1] - interval[0], own + interval[1] - interval[0]
        put(f"{name}.{field}", own, wanted, 1e-7)


def check_deciding(data, metric, found, sides, put):
    """All that rests on V_r."""
    whole, welch = combine(sides)
    n_t, m_t, v_t, n_c, m_c, v_c = whole
    kind, rate = metric["kind"], metric["kind"] in ("proportion", "error_rate")
    d, units = m_t - m_c, n_t + n_c
    variance = deciding(rate, sides, mp.mpf(0))
    sequence, final = found["sequence"], found["final"]
    if variance == 0:
        for field, value in (("sequence", sequence["half_width"]), ("final", final["z"]), ("estimate", found["estimate"])):
            put(field + " of nothing", value, None)
    else:
        z = d / mp.sqrt(variance)
        alpha, planned = mp.mpf(data["alpha"]["interim"]), mp.mpf(int(data["planned_units"]))
        x = units * rho2(alpha, planned)
        c = mp.sqrt((x + 1) / x * mp.log((x + 1) / alpha**2))
        put("sequence.half_width", sequence["half_width"], c * mp.sqrt(variance))
        p = min(mp.mpf(1), mp.sqrt(x + 1) * mp.exp(-x * z**2 / (2 * (x + 1))))
        put("sequence.p_value", sequence["p_value"], p)
        check_limits(put, metric, "sequence", sequence, whole, variance, c)
        put("final.z", final["z"], z)
        top = 1 - mp.mpf(data["alpha"]["final"]) / 2
        if kind == "mean":
            df = welch if welch is not None else units - 2
            put("final.p_value student", final["p_value"], student(df, z))
            c = mp.mpf(float(stats.t.ppf(float(top), float(df))))
        else:
            put("final.p_value normal", final["p_value"], mp.erfc(abs(z) / mp.sqrt(2)))
            c = mp.mpf(float(stats.norm.ppf(float(top))))
        check_limits(put, metric, "final", final, whole, variance, c)
        tau = mp.mpf(metric["prior_sd"]) if "prior_sd" in metric else mp.mpf(data.get("mde", 0)) * abs(m_c)
        put("estimate", found["estimate"], d * tau**2 / (tau**2 + variance) if tau > 0 else None)
    limits = ("lower", "upper", "relative_lower", "relative_upper")
    source = final if data.get("at_horizon") else sequence
    for field in limits:
        put("valid_now", found["valid_now"][field], source[field])
    if metric["role"] == "guardrail":
        check_guardrail(data, metric, found, sides, put)


def check_guardrail(data, metric, found, sides, put):
    (n_t, m_t, v_t, n_c, m_c, v_c), _ = combine(sides)
    kind, rate = metric["kind"], metric["kind"] in ("proportion", "error_rate")
    guardrail, margin = found["guardrail"], mp.mpf(metric["margin"])
    harmful = 1 if metric["direction"] == "decrease" else -1
    r = mp.mpf(0) if kind == "quantile" else harmful * margin * (-1 if m_c < 0 else 1)
    variance = deciding(rate, sides, r)
    z = harmful * (m_t - (1 + r) * m_c) / mp.sqrt(variance) if variance > 0 else None
    if z is None or abs(z) > 1e-6:
        put("guardrail.z", guardrail["z"], z, 1e-9)
    alpha, planned = mp.mpf(data["alpha"]["guardrail"]), mp.mpf(int(data["planned_units"]))
    family = sum(one["role"] == "guardrail" for one in data["metrics"]) * (len(data["allocation"]) - 1)
    bar = family / (mp.mpf(8) / 10 * alpha)
    if "later_epochs" in data:
        bar = family * data["later_epochs"] / (mp.mpf(2) / 10 * alpha)
    if kind == "error_rate":
        stages = [
            tuple(mp.mpf(stage["allocation"][v]) for v in (found["variant"], data["control"]))
            + tuple(mpf(stage["arms"][v]["errors"]) for v in (found["variant"], data["control"]))
            for stage in metric.get("strata") or [{"allocation": data["allocation"], "arms": metric["arms"]}]
        ]
        harm, safe, p = error_rate(metric, stages)
        if len(stages) > 1 and p != 1:
            p = None if z is None else mp.ncdf(-z)
        name = "error_rate"
    elif z is None:
        harm, safe, p, name = None, None, None, "guardrail of nothing"
    else:
        harm, safe, p = log_e(alpha, planned, n_t + n_c, z), log_e(alpha, planned, n_t + n_c, -z), mp.ncdf(-z)
        name = "guardrail"
    # Near 0 a logarithm is a difference of larger numbers.
    put_log = lambda field, own, log: put(field, own, log) if log is None or abs(log) > 1e-3 else None
    put_log(name + ".log_e_harm", guardrail["log_e_harm"], harm)
    put_log(name + ".log_e_non_inferior", guardrail["log_e_non_inferior"], safe)
    put(name + ".p_value", guardrail["p_value"], p)
    if harm is not None:
        for field, log, wanted in (("harm", harm, bar), ("non_inferior", safe, 1 / alpha)):
            if abs(log - mp.log(wanted)) > 1e-6:
                put("guardrail." + field, int(guardrail[field]), int(log >= mp.log(wanted)))


def check_srm(data, found, where):
    variants = list(data["allocation"])
    largest = lambda v: max(int(metric["arms"][v]["n"]) for metric in data["metrics"])
    units = [int(data["units"][v]) if "units" in data else largest(v) for v in variants]
    weights = [mp.mpf(data["allocation"][v]) for v in variants]
    total, shares = sum(units), [w / sum(weights) for w in weights]
    if total == 0:
        return
    expected = np.array([float(total * share) for share in shares])
    test = stats.chisquare(units, expected * (total / expected.sum()))
    close("srm.chi_square", found["chi_square"], sum((n - total * s) ** 2 / (total * s) for n, s in zip(units, shares)), 1e-9, where)
    if test.pvalue > 1e-290 and total < 1e9:
        close("srm.p_value scipy", found["p_value"], test.pvalue, 1e-6, where)
    k = 1000
    log = mp.loggamma(k) - mp.loggamma(k + total)
    for n, share in zip(units, shares):
        log += mp.loggamma(k * share + n) - mp.loggamma(k * share) - n * mp.log(share)
    close("srm.log_bayes_factor", found["log_bayes_factor"], log, 1e-9, where)


def check_power(case):
    p, options = case["baseline"], case["options"]
    z = mp.mpf(float(stats.norm.ppf(1 - options["alpha"] / (2 * options["comparisons"])))) + mp.mpf(float(stats.norm.ppf(options["power"])))
    ratio, corr = mp.mpf(options["ratio"]), mp.mpf(options["correlation"])
    if case["kind"] != "proportion":
        var_c = var_t = mp.mpf(case["standard_deviation"]) ** 2
    else:
        var_c = mp.mpf(p) * (1 - mp.mpf(p))
        shifted = mp.mpf(p) * (1 + mp.mpf(case["mde"]))
        var_t = shifted * (1 - shifted)
    n = z**2 * (var_c + var_t / ratio) / (mp.mpf(p) * mp.mpf(case["mde"])) ** 2 * mp.mpf("1.07") * (1 - corr**2)
    close("power.units", case["units"], n, 1e-7)


def check_family(case):
    p = case["p"]
    holm = multipletests(p, alpha=case["alpha"], method="holm")[0]
    bh = multipletests(p, alpha=case["alpha"], method="fdr_bh")[0]
    for field, found, wanted in (("holm", case["holm"], holm), ("benjamini_hochberg", case["bh"], bh)):
        compared[field] = compared.get(field, 0) + 1
        if list(found) != [bool(one) for one in wanted]:
            failures.append([field, found, [bool(one) for one in wanted], p])


def check_novelty(case):
    days = case["days"]
    x = np.column_stack([np.ones(len(days)), [one["day"] for one in days]])
    fit = WLS([one["log_ratio"] for one in days], x, weights=[1 / one["variance"] for one in days]).fit(
        cov_type="fixed scale"
    )
    close("novelty.slope", case["slope"], fit.params[1], 1e-6)
    close("novelty.z", case["z"], fit.params[1] / fit.bse[1], 1e-6)


def main():
    cases = json.load(sys.stdin)
    for index, (data, output) in enumerate(cases["analyses"]):
        check_srm(data, output["srm"], index)
        for metric, found in zip(data["metrics"], output["metrics"]):
            for comparison in found["comparisons"]:
                check_comparison(data, metric, comparison, index)
    for case in cases["powers"]:
        check_power(case)
    for case in cases["families"]:
        check_family(case)
    for case in cases["novelties"]:
        check_novelty(case)
    json.dump({"compared": compared, "worst": worst, "failures": failures[:20], "failed": len(failures)}, sys.stdout)


main()
