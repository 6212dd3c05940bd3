"""Minimax polynomials by Remez' exchange in arbitrary precision, with coefficients that are numbers of float32 or float64.

For a function f on [a, b] and a weight w, the polynomial p of the given degree that makes the largest |w (p - f)| least. Rounding the coefficients
to a dtype afterwards would cost up to 2 bits; so they are rounded one after the other, the constant first, and the higher ones, which are still free,
are fitted again after each. With mpmath 1.3 the same digits come out of every run.
"""

import struct
from mpmath import mp, mpf, cos, pi, matrix, lu_solve, log, fsum

mp.dps = 45


def rounded(x, dtype):
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0] if dtype == "float32" else float(x))


def evaluate(coefficients, x):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def nodes(count, a, b):
    """Extrema of the Chebyshev polynomial, from b down to a."""
    return [(a + b) / 2 + (b - a) / 2 * cos(pi * k / (count - 1)) for k in range(count)]


class Problem:
    def __init__(self, f, a, b, weight, density=400):
        self.a, self.b = mpf(a), mpf(b)
        self.grid = nodes(density, self.a, self.b)[::-1]
        self.values = [f(x) for x in self.grid]
        self.weights = [weight(x) for x in self.grid]

    def errors(self, coefficients):
        return [w * (evaluate(coefficients, x) - v) for x, v, w in zip(self.grid, self.values, self.weights)]

    def fit(self, degree, fixed):
        """The best polynomial whose first coefficients are given: Remez' exchange on the grid."""
        first = len(fixed)
        unknowns = degree + 1 - first
        wanted = unknowns + 1
        step = (len(self.grid) - 1) / (wanted - 1)
        places = [round(k * step) for k in range(wanted)]
        for _ in range(30):
            system, right = matrix(wanted, wanted), matrix(wanted, 1)
            for row, place in enumerate(places):
                x, w = self.grid[place], self.weights[place]
                for j in range(unknowns):
                    system[row, j] = w * x ** (first + j)
                system[row, unknowns] = (-1) ** row
                right[row] = w * (self.values[place] - evaluate(fixed, x))
            solution = lu_solve(system, right)
            coefficients = fixed + [solution[j] for j in range(unknowns)]
            errors = self.errors(coefficients)
            largest = max(abs(e) for e in errors)
            if largest <= abs(solution[unknowns]) * mpf("1.02"):
                break
            # The largest error of each run of equal signs, and of the runs the `wanted` neighbours that are largest.
            peaks = []
            for i, e in enumerate(errors):
                if peaks and (e > 0) == (errors[peaks[-1]] > 0):
                    if abs(e) > abs(errors[peaks[-1]]):
                        peaks[-1] = i
                else:
                    peaks.append(i)
            if len(peaks) < wanted:
                break
            while len(peaks) > wanted:
                peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
            if peaks == places:
                break
            places = peaks
        return coefficients

    def smooth(self, degree, fixed):
        """The same by least squares on the grid, which lies as densely at the ends as minimax errors want it: where 0 is inside the interval, the
        powers that are left have a common zero there, and exchange finds no best polynomial."""
        first = len(fixed)
        unknowns = degree + 1 - first
        powers = [[w * x ** (first + j) for j in range(unknowns)] for x, w in zip(self.grid, self.weights)]
        right = [w * (v - evaluate(fixed, x)) for x, v, w in zip(self.grid, self.values, self.weights)]
        system = matrix(unknowns, unknowns)
        for i in range(unknowns):
            for j in range(i, unknowns):
                system[i, j] = system[j, i] = fsum(row[i] * row[j] for row in powers)
        solution = lu_solve(system, matrix([fsum(row[i] * r for row, r in zip(powers, right)) for i in range(unknowns)]))
        return fixed + [solution[j] for j in range(unknowns)]

    def rounded(self, degree, dtype):
        """Coefficients in the dtype, lowest power first, and -log2 of the largest weighted error."""
        fixed = []
        while len(fixed) <= degree:
            fit = self.smooth if fixed and self.a < 0 < self.b else self.fit
            fixed = fixed + [rounded(fit(degree, fixed)[len(fixed)], dtype)]
        return fixed, -log(max(abs(e) for e in self.errors(fixed)), 2)
