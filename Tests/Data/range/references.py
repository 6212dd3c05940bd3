"""Values and first and second derivatives of every scalar function over the whole range of float64 and float32, by mpmath.

python3 references.py writes references.txt beside itself; mpmath 1.3 at 50 digits (more where the argument of a periodic function is large).

Each line: name, dtype, arguments, then pairs "reference condition" for the value and its derivatives: y, y', y'' of a function of one argument;
y, y_x, y_z, y_xx, y_xz, y_zz of a function of two. The condition is the sum over the arguments of |a dr/da|: what a relative change of the
arguments changes. The arguments are exact in their dtype; references are not rounded to any range.
"""

import itertools
import os
import struct
import mpmath
from mpmath import mp, mpf

mp.dps = 50


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


DOUBLE = [5e-324, 3e-320, 1.5e-310, 2.2250738585072014e-308, 7e-300, 1e-200, 3e-155, 2e-100, 1e-50, 1e-10, 0.001, 0.25, 0.7, 1.0, 1.4, 3.0, 12.5, 40.0, 300.0,
          1e5, 1e10, 2e50, 1e100, 1.5e154, 3e200, 1e300, 8e307, 1.7e308]
SINGLE = [single(x) for x in [1.4e-45, 3e-42, 1.5e-39, 1.1754944e-38, 7e-36, 1e-30, 3e-20, 2e-12, 1e-5, 0.001, 0.25, 0.7, 1.0, 1.4, 3.0, 12.5, 40.0, 300.0,
                                  1e5, 1e10, 2e18, 3e19, 1e25, 7e30, 1e38, 3.3e38]]
FEW_DOUBLE = [5e-324, 1.5e-310, 1e-200, 3e-100, 1e-10, 0.3, 1.0, 2.5, 30.0, 1e10, 2e100, 1e200, 1.7e308]
FEW_SINGLE = [single(x) for x in [1.4e-45, 1.5e-39, 1e-30, 3e-15, 1e-5, 0.3, 1.0, 2.5, 30.0, 1e7, 2e15, 1e30, 3.3e38]]


def both(xs):
    return xs + [-x for x in xs]


def sech2(x):
    return 0 if abs(x) > 1e6 else 1 / mpmath.cosh(x) ** 2


def exp(x):
    """e^x, where a double's exponent of it is beyond counting: 0 or infinity."""
    if x > 1e7:
        return mpf("inf")
    return mpf(0) if x < -1e7 else mpmath.exp(x)


def times(a, b):
    """0 times infinity is 0: of products whose first factor vanishes faster."""
    return mpf(0) if a == 0 or b == 0 else a * b


def logistic(x):
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def softplus(x):
    return (x if x > 0 else mpf(0)) + mpmath.log1p(exp(-abs(x)))


def gauss(x):
    return exp(-x * x)


def sinc(m, x):
    """The m-th derivative of sin(pi x)/(pi x), by its series near 0 and by parts elsewhere."""
    z = mpmath.pi * x
    if abs(z) < 5:
        total, k = mpf(0), 0
        while True:
            power = 2 * k - m
            if power >= 0:
                term = (-1) ** k * mpmath.pi ** (2 * k) * mpmath.ff(2 * k, m) / mpmath.factorial(2 * k + 1) * (x ** power if power else 1)
                total += term
                if k > 60:
                    return total
            k += 1
    return sum(mpmath.binomial(m, j) * mpmath.pi ** j * mpmath.sin(z + j * mpmath.pi / 2) * (-1) ** (m - j) * mpmath.factorial(m - j)
               / (mpmath.pi * x ** (m - j + 1)) for j in range(m + 1))


def bessel(n, x):
    n = abs(n)
    if abs(x) > 1e5:
        return mpf("inf") * (-1 if x < 0 and n % 2 else 1)
    return mpmath.besseli(n, x)


def bessels(n):
    return (lambda x: bessel(n, x),
            lambda x: (bessel(n - 1, x) + bessel(n + 1, x)) / 2,
            lambda x: (bessel(n - 2, x) + 2 * bessel(n, x) + bessel(n + 2, x)) / 4,
            lambda x: (bessel(n - 3, x) + 3 * bessel(n - 1, x) + 3 * bessel(n + 1, x) + bessel(n + 3, x)) / 8)


def psi(m, x):
    if x > 1e15:
        # Beyond 1e15 the first terms of the asymptotic series are all of 50 digits that matter.
        if m == 0:
            return mpmath.log(x) - 1 / (2 * x) - 1 / (12 * x ** 2) + 1 / (120 * x ** 4)
        return (-1) ** (m + 1) * (mpmath.factorial(m - 1) / x ** m + mpmath.factorial(m) / (2 * x ** (m + 1)) + mpmath.factorial(m + 1) / (12 * x ** (m + 2)))
    if x < 1e-15:
        # psi_m(x) = (-1)^(m+1) m! / x^(m+1) + psi_m(1 + x)
        return (-1) ** (m + 1) * mpmath.factorial(m) / x ** (m + 1) + mpmath.psi(m, 1 + x)
    return mpmath.psi(m, x)


