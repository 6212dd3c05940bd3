namespace Pipeline.Kernels;

/// <summary>A function that is called once a lane; equal when the name is.</summary>
internal sealed record ScalarFunction(string Name, Func<double, double> Double, Func<float, float> Single)
{
    public ScalarFunction(string name, Func<double, double> f)
        : this(name, f, x => (float)f(x)) { }
}
