// The notebook's full-batch step (1000 rows, 2 features, float32): the emitted loop beside a hand-written one with Vector512.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
        LoopReduction Sum(Lane value, int at) => new(Reduction.Sum, value, 1, At(sums, at));
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

    /// <summary>The same by hand, columns apart: 4 vectors at a time, the last ones masked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float ByHand(float* x0, float* x1, float* y, float* parameters, int steps)
    {
        var loss = 0f;
        var tail = Vector512.LessThan(Vector512.CreateSequence(0, 1), Vector512.Create(Rows % 16));
        for (var step = 0; step < steps; step++)
        {
            var (w0, w1, b) = (parameters[0], parameters[1], parameters[2]);
            var (v0, v1, vb) = (Vector512.Create(w0), Vector512.Create(w1), Vector512.Create(b));
            Vector512<float> l0 = default,
                l1 = default,
                l2 = default,
                l3 = default;
            Vector512<float> g0 = default,
                g1 = default,
                g2 = default,
                g3 = default;
            Vector512<float> h0 = default,
                h1 = default,
                h2 = default,
                h3 = default;
            Vector512<float> s0 = default,
                s1 = default,
                s2 = default,
                s3 = default;
            var i = 0;
            for (; i + 64 <= Rows; i += 64)
            {
                Take(x0 + i, x1 + i, y + i, v0, v1, vb, ref l0, ref g0, ref h0, ref s0);
                Take(x0 + i + 16, x1 + i + 16, y + i + 16, v0, v1, vb, ref l1, ref g1, ref h1, ref s1);
                Take(x0 + i + 32, x1 + i + 32, y + i + 32, v0, v1, vb, ref l2, ref g2, ref h2, ref s2);
                Take(x0 + i + 48, x1 + i + 48, y + i + 48, v0, v1, vb, ref l3, ref g3, ref h3, ref s3);
            }

            for (; i + 16 <= Rows; i += 16)
            {
                Take(x0 + i, x1 + i, y + i, v0, v1, vb, ref l0, ref g0, ref h0, ref s0);
            }

            // The last vector overlaps the one before; its first lanes are taken out.
            var back = Rows - 16;
            var absent = Vector512
                .LessThan(Vector512.CreateSequence(0, 1), Vector512.Create(16 - Rows % 16))
                .AsSingle();
            var a = Vector512.AndNot(Vector512.Load(x0 + back), absent);
            var c = Vector512.AndNot(Vector512.Load(x1 + back), absent);
            var r = Vector512.AndNot(
                Vector512.FusedMultiplyAdd(a, v0, Vector512.FusedMultiplyAdd(c, v1, vb)) - Vector512.Load(y + back),
                absent
            );
            l1 += r * r;
            g1 += r * a;
            h1 += r * c;
            s1 += r;
            loss = Vector512.Sum((l0 + l1) + (l2 + l3)) * (1f / Rows);
            var d0 = Vector512.Sum((g0 + g1) + (g2 + g3)) * (2f / Rows);
            var d1 = Vector512.Sum((h0 + h1) + (h2 + h3)) * (2f / Rows);
            var db = Vector512.Sum((s0 + s1) + (s2 + s3)) * (2f / Rows);
            parameters[0] = w0 - Rate * d0;
            parameters[1] = w1 - Rate * d1;
            parameters[2] = b - Rate * db;
            if (d0 * d0 + d1 * d1 + db * db < 1e-30f)
            {
                break;
            }
        }

        return loss;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(
        float* x0,
        float* x1,
        float* y,
        Vector512<float> w0,
        Vector512<float> w1,
        Vector512<float> b,
        ref Vector512<float> loss,
        ref Vector512<float> g0,
        ref Vector512<float> g1,
        ref Vector512<float> g2
    )
    {
        var a = Vector512.Load(x0);
        var c = Vector512.Load(x1);
        var r = Vector512.FusedMultiplyAdd(a, w0, Vector512.FusedMultiplyAdd(c, w1, b)) - Vector512.Load(y);
        loss += r * r;
        g0 += r * a;
        g1 += r * c;
        g2 += r;
    }

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
                    ByHand((float*)x0, (float*)x1, (float*)targets, hand, steps);
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
            Console.WriteLine($"  hand-written Vector512   {medians[0], 8:F1}");
            Console.WriteLine($"  emitted, by columns      {medians[1], 8:F1}");
            Console.WriteLine($"  emitted, by rows         {medians[2], 8:F1}");
            Console.WriteLine($"  emitted, a call per step {medians[3], 8:F1}");
            Console.WriteLine($"  a call into given arrays {medians[4], 8:F1}");
            byColumns.RunInto(columnInputs, outputs);
            Console.WriteLine(
                $"  parameters: {string.Join(" ", outputs[0].Span<float>().ToArray())} by hand {hand[0]} {hand[1]} {hand[2]}"
            );
        }

        NativeMemory.AlignedFree(hand);
    }
}
