"""Compositions of scalar functions at wide arguments with their first and second derivatives, and how far their values go, by mpmath.

python3 compositions.py writes compositions.txt beside itself; mpmath 1.3 at 60 digits.

Each line: name, dtype, the one or two arguments, then for y and its derivatives (y, y', y''; of two arguments y, y_x, y_z, y_xx, y_xz, y_zz)
the reference and its condition, then for the orders 0, 1, 2 the least and the greatest magnitude, zeros left out, of the values on the way to y
and of their derivatives up to that order (1 1 where there are none); the slopes of lgamma, which are functions of the table, are such values. The condition is by how much a relative change of each number on the way,
values and derivatives in forward mode and cotangents in reverse mode, changes the reference, in all. The arguments are exact in their dtype.
"""

import itertools
import os
import struct
import mpmath
from mpmath import mp, mpf

mp.dps = 60
STEP = mpf(10) ** -30


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def rootpi(f):
    return 2 / mpmath.sqrt(mpmath.pi) * f


# name: the function and its first two derivatives.
UNARY = {
    "neg": (lambda x: -x, lambda x: mpf(-1), lambda x: mpf(0)),
    "square": (lambda x: x * x, lambda x: 2 * x, lambda x: mpf(2)),
    "log": (mpmath.log, lambda x: 1 / x, lambda x: -1 / x ** 2),
    "log1p": (mpmath.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2),
    "sqrt": (mpmath.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x)), lambda x: -1 / (4 * x * mpmath.sqrt(x))),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x ** 2, lambda x: 2 / x ** 3),
    "exp": (mpmath.exp, mpmath.exp, mpmath.exp),
    "erfc": (mpmath.erfc, lambda x: rootpi(-mpmath.exp(-x * x)), lambda x: rootpi(2 * x * mpmath.exp(-x * x))),
    "softplus": (lambda x: (x if x > 0 else mpf(0)) + mpmath.log1p(mpmath.exp(-abs(x))), sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "atan": (mpmath.atan, lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2),
    "asinh": (mpmath.asinh, lambda x: 1 / mpmath.sqrt(1 + x * x), lambda x: -x / (1 + x * x) ** mpf(1.5)),
    "lgamma": (mpmath.loggamma, lambda x: mpmath.psi(0, x), lambda x: mpmath.psi(1, x)),
}


def atan2(x, z):
    s = x * x + z * z
    return mpmath.atan2(x, z), z / s, -x / s, -2 * x * z / s ** 2, (x * x - z * z) / s ** 2, 2 * x * z / s ** 2


# name: the function of two arguments and its partial derivatives: f, f_x, f_z, f_xx, f_xz, f_zz.
BINARY = {
    "add": lambda x, z: (x + z, mpf(1), mpf(1), mpf(0), mpf(0), mpf(0)),
    "sub": lambda x, z: (x - z, mpf(1), mpf(-1), mpf(0), mpf(0), mpf(0)),
    "mul": lambda x, z: (x * z, z, x, mpf(0), mpf(1), mpf(0)),
    "div": lambda x, z: (x / z, 1 / z, -x / z ** 2, mpf(0), -1 / z ** 2, 2 * x / z ** 3),
    "pow": lambda x, z: (x ** z, z * x ** (z - 1), x ** z * mpmath.log(x), z * (z - 1) * x ** (z - 2), x ** (z - 1) * (1 + z * mpmath.log(x)), x ** z * mpmath.log(x) ** 2),
    "atan2": atan2,
}


