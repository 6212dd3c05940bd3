#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// The Nile's flow at Aswan, 1871 to 1970: a level that drifts, seen through noise, by a Kalman filter's likelihood.
var flow = """
    1120 1160 963 1210 1160 1160 813 1230 1370 1140 995 935 1110 994 1020 960 1180 799 958 1140 1100 1210 1150 1250 1260
    1220 1030 1100 774 840 874 694 940 833 701 916 692 1020 1050 969 831 726 456 824 702 1120 1100 832 764 821 768 845
    864 862 698 845 744 796 1040 759 781 865 845 944 984 897 822 1010 771 676 649 846 812 742 801 1040 860 874 848 890
    744 749 838 1050 918 986 797 923 975 815 1020 906 901 1170 912 746 919 718 714 740
    """;
var y = Tensor.From(flow.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(double.Parse).ToArray());

// Parameters are the logarithms of the variances of noise and drift; the first year is where the level starts.
var negativeLogLikelihood = (Tensor logVariances) =>
{
    var (noise, drift) = (logVariances[0].Exp(), logVariances[1].Exp());
    var terms = Loop.Scan(
        ((Tensor Level, Tensor Variance) s, Tensor y) =>
        {
            var (error, variance) = (y - s.Level, s.Variance + noise);
            var gain = s.Variance / variance;
            var term = 0.5 * (variance.Log() + error.Square() / variance + Math.Log(2 * Math.PI));
            return ((s.Level + gain * error, s.Variance * (1 - gain) + drift), term);
        },
        (y[0], noise + drift),
        y[1..]
    );
    return terms.Outputs.Sum();
};

// Newton's method, and standard errors from the inverse Hessian; those of the variances by the delta method.
var best = Implicit.Minimum(negativeLogLikelihood, start: Tensor.From([10000.0, 1000.0]).Log());
var covariance = Hessian.Of(negativeLogLikelihood)(best).Inverse();
var errors = best.Exp() * (covariance * Tensor.Eye(2)).Sum(0).Sqrt();
Console.WriteLine($"log-likelihood {-negativeLogLikelihood(best).ToDouble():f4}");
Console.WriteLine($"variance of the noise {best[0].Exp().ToDouble():f2}, standard error {errors[0].ToDouble():f2}");
Console.WriteLine($"variance of the drift {best[1].Exp().ToDouble():f2}, standard error {errors[1].ToDouble():f2}");
