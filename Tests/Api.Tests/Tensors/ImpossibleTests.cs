using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Shapes and element types that cannot be, and tensors that outlive their transformation inside a task: named errors, whoever is asked.</summary>
public sealed class ImpossibleTests
{
    private static readonly RandomKey Key = new(0);

    public static TheoryData<string, Action<int[]>> Makers =>
        new()
        {
            { "Zeros", shape => Tensor.Zeros(shape) },
            { "Ones", shape => Tensor.Ones(shape) },
            { "Full", shape => Tensor.Full(shape, 2) },
            { "From", shape => Tensor.From<double>([], shape) },
            { "BroadcastTo", shape => Tensor.Scalar(1.0).BroadcastTo(shape) },
            { "Uniform", shape => Key.Uniform(shape) },
            { "Normal", shape => Key.Normal(shape) },
            { "Bits", shape => Key.Bits(shape) },
        };

    [Theory]
    [MemberData(nameof(Makers))]
    public void Negative_sizes_are_refused(string name, Action<int[]> make)
    {
        foreach (int[] shape in new int[][] { [-1], [-2], [2, -3], [0, -1], [-1, -1] })
        {
            void Compiled() => Pipeline.Compiled.Of((Tensor x) => Made(x))(1.0);
            Tensor Made(Tensor x)
            {
                make(shape);
                return x;
            }

            var message = Assert.Throws<ShapeException>(() => make(shape)).Message;
            Assert.True(message.Contains($"[{string.Join(", ", shape)}]"), $"{name}: {message}");
            Assert.Throws<ShapeException>(Compiled);
        }
    }

    [Fact]
    public void More_elements_than_an_array_holds_are_refused() =>
        Assert.Contains(
            "more than 2^31 - 1 elements",
            Assert.Throws<ShapeException>(() => Tensor.Zeros([100_000, 100_000])).Message
        );

    [Fact]
    public void Undefined_element_types_are_refused()
    {
        foreach (var dtype in new[] { (DType)77, (DType)(-1), (DType)9 })
        {
            void Refuses(Action make) =>
                Assert.Equal(
                    $"There is no dtype number {(int)dtype}; use a named value of DType.",
                    Assert.Throws<DTypeException>(make).Message
                );
            Refuses(() => Tensor.Zeros([2], dtype));
            Refuses(() => Tensor.Ones([2], dtype));
            Refuses(() => Tensor.Full([2], 1, dtype));
            Refuses(() => Tensor.Arange(2, dtype));
            Refuses(() => Tensor.Eye(2, dtype));
            Refuses(() => Tensor.From([1.0]).AsType(dtype));
            Refuses(() => Compiled.Of((Tensor x) => x.AsType(dtype))(1.0));
        }
    }

    /// <summary>A task that was made inside a transformation, and returned.</summary>
    [Fact]
    public void A_dead_tensor_inside_a_returned_task_is_named()
    {
        var gradient = Gradient.WithAuxiliary((Tensor x) => (x * x, Task.FromResult(2 * x)));
        Named(() => gradient(3.0).Auxiliary.Result.ToDouble());
        Named(() => (gradient(3.0).Auxiliary.Result + 1).ToDouble());
        var late = Gradient.WithAuxiliary(
            (Tensor x) =>
                (
                    x * x,
                    Task.Run(async () =>
                    {
                        await Task.Delay(20);
                        return x * 2;
                    })
                )
        );
        Named(() => late(3.0).Auxiliary.GetAwaiter().GetResult());
        Named(() =>
            Vectorized.Of((Tensor x) => Task.FromResult(2 * x))(Tensor.From([1.0, 2])).Result.ToArray<double>()
        );
        Named(() => Compiled.Of((Tensor x) => Task.FromResult(2 * x))(Tensor.From([1.0, 2])).Result.ToArray<double>());

        static void Named(Func<object> call)
        {
            var error = Assert.ThrowsAny<PipelineException>(call);
            Assert.True(
                error is EndedTransformationException or TreeException,
                $"{error.GetType().Name}: {error.Message}"
            );
        }
    }
}