class Value:
    """A node of a program: its operation and operands; numbers and arguments have none."""

    def __init__(self, program, op, operands=(), number=None):
        self.program, self.op, self.operands, self.number = program, op, operands, number
        self.place = len(program)
        program.append(self)

    def lift(self, a):
        return a if isinstance(a, Value) else Value(self.program, "number", (), mpf(a))

    def of(self, op, *others):
        return Value(self.program, op, (self, *map(self.lift, others)))

    def swapped(self, op, other):
        return Value(self.program, op, (self.lift(other), self))

    def __add__(self, a): return self.of("add", a)
    def __radd__(self, a): return self.swapped("add", a)
    def __sub__(self, a): return self.of("sub", a)
    def __rsub__(self, a): return self.swapped("sub", a)
    def __mul__(self, a): return self.of("mul", a)
    def __rmul__(self, a): return self.swapped("mul", a)
    def __truediv__(self, a): return self.of("div", a)
    def __rtruediv__(self, a): return self.swapped("div", a)
    def __pow__(self, a): return self.of("pow", a)
    def __neg__(self): return self.of("neg")
    def __getattr__(self, name):
        if name not in UNARY and name not in BINARY:
            raise AttributeError(name)
        return lambda *others: self.of(name, *others)


PAIRS = [(0, 0), (0, 1), (1, 1)]


class Run:
    """Values, slopes and second derivatives of all nodes, and the cotangents with their derivatives; one number on the way may be changed."""

    def __init__(self, program, arguments, changed=None):
        self.program, self.count, self.changed = program, len(arguments), changed
        self.second = [p for p in PAIRS if max(p) < self.count]
        self.jets, self.parts = [], []
        for node in program:
            jet, parts = self.forward(node, arguments)
            self.jets.append([self.at("forward", node.place, k, part) for k, part in enumerate(jet)])
            self.parts.append(parts)
        self.backward()

    def at(self, kind, place, k, number):
        return number * (1 + STEP) if self.changed == (kind, place, k) else number

    def forward(self, node, arguments):
        n = self.count
        if node.op == "number":
            return [node.number] + [mpf(0)] * (n + len(self.second)), None
        if node.op == "argument":
            return [arguments[node.place]] + [mpf(i == node.place) for i in range(n)] + [mpf(0)] * len(self.second), None
        jets = [self.jets[a.place] for a in node.operands]
        if node.op in UNARY:
            value, *rest = (f(jets[0][0]) for f in UNARY[node.op])
            slopes, curves = rest[:1], {(0, 0): rest[1]}
        else:
            value, fx, fz, fxx, fxz, fzz = BINARY[node.op](jets[0][0], jets[1][0])
            # An exponent that is a number has no slope.
            fixed = node.op == "pow" and node.operands[1].op == "number"
            slopes = [fx, mpf(0) if fixed else fz]
            curves = {(0, 0): fxx, (0, 1): fxz, (1, 0): fxz, (1, 1): fzz} if not fixed else {(0, 0): fxx}
        first = [sum(s * j[1 + i] for s, j in zip(slopes, jets)) for i in range(n)]
        second = []
        for index, (i, k) in enumerate(self.second):
            total = sum(s * j[1 + n + index] for s, j in zip(slopes, jets))
            second.append(total + sum(c * jets[a][1 + i] * jets[b][1 + k] for (a, b), c in curves.items()))
        # The slopes with their derivatives along the arguments.
        parts = [[s] + [sum(curves.get((a, b), 0) * jets[b][1 + k] for b in range(len(jets))) for k in range(n)] for a, s in enumerate(slopes)]
        return [value] + first + second, parts

    def backward(self):
        n = self.count
        cotangents = [[mpf(0)] * (1 + n) for _ in self.program]
        cotangents[-1][0] = mpf(1)
        for node in reversed(self.program):
            given = cotangents[node.place]
            for a, (operand, slope) in enumerate(zip(node.operands, self.parts[node.place] or [])):
                terms = [[given[0] * slope[0]]] + [[given[1 + k] * slope[0], given[0] * slope[1 + k]] for k in range(n)]
                for k, part in enumerate(terms):
                    for which, term in enumerate(part):
                        cotangents[operand.place][k] += self.at("backward", (node.place, a), (k, which), term)
        self.cotangents = cotangents

    def places(self):
        """The forward mode's results and those of reverse mode that are the same."""
        jet, n = self.jets[-1], self.count
        backward = [jet[0]] + [self.cotangents[i][0] for i in range(n)] + [self.cotangents[i][1 + k] for i, k in self.second]
        return jet, backward


