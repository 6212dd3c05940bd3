"""Hyperbolic, error, gamma and power functions at arguments over their whole range, trigonometric ones of large arguments, by mpmath at 50 digits: python3 references.py writes references.txt.

A line: name, dtype, the bits of each argument, the bits of the nearest number of the dtype to the value, and what is left over in thousandths of the spacing of
numbers there. Values beyond the range of the dtype, and of lgamma and digamma those left of 0, are left out.
"""

import math
import os
import random
import struct
import mpmath as m
from mpmath import mp, mpf

mp.dps = 50
random.seed(11)
FORMATS = {"float32": ("f", "I", 23, -149, 8), "float64": ("d", "Q", 52, -1074, 16)}


def cast(x, dtype):
    return struct.unpack(FORMATS[dtype][0], struct.pack(FORMATS[dtype][0], x))[0]


def bits(x, dtype):
    code, whole, _, _, digits = FORMATS[dtype]
    return format(struct.unpack(whole, struct.pack(code, x))[0], f"0{digits}x")


def magnitude(dtype):
    """Every exponent alike."""
    return 2.0 ** (random.uniform(-148, 127) if dtype == "float32" else random.uniform(-1073, 1023))


def sign():
    return random.choice((-1, 1))


def argument(dtype, largest):
    kind = random.randrange(4)
    if kind == 0:
        return sign() * magnitude(dtype)
    return sign() * random.uniform(0, (2, 6, largest)[kind - 1])


def positive(dtype):
    kind = random.randrange(6)
    if kind == 0:
        return magnitude(dtype)
    if kind == 1:
        return random.choice((1, 2, 1.4616321449683622)) * (1 + sign() * 2.0 ** random.uniform(-20, -4))
    return random.uniform(0, (2.5, 5, 20, 200)[kind - 2])


def bases(dtype):
    kind = random.randrange(5)
    single = dtype == "float32"
    if kind == 0:
        x = magnitude(dtype)
        return x, sign() * random.uniform(0, 3)
    if kind == 1:
        return sign() * random.uniform(0, 5), float(random.randint(-30, 30))
    if kind == 2:
        # Close to 1, and to the largest and the least result.
        x = 1 + sign() * 2.0 ** random.uniform(-12, -3)
        return x, sign() * random.uniform(0, 80 if single else 700) / abs(x - 1)
    if kind == 3:
        x = magnitude(dtype)
        return x, sign() * random.uniform(0.9, 1.04) * (103 if single else 744) / abs(float(m.log(x)))
    return random.uniform(0, 10), random.uniform(-20, 20)


def sides(dtype):
    kind = random.randrange(3)
    if kind == 0:
        return sign() * magnitude(dtype), sign() * magnitude(dtype)
    x = sign() * magnitude(dtype) if kind == 1 else sign() * random.uniform(0, 3)
    return x, sign() * x * 2.0 ** random.uniform(-3, 3)


def angle(dtype):
    """Beyond what vector forms reduce by themselves; now and then the number closest to a multiple of pi/2."""
    if dtype == "float64" and random.randrange(20) == 0:
        return sign() * math.ldexp(6381956970095103, 797)
    low, high = (16.7, 128) if dtype == "float32" else (29.9, 1024)
    return sign() * 2.0 ** random.uniform(low, high if random.randrange(2) else low + 20)


def digamma(x):
    return m.psi(0, x) if x < 1e15 else m.log(x) - 1 / (2 * x)


def lgamma(x):
    return m.loggamma(x) if x > 1e-15 else m.loggamma(1 + x) - m.log(x)


FUNCTIONS = {
    "sinh": (m.sinh, lambda d: (argument(d, 89.5 if d == "float32" else 710.5),), 500),
    "cosh": (m.cosh, lambda d: (argument(d, 89.5 if d == "float32" else 710.5),), 500),
    "erfc": (m.erfc, lambda d: (argument(d, 10.1 if d == "float32" else 27.3),), 700),
    "lgamma": (lgamma, lambda d: (positive(d),), 700),
    "digamma": (digamma, lambda d: (positive(d),), 700),
    "Atan2": (m.atan2, sides, 400),
    "Power": (lambda x, z: mpf(x) ** int(z) if z == int(z) and abs(z) < 100 else mpf(x) ** z, bases, 900),
    "sin": (m.sin, lambda d: (angle(d),), 200),
    "cos": (m.cos, lambda d: (angle(d),), 200),
    "tan": (m.tan, lambda d: (angle(d),), 200),
}


def lines():
    for name, (function, draw, count) in FUNCTIONS.items():
        for dtype, (_, _, mantissa, least, _) in FORMATS.items():
            largest = mpf(2) ** (127 if dtype == "float32" else 1023) * (2 - mpf(2) ** -mantissa)
            found = 0
            while found < count:
                try:
                    arguments = [cast(x, dtype) for x in draw(dtype)]
                except OverflowError:
                    continue
                if any(x == 0 and name not in ("sinh", "cosh", "erfc") or abs(x) > 1e4 and name in ("sinh", "cosh", "erfc") for x in arguments):
                    continue
                value = function(*[mpf(x) for x in arguments])
                if not abs(value) <= largest or value == 0:
                    continue
                spacing = mpf(2) ** max(m.frexp(value)[1] - 1 - mantissa, least)
                nearest = float(m.nint(value / spacing) * spacing)
                rest = int(m.nint((value - nearest) / spacing * 1000))
                try:
                    yield " ".join([name, dtype, *[bits(x, dtype) for x in arguments], bits(nearest, dtype), str(rest)])
                except OverflowError:
                    continue
                found += 1


if __name__ == "__main__":
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "references.txt"), "w") as file:
        file.write("\n".join(lines()) + "\n")