def psis(m):
    return tuple(lambda x, k=k: psi(m + k, x) for k in range(4))


def lgamma(x):
    return -mpmath.log(x) + mpmath.loggamma(1 + x) if x < 1e-15 else mpmath.loggamma(x)


def powers(n):
    return tuple(lambda x, k=k: mpmath.ff(n, k) * x ** (n - k) if mpmath.ff(n, k) else mpf(0) for k in range(4))


def sign(x):
    return mpf(1 if x > 0 else -1)


zero = lambda x: mpf(0)
one = lambda x: mpf(1)
trigonometric = both([x for x in DOUBLE if x < 1e22]), both([x for x in SINGLE if x < 1e22])
every = both(DOUBLE), both(SINGLE)
positive = DOUBLE, SINGLE
above_minus_one = DOUBLE + [-x for x in DOUBLE if x < 1] + [-0.9999999999999999], SINGLE + [-x for x in SINGLE if x < 1] + [single(-0.99999994)]
unit = both([x for x in DOUBLE if x < 1] + [0.9999999999]), both([x for x in SINGLE if x < 1] + [single(0.9999)])

# name: the function, its first three derivatives, and its arguments in float64 and float32.
ROWS = {
    "neg": (lambda x: -x, lambda x: mpf(-1), zero, zero, every),
    "sign": (sign, zero, zero, zero, every),
    "round": (mpmath.nint, zero, zero, zero, every),
    "saturate": (lambda x: x, one, zero, zero, every),
    "abs": (abs, sign, zero, zero, every),
    "exp": (exp, exp, exp, exp, every),
    "log": (mpmath.log, lambda x: 1 / x, lambda x: -1 / x ** 2, lambda x: 2 / x ** 3, positive),
    "log1p": (mpmath.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2, lambda x: 2 / (1 + x) ** 3, above_minus_one),
    "expm1": (lambda x: mpf(-1) if x < -1e7 else (mpf("inf") if x > 1e7 else mpmath.expm1(x)), exp, exp, exp, every),
    "sqrt": (mpmath.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x)), lambda x: -1 / (4 * x * mpmath.sqrt(x)), lambda x: 3 / (8 * x ** 2 * mpmath.sqrt(x)), positive),
    "square": (lambda x: x * x, lambda x: 2 * x, lambda x: mpf(2), zero, every),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x ** 2, lambda x: 2 / x ** 3, lambda x: -6 / x ** 4, every),
    "sin": (mpmath.sin, mpmath.cos, lambda x: -mpmath.sin(x), lambda x: -mpmath.cos(x), trigonometric),
    "cos": (mpmath.cos, lambda x: -mpmath.sin(x), lambda x: -mpmath.cos(x), mpmath.sin, trigonometric),
    "tan": (mpmath.tan, lambda x: 1 + mpmath.tan(x) ** 2, lambda x: 2 * mpmath.tan(x) * (1 + mpmath.tan(x) ** 2),
            lambda x: 2 * (1 + mpmath.tan(x) ** 2) * (1 + 3 * mpmath.tan(x) ** 2), trigonometric),
    "atan": (mpmath.atan, lambda x: 1 / (1 + x ** 2), lambda x: -2 * x / (1 + x ** 2) ** 2, lambda x: (6 * x ** 2 - 2) / (1 + x ** 2) ** 3, every),
    "asinh": (mpmath.asinh, lambda x: 1 / mpmath.sqrt(1 + x ** 2), lambda x: -x / (1 + x ** 2) ** mpf(1.5), lambda x: (2 * x ** 2 - 1) / (1 + x ** 2) ** mpf(2.5), every),
    "tanh": (lambda x: sign(x) if abs(x) > 1e6 else mpmath.tanh(x), sech2, lambda x: -2 * mpmath.tanh(x) * sech2(x) if abs(x) < 1e6 else mpf(0),
             lambda x: sech2(x) * (4 - 6 * sech2(x)), every),
    "logistic": (logistic, lambda x: logistic(x) * logistic(-x), lambda x: logistic(x) * logistic(-x) * (-mpmath.tanh(x / 2) if abs(x) < 1e6 else -sign(x)),
                 lambda x: logistic(x) * logistic(-x) * (1 - 6 * logistic(x) * logistic(-x)), every),
    "softplus": (softplus, logistic, lambda x: logistic(x) * logistic(-x), lambda x: logistic(x) * logistic(-x) * (-mpmath.tanh(x / 2) if abs(x) < 1e6 else -sign(x)), every),
    "erf": (lambda x: mpmath.erf(x) if abs(x) < 1e5 else sign(x), lambda x: 2 / mpmath.sqrt(mpmath.pi) * gauss(x), lambda x: times(gauss(x), -4 * x / mpmath.sqrt(mpmath.pi)),
            lambda x: times(gauss(x), (8 * x * x - 4) / mpmath.sqrt(mpmath.pi)), every),
    "erfc": (lambda x: mpmath.erfc(x) if abs(x) < 1e5 else 1 - sign(x), lambda x: -2 / mpmath.sqrt(mpmath.pi) * gauss(x), lambda x: times(gauss(x), 4 * x / mpmath.sqrt(mpmath.pi)),
             lambda x: times(gauss(x), (4 - 8 * x * x) / mpmath.sqrt(mpmath.pi)), every),
    "erf_inv": (mpmath.erfinv, lambda x: mpmath.sqrt(mpmath.pi) / 2 * exp(mpmath.erfinv(x) ** 2),
                lambda x: mpmath.pi / 2 * mpmath.erfinv(x) * exp(2 * mpmath.erfinv(x) ** 2),
                lambda x: mpmath.sqrt(mpmath.pi) * mpmath.pi / 4 * (1 + 4 * mpmath.erfinv(x) ** 2) * exp(3 * mpmath.erfinv(x) ** 2), unit),
    "sinh": (lambda x: (exp(x) - exp(-x)) / 2 if abs(x) > 1 else mpmath.sinh(x), lambda x: (exp(x) + exp(-x)) / 2,
             lambda x: (exp(x) - exp(-x)) / 2 if abs(x) > 1 else mpmath.sinh(x), lambda x: (exp(x) + exp(-x)) / 2, every),
    "cosh": (lambda x: (exp(x) + exp(-x)) / 2, lambda x: (exp(x) - exp(-x)) / 2 if abs(x) > 1 else mpmath.sinh(x),
             lambda x: (exp(x) + exp(-x)) / 2, lambda x: (exp(x) - exp(-x)) / 2 if abs(x) > 1 else mpmath.sinh(x), every),
    "sinc": tuple(lambda x, k=k: sinc(k, x) for k in range(4)) + (trigonometric,),
    "sinc[1]": tuple(lambda x, k=k: sinc(1 + k, x) for k in range(4)) + (trigonometric,),
    "sinc[3]": tuple(lambda x, k=k: sinc(3 + k, x) for k in range(4)) + (trigonometric,),
    "bessel_i": bessels(0) + (every,),
    "bessel_i[1]": bessels(1) + (every,),
    "bessel_i[2]": bessels(2) + (every,),
    "lgamma": (lgamma, lambda x: psi(0, x), lambda x: psi(1, x), lambda x: psi(2, x), positive),
    "digamma": psis(0) + (positive,),
    "polygamma[1]": psis(1) + (positive,),
    "polygamma[2]": psis(2) + (positive,),
    "power[3]": powers(3) + (every,),
    "power[-2]": powers(-2) + (every,),
}