def all_changes(run):
    for place, jet in enumerate(run.jets):
        for k, part in enumerate(jet):
            if part:
                yield "forward", place, k
    for node in run.program:
        for a in range(len(node.operands)):
            for k in range(1 + run.count):
                for which in range(1 if k == 0 else 2):
                    yield "backward", (node.place, a), (k, which)


WIDE = [1e-150, 1e-40, 1e-10, 0.3, 2.0, 1e3, 1e8, 1e18, 1e50, 1e75, 1e100, 1e150]
WIDE32 = [1e-18, 1e-15, 1e-10, 1e-4, 0.3, 2.0, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18]
FEW = [1e-150, 1e-75, 1e-10, 0.3, 2.0, 1e10, 1e75, 1e150]
FEW32 = [1e-18, 1e-12, 1e-5, 0.3, 2.0, 1e6, 1e12, 1e18]
NORMAL = [0.1, 1.0, 5.0, 10.0, 20.0, 37.0], [0.1, 1.0, 5.0, 10.0, 12.0]
TAIL = [-3.0, 0.5, 5.0, 20.0, 26.0], [-3.0, 0.5, 4.0, 9.0]
FLAT = [-700.0, -80.0, -1.0, 0.5, 40.0, 1e10, 1e100], [-80.0, -30.0, -1.0, 0.5, 40.0, 1e6, 1e12]
BENT = [-700.0, -80.0, -1.0, 0.5, 40.0, 300.0], [-80.0, -30.0, -1.0, 0.5, 40.0, 88.0]
ALL = WIDE, WIDE32
BOTH = [p for few in (FEW, FEW32) for p in [list(itertools.product(few, few))]]

CHAINS = {
    "log1p(x^2)": (lambda x: x.square().log1p(), ALL),
    "log(1+x^2)": (lambda x: (1 + x * x).log(), ALL),
    "-log(1+x^2)": (lambda x: -(1 + x.square()).log(), ALL),
    "log(10x^2)": (lambda x: (x.square() * 10).log(), ALL),
    "log(x^3)": (lambda x: (x * x * x).log(), ALL),
    "log(1e10x)": (lambda x: (x * 1e10).log(), ALL),
    "sqrt(1+x^2)": (lambda x: (1 + x * x).sqrt(), ALL),
    "x/sqrt(1+x^2)": (lambda x: x / (1 + x * x).sqrt(), ALL),
    "1/(1+x^2)": (lambda x: 1 / (1 + x * x), ALL),
    "x/(1+x^2)": (lambda x: x / (1 + x * x), ALL),
    "x^2/(1+x^2)": (lambda x: x * x / (1 + x * x), ALL),
    "1/x^2": (lambda x: x.square().reciprocal(), ALL),
    "(1+x^2)^-1.5": (lambda x: (1 + x * x) ** -1.5, ALL),
    "log(1/x)": (lambda x: (1 / x).log(), ALL),
    "log(x)/x": (lambda x: x.log() / x, ALL),
    "x/log(1+x)": (lambda x: x / x.log1p(), ALL),
    "log(1+1/x)": (lambda x: x.reciprocal().log1p(), ALL),
    "atan(10x)": (lambda x: (x * 10).atan(), ALL),
    "atan(x^2)": (lambda x: x.square().atan(), ALL),
    "atan(1/x)": (lambda x: (1 / x).atan(), ALL),
    "asinh(x^2)": (lambda x: x.square().asinh(), ALL),
    "1/sqrt(x)": (lambda x: x.sqrt().reciprocal(), ALL),
    "log(log1p(x))": (lambda x: x.log1p().log(), ALL),
    "log(exp(-x^2/2))": (lambda x: (x.square() * -0.5).exp().log(), NORMAL),
    "log(erfc(x))": (lambda x: x.erfc().log(), TAIL),
    "softplus(10x)": (lambda x: (x * 10).softplus(), FLAT),
    "log(1+exp(x))": (lambda x: (1 + x.exp()).log(), BENT),
    "log(exp(x))": (lambda x: x.exp().log(), BENT),
    "1/(1+exp(x))": (lambda x: 1 / (1 + x.exp()), BENT),
    "lgamma(x^2)": (lambda x: x.square().lgamma(), ([1e-100, 1e-5, 0.3, 2.0, 1e3, 1e7], [1e-15, 1e-5, 0.3, 2.0, 1e3])),
    "log(x^2+z^2)": (lambda x, z: (x * x + z * z).log(), BOTH),
    "sqrt(x^2+z^2)": (lambda x, z: (x * x + z * z).sqrt(), BOTH),
    "x/(x^2+z^2)": (lambda x, z: x / (x.square() + z.square()), BOTH),
    "xz/(x^2+z^2)": (lambda x, z: x * z / (x * x + z * z), BOTH),
    "log(x/z)": (lambda x, z: (x / z).log(), BOTH),
    "log(xz)": (lambda x, z: (x * z).log(), BOTH),
    "1/(xz)": (lambda x, z: 1 / (x * z), BOTH),
    "x/z^2": (lambda x, z: x / z.square(), BOTH),
    "(x/z)^2": (lambda x, z: (x / z).square(), BOTH),
    "log(1+(x/z)^2)": (lambda x, z: (x / z).square().log1p(), BOTH),
    "-x^2/(2z^2)-log(z)": (lambda x, z: -(x * x) / (z * z * 2) - z.log(), BOTH),
    "(x/z)^0.5": (lambda x, z: (x / z) ** 0.5, BOTH),
    "atan(x/z)": (lambda x, z: (x / z).atan(), BOTH),
    "x/(x+z)": (lambda x, z: x / (x + z), BOTH),
    "exp(-x/z)": (lambda x, z: (-(x / z)).exp(), ([(x, z) for x, z in BOTH[0] if x / z < 300], [(x, z) for x, z in BOTH[1] if x / z < 60])),
}


