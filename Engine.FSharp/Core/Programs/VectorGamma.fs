// The logarithm of the gamma function and its derivative as lane expressions.
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

[<RequireQualifiedAccess>]
module internal VectorGamma =
    /// ((lgamma(2 + z) / z - psi(2)) / z - c) / z for c = 0.32246703 on [-0.703125, 0.296875]: relative error of the whole 2^-25.92 and 2^-56.24.
    [<MethodImpl(Inline)>]
    let private nearTwoSlope (z: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.000432981469
            |> Lanes.next z 0.000220091359
            |> Lanes.next z 0.000719428295
            |> Lanes.next z -0.00119673798
            |> Lanes.next z 0.00285608624
            |> Lanes.next z -0.00739305746
            |> Lanes.next z 0.020582065
            |> Lanes.next z -0.0673518255
        else
            Lanes.number -1.3616483183153092e-07
            |> Lanes.next z 4.6692546693425694e-08
            |> Lanes.next z 4.2556886800409433e-07
            |> Lanes.next z 1.060791403080617e-06
            |> Lanes.next z 4.9813901995442785e-08
            |> Lanes.next z 9.436592630925773e-07
            |> Lanes.next z -2.1909372004694484e-06
            |> Lanes.next z 4.321383928701218e-06
            |> Lanes.next z -9.428633763472871e-06
            |> Lanes.next z 2.0516899045576492e-05
            |> Lanes.next z -4.492568857894461e-05
            |> Lanes.next z 9.945676997913292e-05
            |> Lanes.next z -0.0002231548750546013
            |> Lanes.next z 0.0005096695535056883
            |> Lanes.next z -0.0011927539052589298
            |> Lanes.next z 0.00289051033018153
            |> Lanes.next z -0.007385551028832991
            |> Lanes.next z 0.020580808427789487
            |> Lanes.next z -0.06735230105319644

    /// a (lgamma a - (a - 1/2) log a + a - log(2 pi) / 2) in u = 1 / a^2, on [0, 0.054161983]: relative error of lgamma 2^-33.74 and 2^-62.98.
    [<MethodImpl(Inline)>]
    let private stirling (u: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.000738294097 |> Lanes.next u -0.00277616526 |> Lanes.next u 0.0833333209
        else
            Lanes.number 0.03806701827219396
            |> Lanes.next u -0.018706224162677018
            |> Lanes.next u 0.005847919178203184
            |> Lanes.next u -0.0018984181769253104
            |> Lanes.next u 0.000841335875816988
            |> Lanes.next u -0.0005952325936336046
            |> Lanes.next u 0.0007936507530090375
            |> Lanes.next u -0.002777777777640621
            |> Lanes.next u 0.08333333333333322

    /// sin(pi r) / r in s = r^2, on [0, 0.25]: relative error 2^-25.1 and 2^-54.5.
    [<MethodImpl(Inline)>]
    let private sine (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number -0.0434959605
            |> Lanes.next s 0.105392709
            |> Lanes.next s -0.604515314
            |> Lanes.next s 2.55065227
            |> Lanes.next s -5.1677289
            |> Lanes.next s 3.14159274
        else
            Lanes.number 5.564931816965369e-07
            |> Lanes.next s -2.1687308085507454e-05
            |> Lanes.next s 0.00046621061615408776
            |> Lanes.next s -0.007370411293685466
            |> Lanes.next s 0.08214588427350353
            |> Lanes.next s -0.5992645291688695
            |> Lanes.next s 2.5501640398724654
            |> Lanes.next s -5.16771278004991
            |> Lanes.next s 3.141592653589793

    /// log|gamma x|. With a = |x| = k + z it is, for k = 0 to 4, lgamma(2 + z) and the logarithm of a quotient of gammas; beyond, Stirling's series.
    [<MethodImpl(Apart)>]
    let lgamma (x: 'L :> ILane<'L>) : 'L =
        let zero, one, two = Lanes.number 0.0, Lanes.number 1.0, Lanes.number 2.0
        let isReflected = Lanes.less x (Lanes.number -0.5)
        let a = Lanes.select isReflected (negate x) x
        let k = 'L.Round(a +. Lanes.number 0.203125)
        let isK (value: float) = Lanes.equal k (Lanes.number value)
        let isLarge = Lanes.less (Lanes.number 4.0) k
        let below = a -. one

        let argument =
            Lanes.select (isK 0.0) (Lanes.abs (Lanes.fma a a a)) a
            |> Lanes.select (isK 2.0) one
            |> Lanes.select (isK 3.0) below
            |> Lanes.select (isK 4.0) (below *. (a -. two))

        let struct (log, lostLog) = VectorPower.logarithm argument
        let z = Lanes.select isLarge zero (a -. k)
        let slope = nearTwoSlope z
        let tailConstant = Lanes.choose 0.322467029 0.3224670334241132
        let tail = Lanes.fma z slope tailConstant
        let lostTail = Lanes.fma z slope (tailConstant -. tail)
        let product = z *. tail
        let constant = Lanes.choose 0.422784328 0.42278433509846713
        let factor = constant +. product
        let lostFactor = (product -. (factor -. constant)) +. Lanes.fma z lostTail (Lanes.fma z tail (negate product))
        let sign = Lanes.select (Lanes.less k two) (Lanes.number -1.0) one
        let near = Lanes.fma z factor (sign *. log) +. Lanes.fma z lostFactor (sign *. lostLog)
        // (a - 1/2) log a - a + log(2 pi) / 2 + series, arranged so that it overflows only where the result does.
        let inverse = one /. a
        let series = stirling (inverse *. inverse) *. inverse
        let height = log -. one
        let product = a *. height
        let lostProduct = Lanes.fma a height (negate product) +. (a -. Lanes.number 0.5) *. lostLog
        let rest = Lanes.fma (Lanes.number -0.5) log (Lanes.choose 0.918938533 0.9189385332046728) +. series
        let far = Lanes.select (Lanes.less product (Lanes.number infinity)) (product +. (lostProduct +. rest)) product
        let value = Lanes.select isLarge far near
        // gamma(-a) gamma(a) = -pi / (a sin(pi a)).
        let r = a -. 'L.Round a
        let sine = Lanes.abs r *. sine (r *. r) *. Lanes.number (1.0 / Math.PI)
        let reflected = negate (value +. VectorLogarithm.logOfNormal (Lanes.select isReflected (a *. sine) one) zero)
        let isPole = Lanes.lessEqual x zero &&. Lanes.equal ('L.Floor x) x
        Lanes.orNaN x (Lanes.select isPole (Lanes.number infinity) (Lanes.select isReflected reflected value))

    /// digamma(13/8 + t) / (13/8 + t - root), on [-0.625, 0.625]: relative error 2^-25.24 and 2^-58.87.
    [<MethodImpl(Inline)>]
    let private overRoot (t: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.000678778219
            |> Lanes.next t 2.0506619e-05
            |> Lanes.next t -0.00424603
            |> Lanes.next t 0.00544316275
            |> Lanes.next t -0.00419016182
            |> Lanes.next t 0.00757329585
            |> Lanes.next t -0.0145480912
            |> Lanes.next t 0.0236639641
            |> Lanes.next t -0.0385239646
            |> Lanes.next t 0.0642294809
            |> Lanes.next t -0.109198727
            |> Lanes.next t 0.192721754
            |> Lanes.next t -0.369774938
            |> Lanes.next t 0.901592493
        else
            Lanes.number -6.520755983173221e-06
            |> Lanes.next t 1.0205506194021874e-05
            |> Lanes.next t 5.6063687617826025e-08
            |> Lanes.next t 9.09020989362499e-07
            |> Lanes.next t -2.0274401493267458e-05
            |> Lanes.next t 3.1813659086171567e-05
            |> Lanes.next t -3.932181243169964e-05
            |> Lanes.next t 6.464642481358854e-05
            |> Lanes.next t -0.0001103171432248651
            |> Lanes.next t 0.000178959395602986
            |> Lanes.next t -0.00028932681593306895
            |> Lanes.next t 0.0004703278209913954
            |> Lanes.next t -0.0007647941843701991
            |> Lanes.next t 0.001243332266546086
            |> Lanes.next t -0.0020218526732654744
            |> Lanes.next t 0.003289428224915255
            |> Lanes.next t -0.005355731054013704
            |> Lanes.next t 0.008730867826062555
            |> Lanes.next t -0.014262521328494256
            |> Lanes.next t 0.023380439931976717
            |> Lanes.next t -0.038557826796350635
            |> Lanes.next t 0.06426251743367317
            |> Lanes.next t -0.10919698588595622
            |> Lanes.next t 0.1927201246014617
            |> Lanes.next t -0.3697749644574109
            |> Lanes.next t 0.9015925158282158

    /// (log x - 1 / (2 x) - digamma x) / v in v = 1 / (2 x)^2, on [0, 0.01384083]: error of digamma 2^-31.64 and 2^-56.74.
    [<MethodImpl(Inline)>]
    let private digammaSeries (v: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.228783697 |> Lanes.next v -0.133138463 |> Lanes.next v 0.333332896
        else
            Lanes.number 125083.51823111616
            |> Lanes.next v -15884.05065957519
            |> Lanes.next v 1187.9573225461609
            |> Lanes.next v -84.83911391299614
            |> Lanes.next v 7.749034220965994
            |> Lanes.next v -1.0666391156841342
            |> Lanes.next v 0.253968207171246
            |> Lanes.next v -0.13333333329909408
            |> Lanes.next v 0.33333333333332443

    /// pi r cot(pi r) in s = r^2, on [0, 0.25]: error 2^-27.94 and 2^-54.73.
    [<MethodImpl(Inline)>]
    let private cotangent (s: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number -5.97394276
            |> Lanes.next s -0.0884219334
            |> Lanes.next s -2.43199944
            |> Lanes.next s -1.95746708
            |> Lanes.next s -2.03776646
            |> Lanes.next s -2.16456199
            |> Lanes.next s -3.28986883
            |> Lanes.next s 1.0
        else
            Lanes.number -16.085071769821216
            |> Lanes.next s 14.133502123121856
            |> Lanes.next s -11.411427281263089
            |> Lanes.next s 1.422813121756941
            |> Lanes.next s -2.841150834590853
            |> Lanes.next s -1.8550504143412903
            |> Lanes.next s -2.017805529259845
            |> Lanes.next s -1.9985730373965562
            |> Lanes.next s -2.000586792018594
            |> Lanes.next s -2.001985222931463
            |> Lanes.next s -2.008154817626568
            |> Lanes.next s -2.0346861223003834
            |> Lanes.next s -2.1646464674356274
            |> Lanes.next s -3.2898681336964155
            |> Lanes.next s 1.0

    /// psi(x), x < 0 by reflection. For 1 <= x < 9/4 a factor that holds its zero; about that, psi(x) = psi(x - 1) + 1 / (x - 1); from 17/4 on the asymptotic
    /// series. Each has one quotient: the sum of the reciprocals, or -1 / (2 x).
    [<MethodImpl(Apart)>]
    let digamma (x: 'L :> ILane<'L>) : 'L =
        let zero, one = Lanes.number 0.0, Lanes.number 1.0
        let isReflected = Lanes.less x zero
        let u = Lanes.select isReflected (one -. x) x
        let k = 'L.Floor(u -. Lanes.number 0.25)
        let isLarge = Lanes.lessEqual (Lanes.number 4.25) u
        let isLow = Lanes.less u one
        let isSecond, isThird = Lanes.equal k (Lanes.number 2.0), Lanes.equal k (Lanes.number 3.0)

        let inline choose low second third large other =
            Lanes.select isLarge large (Lanes.select isThird third (Lanes.select isSecond second (Lanes.select isLow low other)))

        let first, next = u -. one, u -. Lanes.number 2.0
        let numerator = choose (Lanes.number -1.0) one (first +. next) (Lanes.number -1.0) zero
        let denominator = choose u first (first *. next) (u +. u) one
        let inverse = one /. denominator
        let quotient = numerator *. inverse
        // At 0 the quotient is infinite.
        let lost = Lanes.fma (negate quotient) denominator numerator *. inverse
        let lost = Lanes.select (Lanes.less (Lanes.number 1e-10) (Lanes.abs u)) lost zero
        let t = Lanes.select isLow (u -. Lanes.number 0.625) (u -. (Lanes.atLeast 1.0 1.0 k +. Lanes.number 0.625))
        let t = Lanes.select isLarge zero t
        let factor = overRoot t
        // 13/8 less the zero, in two parts; the first alone makes a rounded sum.
        let shift = Lanes.choose 0.163367853 0.16336785503163767
        let distance = t +. shift
        let lostDistance = (shift -. (distance -. t)) +. Lanes.choose 2.4630112549287467e-09 -1.2233227452770237e-17
        let small = Lanes.fma lostDistance factor lost
        let isDirect = Lanes.not isLow &&. Lanes.less k (Lanes.number 2.0)
        let near = Lanes.fma distance factor (Lanes.select isDirect small quotient) +. Lanes.select isDirect zero small
        let square = quotient *. quotient
        let series = Lanes.fma (negate square) (digammaSeries square) quotient
        let far = VectorLogarithm.logOfNormal (Lanes.select isLarge u one) series
        let value = Lanes.select (Lanes.equal u (Lanes.number infinity)) u (Lanes.select isLarge far near)
        // psi(1 - x) - psi(x) = pi cot(pi x); no limit at the poles.
        let r = x -. 'L.Round x
        let reflected = value -. cotangent (r *. r) /. r
        // Of -infinity, r is no number either.
        let reflected = Lanes.select (Lanes.less zero (Lanes.abs r)) reflected (Lanes.number nan)
        Lanes.orNaN x (Lanes.select isReflected reflected value)
