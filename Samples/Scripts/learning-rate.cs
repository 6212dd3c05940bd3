#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// The gradient through a whole training run with respect to its learning rate, and descent on it.
var x = new RandomKey(0).Normal([100, 3]);
var y = x.Dot(Tensor.From([1.0, -2, 3]));
var loss = (Tensor w) => (x.Dot(w) - y).Square().Mean();
var afterTraining = (Tensor rate) =>
    loss(Loop.For(0, 20, (_, w) => w - rate * Gradient.Of(loss)(w), Tensor.Zeros([3]))).Log();
var slope = Compiled.Of(Gradient.WithValue(afterTraining));
Tensor rate = 0.05;
for (var i = 0; i < 5; i++, rate -= 0.0005 * slope(rate).Gradient)
    Console.WriteLine(
        $"rate {rate.ToDouble():f6}: log loss {slope(rate).Value.ToDouble():f6}, its slope {slope(rate).Gradient.ToDouble():f4}"
    );