def text(x, digits=17):
    return "0" if x == 0 else mpmath.nstr(mpf(x), digits, min_fixed=0, max_fixed=0, strip_zeros=True).replace(".0e", "e").replace("e+", "e").removesuffix("e0")


def ends(numbers):
    sizes = [abs(a) for a in numbers if a != 0]
    return [text(min(sizes), 3), text(max(sizes), 3)] if sizes else ["1", "1"]


def line(name, dtype, f, arguments):
    program = []
    f(*[Value(program, "argument") for _ in arguments])
    exact = [mpf(a) for a in arguments]
    run = Run(program, exact)
    values, backward = run.places()
    conditions = [mpf(0)] * len(values)
    for change in all_changes(run):
        for changed, plain in zip(Run(program, exact, change).places(), (values, backward)):
            for k, (a, b) in enumerate(zip(changed, plain)):
                conditions[k] += abs(a - b) / STEP
    n = len(arguments)
    inner = [jet for node, jet in zip(program, run.jets) if node.op not in ("number", "argument")][:-1]
    gammas = [run.jets[node.operands[0].place][0] for node in program if node.op == "lgamma"]
    spans = [word for order, last in enumerate((1, 1 + n, len(values)))
             for word in ends([part for jet in inner for part in jet[:last]] + [mpmath.psi(m, x) for x in gammas for m in range(order)])]
    words = [word for pair in zip(map(text, values), (text(c, 3) for c in conditions)) for word in pair]
    return " ".join([name, dtype, *map(repr, arguments), *words, *spans])


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "compositions.txt"), "w") as out:
    for name, (f, points) in CHAINS.items():
        for dtype, some in zip(("f64", "f32"), points):
            for arguments in some:
                arguments = arguments if isinstance(arguments, tuple) else (arguments,)
                print(line(name, dtype, f, tuple(map(single, arguments)) if dtype == "f32" else arguments), file=out)