def power(i, j, x, z):
    # d^i/dx^i x^z = ff(z, i) x^(z - i), and d/dz of x^(z-i) multiplies by log x; at most three orders in all.
    log = mpmath.log(x)

    def falling(i, j):
        """The j-th derivative by z of z (z-1) .. (z-i+1)."""
        polynomial = [mpf(1)]
        for k in range(i):
            polynomial = [(polynomial[n - 1] if n > 0 else 0) - k * (polynomial[n] if n < len(polynomial) else 0) for n in range(len(polynomial) + 1)]
        for _ in range(j):
            polynomial = [n * c for n, c in enumerate(polynomial)][1:] or [mpf(0)]
        return sum(c * z ** n if n else mpf(c) for n, c in enumerate(polynomial))

    exponent = (z - i) * log
    if abs(exponent) > 1e9:
        base = mpf("inf") if exponent > 0 else mpf(0)
    else:
        base = mpmath.exp(exponent)
    total = sum(mpmath.binomial(j, k) * falling(i, k) * log ** (j - k) if j - k else falling(i, k) for k in range(j + 1))
    return times(total, base)


def atan2(i, j, x, z):
    if i + j == 0:
        return mpmath.atan2(x, z)
    # d/dx = Re 1/(z + i x), d/dz = -Im .. of w = z + i x: log w has d/dz = 1/w, d/dx = i/w; atan2 is its imaginary part.
    w = mpmath.mpc(z, x)
    n = i + j
    value = mpmath.mpc(0, 1) ** i * (-1) ** (n - 1) * mpmath.factorial(n - 1) / w ** n
    return value.imag


