"""The coefficients of the vector forms' polynomials: python3 polynomials.py [NAME] prints them, highest power first, with the error reached.

Each is a minimax polynomial in t on an interval, for a function of mpmath and a weight that turns the polynomial's error into a relative error of the result.
A line of the table: the file and name that hold the coefficients, the degree in float32 and in float64, the interval in each, function and weight.
"""

import sys
import mpmath as m
from mpmath import mpf
from minimax import Problem

ROOT = m.findroot(m.digamma, mpf("1.46"))
TINY = mpf(10) ** -25


def odd(s):
    """(sinh r - r) / r^3 in s = r^2."""
    return m.fsum(s ** j / m.factorial(2 * j + 3) for j in range(20))


def even(s):
    """(cosh r - 1) / r^2 in s = r^2."""
    return m.fsum(s ** j / m.factorial(2 * j + 2) for j in range(20))


def arc(s):
    """(2 atanh r - 2 r - 2 r^3 / 3) / r^5 in s = r^2."""
    return m.fsum(2 * s ** j / (2 * j + 5) for j in range(45))


def near_two(z):
    """lgamma(2 + z) / z."""
    return m.loggamma(2 + z) / z if abs(z) > TINY else m.digamma(2)


def stirling(u):
    """a (lgamma a - (a - 1/2) log a + a - log(2 pi) / 2) in u = 1 / a^2."""
    if u < mpf(10) ** -6:
        return mpf(1) / 12 - u / 360 + u ** 2 / 1260 - u ** 3 / 1680
    a = 1 / m.sqrt(u)
    return a * (m.loggamma(a) - (a - mpf(1) / 2) * m.log(a) + a - m.log(2 * m.pi) / 2)


def stirling_weight(u):
    return 1 / (1 / m.sqrt(u) * m.loggamma(1 / m.sqrt(u))) if u > 0 else mpf(0)


def over_root(t):
    """digamma(13/8 + t) / (13/8 + t - root)."""
    x = mpf(13) / 8 + t
    return m.digamma(x) / (x - ROOT) if abs(x - ROOT) > TINY else m.psi(1, ROOT)


def digamma_series(v):
    """(log x - 1 / (2 x) - digamma x) / v in v = 1 / (2 x)^2."""
    u = 4 * v
    if u < mpf(10) ** -6:
        return 4 * (mpf(1) / 12 - u / 120 + u ** 2 / 252 - u ** 3 / 240)
    x = 1 / m.sqrt(u)
    return 4 * (m.log(x) - 1 / (2 * x) - m.digamma(x)) / u


def cotangent(s):
    """pi r cot(pi r) in s = r^2."""
    r = m.sqrt(s)
    return m.pi * r * m.cot(m.pi * r) if s > TINY else 1 - m.pi ** 2 * s / 3


def sine(s):
    """sin(pi r) / r in s = r^2."""
    return m.sin(m.pi * m.sqrt(s)) / m.sqrt(s) if s > TINY else m.pi


def scaled_tail(t):
    """(x + 2) exp(x^2) erfc(x) in t = (x - 2) / (x + 2)."""
    x = 2 * (1 + t) / (1 - t)
    if x < 30:
        return (x + 2) * m.exp(x * x) * m.erfc(x)
    return (x + 2) * m.fsum((-1) ** j * m.fac2(2 * j - 1) / (2 * x * x) ** j for j in range(13)) / (x * m.sqrt(m.pi))


def relative(f):
    return lambda t: 1 / f(t)


REDUCED = (0, mpf("0.1645"))
RATIO = (0, mpf("0.029438"))

# name: degrees in float32 and float64, then for each dtype interval, function and weight (once where both are the same)
TABLE = {
    "VectorHyperbolic.sineTail": ((2, 4), [(REDUCED, odd, lambda s: s)]),
    "VectorHyperbolic.cosineTail": ((2, 5), [(REDUCED, even, lambda s: s)]),
    "VectorPower.tail": ((2, 7), [(RATIO, arc, lambda s: s ** 2 / 2)]),
    "VectorErrorFunction.scaledTail": ((9, 21), [((-mpf(3) / 7, (mpf("10.6") - 2) / (mpf("10.6") + 2)), scaled_tail, None),
                                                  ((-mpf(3) / 7, mpf(26) / 30), scaled_tail, None)]),
    "VectorGamma.nearTwo": ((9, 20), [((-mpf(45) / 64, mpf(19) / 64), near_two, None)]),
    "VectorGamma.stirling": ((2, 8), [((0, 1 / mpf("4.296875") ** 2), stirling, stirling_weight)]),
    "VectorGamma.sine": ((5, 8), [((0, mpf(1) / 4), sine, None)]),
    "VectorGamma.overRoot": ((13, 25), [((-mpf(5) / 8, mpf(5) / 8), over_root, None)]),
    "VectorGamma.digammaSeries": ((2, 8), [((0, 1 / mpf("8.5") ** 2), digamma_series, lambda v: v)]),
    "VectorGamma.cotangent": ((7, 14), [((0, mpf(1) / 4), cotangent, lambda s: mpf(1))]),
}


def coefficients(name):
    """For each dtype: interval, coefficients from the highest power, and -log2 of the error."""
    degrees, cases = TABLE[name]
    for place, dtype in enumerate(("float32", "float64")):
        (a, b), f, weight = cases[min(place, len(cases) - 1)]
        found, bits = Problem(f, a, b, weight or relative(f), 300).rounded(degrees[place], dtype)
        yield dtype, (a, b), [text(c, dtype) for c in reversed(found)], bits


def text(c, dtype):
    """The fewest digits that are this number of the dtype: 9 significant ones of a float32."""
    digits = repr(float(f"{float(c):.9g}")) if dtype == "float32" else repr(float(c))
    return digits if "." in digits or "e" in digits else digits + ".0"


if __name__ == "__main__":
    for name in sys.argv[1:] or TABLE:
        print(name)
        for dtype, (a, b), lines, bits in coefficients(name):
            print(f"  {dtype} on [{m.nstr(a, 8)}, {m.nstr(b, 8)}]: 2^-{m.nstr(bits, 4)}")
            print("    " + "\n    ".join(lines))
