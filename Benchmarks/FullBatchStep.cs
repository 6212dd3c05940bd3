// The notebook's full-batch step (1000 rows, 2 features, float32): the emitted loop beside a hand-written one with Vector512.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.FSharp.Core;
using Pipeline.Engine;
using Buffer = Pipeline.Engine.Buffer;

namespace Pipeline.Benchmarks;

internal static unsafe partial class FullBatchStep
{
    private const int Rows = 1000;
    private const float Rate = 0.01f;

    private static Access At(int buffer, int offset = 0, params (int, int)[] terms) => new(buffer, offset, terms);

    private static Lane Argument(int k, DType dtype = DType.Float32) => new(LaneOp.NewArgument(k), dtype, []);

    private static Lane Number(double value, DType dtype = DType.Float32) => new(LaneOp.NewConstant(value), dtype, []);

    private static Lane Op(LaneOp op, params Lane[] arguments) => new(op, arguments[0].DType, arguments);

    private static Lane Fused(Lane a, Lane b, Lane c) => Op(LaneOp.FusedMultiplyAdd, a, b, c);

    private static Statement Nest(Axis[] axes, Source[] sources, Store[] stores, params LoopReduction[] reductions) =>
        Statement.NewNest(new Nest(axes, axes.Length - 1, sources, stores, reductions));

    /// <summary>
    /// Inputs: X (rows by 2, by columns or by rows), y, parameters (w0, w1, b). Outputs: parameters, loss.
    /// While the squared gradient norm exceeds the tolerance: residuals, the four sums, the update, the norm.
    /// </summary>
    private static LoopProgram Program(int steps, bool byColumns)
    {
        const int x = 0,
            y = 1,
            start = 2,
            parameters = 3,
            loss = 4,
            sums = 5,
            count = 6,
            flag = 7,
            norm = 8;
        var (row, second) = byColumns ? (1, Rows) : (2, 1);
        var residual = Op(
            LaneOp.Subtract,
            Fused(Argument(0), Argument(3), Fused(Argument(1), Argument(4), Argument(5))),
            Argument(2)
        );
        LoopReduction Sum(Lane value, int at) =>
            new(
                Reduction.Sum,
                value,
                1,
                At(sums, at),
                FSharpValueOption<SumOrder>.NewValueSome(SumOrderModule.ofReduction(DType.Float32, [Rows], [0]))
            );
        var pass = Nest(
            [new Axis(0, Rows)],
            [
                Source.NewLoad(At(x, 0, (0, row))),
                Source.NewLoad(At(x, second, (0, row))),
                Source.NewLoad(At(y, 0, (0, 1))),
                Source.NewLoad(At(parameters, 0)),
                Source.NewLoad(At(parameters, 1)),
                Source.NewLoad(At(parameters, 2)),
            ],
            [],
            Sum(Op(LaneOp.Multiply, residual, residual), 0),
            Sum(Op(LaneOp.Multiply, residual, Argument(0)), 1),
            Sum(Op(LaneOp.Multiply, residual, Argument(1)), 2),
            Sum(residual, 3)
        );
        Lane Gradient(int k) => Op(LaneOp.Multiply, Argument(k), Number(2.0 / Rows));
        Store Update(int k) => new(At(parameters, k), Fused(Gradient(k + 1), Number(-Rate), Argument(k + 4)));
        var update = Nest(
            [],
            [
                .. Enumerable.Range(0, 4).Select(k => Source.NewLoad(At(sums, k))),
                .. Enumerable.Range(0, 3).Select(k => Source.NewLoad(At(parameters, k))),
                Source.NewLoad(At(count)),
            ],
            [
                Update(0),
                Update(1),
                Update(2),
                new Store(At(loss), Op(LaneOp.Multiply, Argument(0), Number(1.0 / Rows))),
                new Store(
                    At(norm),
                    Fused(
                        Gradient(1),
                        Gradient(1),
                        Fused(Gradient(2), Gradient(2), Op(LaneOp.Multiply, Gradient(3), Gradient(3)))
                    )
                ),
                new Store(At(count), Op(LaneOp.Add, Argument(7, DType.Int32), Number(1, DType.Int32))),
            ]
        );
        var less = LaneOp.NewCompare(Relation.Less);
        var going = new Lane(less, DType.Bool, [Number(1e-30), Argument(0)]);
        var early = new Lane(less, DType.Bool, [Argument(1, DType.Int32), Number(steps, DType.Int32)]);
        var test = Nest(
            [],
            [Source.NewLoad(At(norm)), Source.NewLoad(At(count))],
            [new Store(At(flag), Op(LaneOp.And, going, early))]
        );
        var begin = Nest(
            [],
            [.. Enumerable.Range(0, 3).Select(k => Source.NewLoad(At(start, k)))],
            [
                .. Enumerable.Range(0, 3).Select(k => new Store(At(parameters, k), Argument(k))),
                new Store(At(count), Number(0, DType.Int32)),
                new Store(At(norm), Number(1)),
            ]
        );
        TensorType Floats(int size) => new(DType.Float32, [size]);
        var offset = 0;
        Buffer Scratch(DType dtype, int size) => new(dtype, size, BufferKind.NewWorkspace(64 * offset++));
        return new LoopProgram(
            [
                new Buffer(DType.Float32, 2 * Rows, BufferKind.NewInput(0)),
                new Buffer(DType.Float32, Rows, BufferKind.NewInput(1)),
                new Buffer(DType.Float32, 3, BufferKind.NewInput(2)),
                new Buffer(DType.Float32, 3, BufferKind.NewOutput(0)),
                new Buffer(DType.Float32, 1, BufferKind.NewOutput(1)),
                Scratch(DType.Float32, 4),
                Scratch(DType.Int32, 1),
                Scratch(DType.Bool, 1),
                Scratch(DType.Float32, 1),
            ],
            64 * 4,
            [begin, Statement.NewRepeatWhile([test], At(flag), 0, [pass, update])],
            [Floats(2 * Rows), Floats(Rows), Floats(3)],
            [Floats(3), Floats(1)]
        );
    }