def logaddexp(i, j, x, z):
    if i + j == 0:
        return max(x, z) + mpmath.log1p(exp(-abs(x - z)))
    n = i + j
    d = x - z
    p = logistic(d)
    q = logistic(-d)
    s = mpmath.tanh(d / 2) if abs(d) < 1e6 else sign(d)
    by_x = [None, p, p * q, -p * q * s]
    if n == 1:
        return p if i else q
    return (-1) ** j * by_x[n]


def xlog(f, derivative):
    def g(i, j, x, z):
        if i > 1:
            return mpf(0)
        value = f(z) if j == 0 else derivative(j, z)
        return x * value if i == 0 else value
    return g


def divide(i, j, x, z):
    if i > 1:
        return mpf(0)
    return (x if i == 0 else 1) * (-1) ** j * mpmath.factorial(j) / z ** (j + 1)


def product(i, j, x, z):
    if i > 1 or j > 1:
        return mpf(0)
    return (1 if i else x) * (1 if j else z)


def linear(a, b):
    return lambda i, j, x, z: a * x + b * z if i + j == 0 else (mpf(a) if (i, j) == (1, 0) else mpf(b) if (i, j) == (0, 1) else mpf(0))


def chosen(better):
    return lambda i, j, x, z: linear(1 if better(x, z) else 0, 0 if better(x, z) else 1)(i, j, x, z)


POWERS = [(x, z) for x in FEW_DOUBLE for z in both([1.5e-310, 1e-200, 1e-10, 0.3, 0.5, 1.0, 1.5, 2.5, 3.0, 30.0, 1e10])]
POWERS32 = [(x, z) for x in FEW_SINGLE for z in map(single, both([1.5e-39, 1e-30, 1e-5, 0.3, 0.5, 1.0, 1.5, 2.5, 3.0, 30.0, 1e7]))]
grid = [pairs + [(-x, z) for x, z in pairs[::4]] for pairs in (list(itertools.product(few, few)) for few in (FEW_DOUBLE, FEW_SINGLE))]
signs = [pairs + [(x, -z) for x, z in pairs[::3]] for pairs in grid]
unequal = [[(x, z) for x, z in part if x != z] for part in signs]

ZIPS = {
    "Add": (linear(1, 1), signs),
    "Subtract": (linear(1, -1), signs),
    "Multiply": (product, signs),
    "Scale": (product, signs),
    "Divide": (divide, signs),
    "Power": (power, (POWERS, POWERS32)),
    "Maximum": (chosen(lambda x, z: x > z), unequal),
    "Minimum": (chosen(lambda x, z: x < z), unequal),
    "Atan2": (atan2, signs),
    "LogAddExp": (logaddexp, signs),
    "XLogY": (xlog(mpmath.log, lambda j, z: (-1) ** (j - 1) * mpmath.factorial(j - 1) / z ** j), grid),
    "XLog1PY": (xlog(mpmath.log1p, lambda j, z: (-1) ** (j - 1) * mpmath.factorial(j - 1) / (1 + z) ** j), grid),
}


def text(x, digits):
    if mpmath.isinf(x):
        return "inf" if x > 0 else "-inf"
    if x == 0:
        return "0"
    s = mpmath.nstr(mpf(x), digits, min_fixed=0, max_fixed=0, strip_zeros=True)
    return s.replace(".0e", "e").replace("e+", "e").removesuffix("e0")


def condition(parts):
    return text(sum((abs(a * d) if a and d else mpf(0)) for a, d in parts), 3)


def lines():
    for name, (*orders, points) in ROWS.items():
        for dtype, xs in zip(("f64", "f32"), points):
            for x in xs:
                # Arguments of periodic functions are reduced with as many digits as they have before the point.
                mp.dps = 80 if abs(x) < 1e20 else 120
                v = mpf(x)
                r = [f(v) for f in orders]
                yield " ".join([name, dtype, repr(x)] + [part for k in range(3) for part in (text(r[k], 17), condition([(v, r[k + 1])]))])
    for name, (f, points) in ZIPS.items():
        for dtype, pairs in zip(("f64", "f32"), points):
            for x, z in pairs:
                mp.dps = 60
                a, b = mpf(x), mpf(z)
                yield " ".join([name, dtype, repr(x), repr(z)] + [part for i, j in ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))
                                                                  for part in (text(f(i, j, a, b), 17), condition([(a, f(i + 1, j, a, b)), (b, f(i, j + 1, a, b))]))])


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "references.txt"), "w") as out:
    for line in lines():
        print(line, file=out)
