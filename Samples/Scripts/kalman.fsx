#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// The Nile's flow at Aswan, 1871 to 1970: a level that drifts, seen through noise, by a Kalman filter's likelihood.
let flow =
    """
    1120 1160 963 1210 1160 1160 813 1230 1370 1140 995 935 1110 994 1020 960 1180 799 958 1140 1100 1210 1150 1250 1260
    1220 1030 1100 774 840 874 694 940 833 701 916 692 1020 1050 969 831 726 456 824 702 1120 1100 832 764 821 768 845
    864 862 698 845 744 796 1040 759 781 865 845 944 984 897 822 1010 771 676 649 846 812 742 801 1040 860 874 848 890
    744 749 838 1050 918 986 797 923 975 815 1020 906 901 1170 912 746 919 718 714 740
    """

let y = flow.Split([| ' '; '\n' |], System.StringSplitOptions.RemoveEmptyEntries) |> Seq.map float |> vector

// Parameters are the logarithms of the variances of noise and drift; the first year is where the level starts.
let negativeLogLikelihood (logVariances: Tensor) =
    let noise, drift = exp logVariances.[0], exp logVariances.[1]

    let filter (level: Tensor, uncertainty: Tensor) (y: Tensor) =
        let error, variance = y - level, uncertainty + noise
        let gain = uncertainty / variance

        let term = 0.5 * (log variance + square error / variance + log (2.0 * System.Math.PI))

        (level + gain * error, uncertainty * (1.0 - gain) + drift), term

    sum (snd (scan filter (y.[0], noise + drift) y.[1..]))

// Newton's method, and standard errors from the inverse Hessian; those of the variances by the delta method.
let best = minimizer (fun p () -> negativeLogLikelihood p) (log (vector [ 10000.0; 1000.0 ])) ()

let covariance = inverse (hessian negativeLogLikelihood best)
let errors = exp best * sqrt (sumOver [ 0 ] (covariance * eye 2))
printfn "log-likelihood %.4f" -(float (negativeLogLikelihood best))
printfn "variance of the noise %.2f, standard error %.2f" (float (exp best.[0])) (float errors.[0])
printfn "variance of the drift %.2f, standard error %.2f" (float (exp best.[1])) (float errors.[1])