    /// <summary>How a contender adds a product to a sum.</summary>
    private interface IMultiplyAdd
    {
        static abstract Vector512<float> Of(Vector512<float> a, Vector512<float> b, Vector512<float> sum);
    }

    /// <summary>One rounding: the fastest.</summary>
    private readonly struct OneRounding : IMultiplyAdd
    {
        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b, Vector512<float> sum) =>
            Vector512.FusedMultiplyAdd(a, b, sum);
    }

    /// <summary>Two roundings: the engine's rule between operations, whose bits eager work has too.</summary>
    private readonly struct TwoRoundings : IMultiplyAdd
    {
        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b, Vector512<float> sum) => sum + a * b;
    }

    /// <summary>
    /// The best loop by hand, columns apart: two vectors at a time, each with its four sums; the last rows masked. No test for convergence.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float ByHand<TSum>(float* x0, float* x1, float* y, float* parameters, int steps)
        where TSum : struct, IMultiplyAdd
    {
        const int whole = Rows / 32 * 32;
        var absent = Vector512
            .LessThan(Vector512.CreateSequence(0, 1), Vector512.Create(16 - (Rows - whole)))
            .AsSingle();
        var loss = 0f;
        for (var step = 0; step < steps; step++)
        {
            var (w0, w1, b) = (parameters[0], parameters[1], parameters[2]);
            var (v0, v1, vb) = (Vector512.Create(w0), Vector512.Create(w1), Vector512.Create(b));
            Vector512<float> l0 = default,
                g0 = default,
                h0 = default,
                s0 = default;
            Vector512<float> l1 = default,
                g1 = default,
                h1 = default,
                s1 = default;
            for (var i = 0; i < whole; i += 32)
            {
                Vector512<float> a0 = Vector512.Load(x0 + i),
                    a1 = Vector512.Load(x0 + i + 16);
                Vector512<float> c0 = Vector512.Load(x1 + i),
                    c1 = Vector512.Load(x1 + i + 16);
                var r0 = Residual(a0, c0, Vector512.Load(y + i), v0, v1, vb);
                var r1 = Residual(a1, c1, Vector512.Load(y + i + 16), v0, v1, vb);
                l0 = TSum.Of(r0, r0, l0);
                l1 = TSum.Of(r1, r1, l1);
                g0 = TSum.Of(r0, a0, g0);
                g1 = TSum.Of(r1, a1, g1);
                h0 = TSum.Of(r0, c0, h0);
                h1 = TSum.Of(r1, c1, h1);
                s0 += r0;
                s1 += r1;
            }

            // The last vector overlaps the one before; its first lanes are taken out.
            var back = Rows - 16;
            var a = Vector512.AndNot(Vector512.Load(x0 + back), absent);
            var c = Vector512.AndNot(Vector512.Load(x1 + back), absent);
            var r = Vector512.AndNot(Residual(a, c, Vector512.Load(y + back), v0, v1, vb), absent);
            loss = Vector512.Sum(TSum.Of(r, r, l0) + l1) * (1f / Rows);
            parameters[0] = w0 - Rate * (Vector512.Sum(TSum.Of(r, a, g0) + g1) * (2f / Rows));
            parameters[1] = w1 - Rate * (Vector512.Sum(TSum.Of(r, c, h0) + h1) * (2f / Rows));
            parameters[2] = b - Rate * (Vector512.Sum(s0 + r + s1) * (2f / Rows));
        }

        return loss;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Residual(
        Vector512<float> a,
        Vector512<float> c,
        Vector512<float> y,
        Vector512<float> w0,
        Vector512<float> w1,
        Vector512<float> b
    ) => Vector512.FusedMultiplyAdd(a, w0, Vector512.FusedMultiplyAdd(c, w1, b)) - y;

    public static void Run()
    {
        const int steps = 2_000;
        var random = new Random(1);
        var columns = NDArrayModule.allocateAligned(DType.Float32, [2 * Rows]);
        var rows = NDArrayModule.allocateAligned(DType.Float32, [2 * Rows]);
        var y = NDArrayModule.allocateAligned(DType.Float32, [Rows]);
        Span<float> c = columns.Span<float>(),
            r = rows.Span<float>(),
            t = y.Span<float>();
        for (var i = 0; i < Rows; i++)
        {
            c[i] = r[2 * i] = random.NextSingle();
            c[Rows + i] = r[2 * i + 1] = random.NextSingle();
            t[i] = 2 * c[i] - 3 * c[Rows + i] + random.NextSingle();
        }

        var start = NDArrayModule.allocate(DType.Float32, [3]);
        start.Span<float>().Clear();
        var kernel = Microsoft.FSharp.Core.FuncConvert.FromFunc<Op, NDArray[], NDArray[]>((_, _) => []);
        var byColumns = Emit.compile(Emit.defaults, kernel, Program(steps, true));
        var byRows = Emit.compile(Emit.defaults, kernel, Program(steps, false));
        var one = Emit.compile(Emit.defaults, kernel, Program(1, true));
        NDArray[] Outputs() => [NDArrayModule.allocate(DType.Float32, [3]), NDArrayModule.allocate(DType.Float32, [1])];
        NDArray[] columnInputs = [columns, y, start],
            rowInputs = [rows, y, start],
            outputs = Outputs();
        var hand = (float*)NativeMemory.AlignedAlloc(64, 64);
        fixed (
            float* px = columns.Span<float>(),
                py = y.Span<float>()
        )
        {
            var (x0, x1, targets) = ((nint)px, (nint)(px + Rows), (nint)py);
            var medians = Interleaved.Medians(
                401,
                steps,
                () =>
                {
                    new Span<float>(hand, 3).Clear();
                    ByHand<TwoRoundings>((float*)x0, (float*)x1, (float*)targets, hand, steps);
                },
                () =>
                {
                    new Span<float>(hand, 3).Clear();
                    ByHand<OneRounding>((float*)x0, (float*)x1, (float*)targets, hand, steps);
                },
                () => byColumns.RunInto(columnInputs, outputs),
                () => byRows.RunInto(rowInputs, outputs),
                () =>
                {
                    for (var i = 0; i < steps; i++)
                    {
                        one.Run(columnInputs);
                    }
                },
                () =>
                {
                    for (var i = 0; i < steps; i++)
                    {
                        one.RunInto(columnInputs, outputs);
                    }
                }
            );
            Console.WriteLine("Full-batch step, 1000 x 2 float32, ns per step (medians of interleaved batches)");
            string[] what =
            [
                "by hand, products rounded",
                "by hand, products fused",
                "emitted, by columns",
                "emitted, by rows",
                "emitted, a call per step",
                "a call into given arrays",
            ];
            for (var k = 0; k < what.Length; k++)
            {
                Console.WriteLine($"  {what[k], -25}{medians[k], 8:F1}  {medians[k] / medians[1], 5:F2} x");
            }

            byColumns.RunInto(columnInputs, outputs);
            Console.WriteLine(
                $"  parameters: {string.Join(" ", outputs[0].Span<float>().ToArray())} by hand {hand[0]} {hand[1]} {hand[2]}"
            );
        }

        NativeMemory.AlignedFree(hand);
    }
}
