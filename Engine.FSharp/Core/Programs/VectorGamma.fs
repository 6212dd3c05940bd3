// The logarithm of the gamma function and its derivative as lane expressions.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorGamma =
    /// ((lgamma(2 + z) / z - psi(2)) / z - c) / z for c = 0.32246703 on [-0.703125, 0.296875]: relative error of the whole 2^-25.92 and 2^-56.24.
    let private nearTwoSlope (z: Lane) =
        LaneFloats.polynomial
            [
                0.000432981469
                0.000220091359
                0.000719428295
                -0.00119673798
                0.00285608624
                -0.00739305746
                0.020582065
                -0.0673518255
            ]
            [
                -1.3616483183153092e-07
                4.6692546693425694e-08
                4.2556886800409433e-07
                1.060791403080617e-06
                4.9813901995442785e-08
                9.436592630925773e-07
                -2.1909372004694484e-06
                4.321383928701218e-06
                -9.428633763472871e-06
                2.0516899045576492e-05
                -4.492568857894461e-05
                9.945676997913292e-05
                -0.0002231548750546013
                0.0005096695535056883
                -0.0011927539052589298
                0.00289051033018153
                -0.007385551028832991
                0.020580808427789487
                -0.06735230105319644
            ]
            z

    /// a (lgamma a - (a - 1/2) log a + a - log(2 pi) / 2) in u = 1 / a^2, on [0, 0.054161983]: relative error of lgamma 2^-33.74 and 2^-62.98.
    let private stirling (u: Lane) =
        LaneFloats.polynomial
            [ 0.000738294097; -0.00277616526; 0.0833333209 ]
            [
                0.03806701827219396
                -0.018706224162677018
                0.005847919178203184
                -0.0018984181769253104
                0.000841335875816988
                -0.0005952325936336046
                0.0007936507530090375
                -0.002777777777640621
                0.08333333333333322
            ]
            u

    /// sin(pi r) / r in s = r^2, on [0, 0.25]: relative error 2^-25.1 and 2^-54.5.
    let private sine (s: Lane) =
        LaneFloats.polynomial
            [ -0.0434959605; 0.105392709; -0.604515314; 2.55065227; -5.1677289; 3.14159274 ]
            [
                5.564931816965369e-07
                -2.1687308085507454e-05
                0.00046621061615408776
                -0.007370411293685466
                0.08214588427350353
                -0.5992645291688695
                2.5501640398724654
                -5.16771278004991
                3.141592653589793
            ]
            s

    /// log|gamma x|. With a = |x| = k + z it is, for k = 0 to 4, lgamma(2 + z) and the logarithm of a quotient of gammas; beyond, Stirling's series.
    let lgamma (x: Lane) =
        let zero, one, two = x.Number 0.0, x.Number 1.0, x.Number 2.0
        let isReflected = Lane.less x (x.Number -0.5)
        let a = Lane.select isReflected (negate x) x
        let k = Lane.round (a +. x.Number 0.203125)
        let isK (value: float) = Lane.equal k (x.Number value)
        let isLarge = Lane.less (x.Number 4.0) k
        let below = a -. one

        let argument =
            Lane.select (isK 0.0) (Lane.abs (Lane.fma a a a)) a
            |> Lane.select (isK 2.0) one
            |> Lane.select (isK 3.0) below
            |> Lane.select (isK 4.0) (below *. (a -. two))

        let struct (log, lostLog) = VectorPower.logarithm argument
        let z = Lane.select isLarge zero (a -. k)
        let slope = nearTwoSlope z
        let tailConstant = LaneFloats.number 0.322467029 0.3224670334241132 x
        let tail = Lane.fma z slope tailConstant
        let lostTail = Lane.fma z slope (tailConstant -. tail)
        let product = z *. tail
        let constant = LaneFloats.number 0.422784328 0.42278433509846713 x
        let factor = constant +. product
        let lostFactor = (product -. (factor -. constant)) +. Lane.fma z lostTail (Lane.fma z tail (negate product))
        let sign = Lane.select (Lane.less k two) (x.Number -1.0) one
        let near = Lane.fma z factor (sign *. log) +. Lane.fma z lostFactor (sign *. lostLog)
        // (a - 1/2) log a - a + log(2 pi) / 2 + series, arranged so that it overflows only where the result does.
        let inverse = one /. a
        let series = stirling (inverse *. inverse) *. inverse
        let height = log -. one
        let product = a *. height
        let lostProduct = Lane.fma a height (negate product) +. (a -. x.Number 0.5) *. lostLog
        let rest = Lane.fma (x.Number -0.5) log (LaneFloats.number 0.918938533 0.9189385332046728 x) +. series
        let far = Lane.select (Lane.less product (x.Number infinity)) (product +. (lostProduct +. rest)) product
        let value = Lane.select isLarge far near
        // gamma(-a) gamma(a) = -pi / (a sin(pi a)).
        let r = a -. Lane.round a
        let sine = Lane.abs r *. sine (r *. r) *. x.Number(1.0 / Math.PI)
        let reflected = negate (value +. VectorLogarithm.logOfNormal (Lane.select isReflected (a *. sine) one) zero)
        let isPole = Lane.lessEqual x zero &&. Lane.equal (Lane.floor x) x
        LaneFloats.orNaN x (Lane.select isPole (x.Number infinity) (Lane.select isReflected reflected value))

    /// digamma(13/8 + t) / (13/8 + t - root), on [-0.625, 0.625]: relative error 2^-25.24 and 2^-58.87.
    let private overRoot (t: Lane) =
        LaneFloats.polynomial
            [
                0.000678778219
                2.0506619e-05
                -0.00424603
                0.00544316275
                -0.00419016182
                0.00757329585
                -0.0145480912
                0.0236639641
                -0.0385239646
                0.0642294809
                -0.109198727
                0.192721754
                -0.369774938
                0.901592493
            ]
            [
                -6.520755983173221e-06
                1.0205506194021874e-05
                5.6063687617826025e-08
                9.09020989362499e-07
                -2.0274401493267458e-05
                3.1813659086171567e-05
                -3.932181243169964e-05
                6.464642481358854e-05
                -0.0001103171432248651
                0.000178959395602986
                -0.00028932681593306895
                0.0004703278209913954
                -0.0007647941843701991
                0.001243332266546086
                -0.0020218526732654744
                0.003289428224915255
                -0.005355731054013704
                0.008730867826062555
                -0.014262521328494256
                0.023380439931976717
                -0.038557826796350635
                0.06426251743367317
                -0.10919698588595622
                0.1927201246014617
                -0.3697749644574109
                0.9015925158282158
            ]
            t

    /// (log x - 1 / (2 x) - digamma x) / v in v = 1 / (2 x)^2, on [0, 0.01384083]: error of digamma 2^-31.64 and 2^-56.74.
    let private digammaSeries (v: Lane) =
        LaneFloats.polynomial
            [ 0.228783697; -0.133138463; 0.333332896 ]
            [
                125083.51823111616
                -15884.05065957519
                1187.9573225461609
                -84.83911391299614
                7.749034220965994
                -1.0666391156841342
                0.253968207171246
                -0.13333333329909408
                0.33333333333332443
            ]
            v

    /// pi r cot(pi r) in s = r^2, on [0, 0.25]: error 2^-27.94 and 2^-54.73.
    let private cotangent (s: Lane) =
        LaneFloats.polynomial
            [ -5.97394276; -0.0884219334; -2.43199944; -1.95746708; -2.03776646; -2.16456199; -3.28986883; 1.0 ]
            [
                -16.085071769821216
                14.133502123121856
                -11.411427281263089
                1.422813121756941
                -2.841150834590853
                -1.8550504143412903
                -2.017805529259845
                -1.9985730373965562
                -2.000586792018594
                -2.001985222931463
                -2.008154817626568
                -2.0346861223003834
                -2.1646464674356274
                -3.2898681336964155
                1.0
            ]
            s

    /// psi(x), x < 0 by reflection. For 1 <= x < 9/4 a factor that holds its zero; about that, psi(x) = psi(x - 1) + 1 / (x - 1); from 17/4 on the asymptotic
    /// series. Each has one quotient: the sum of the reciprocals, or -1 / (2 x).
    let digamma (x: Lane) =
        let zero, one = x.Number 0.0, x.Number 1.0
        let isReflected = Lane.less x zero
        let u = Lane.select isReflected (one -. x) x
        let k = Lane.floor (u -. x.Number 0.25)
        let isLarge = Lane.lessEqual (x.Number 4.25) u
        let isLow = Lane.less u one
        let isSecond, isThird = Lane.equal k (x.Number 2.0), Lane.equal k (x.Number 3.0)

        let choose low second third large other =
            Lane.select isLarge large (Lane.select isThird third (Lane.select isSecond second (Lane.select isLow low other)))

        let first, next = u -. one, u -. x.Number 2.0
        let numerator = choose (x.Number -1.0) one (first +. next) (x.Number -1.0) zero
        let denominator = choose u first (first *. next) (u +. u) one
        let inverse = one /. denominator
        let quotient = numerator *. inverse
        // At 0 the quotient is infinite.
        let lost = Lane.fma (negate quotient) denominator numerator *. inverse
        let lost = Lane.select (Lane.less (x.Number 1e-10) (Lane.abs u)) lost zero
        let t = Lane.select isLow (u -. x.Number 0.625) (u -. (Lane.max k one +. x.Number 0.625))
        let t = Lane.select isLarge zero t
        let factor = overRoot t
        // 13/8 less the zero, in two parts; the first alone makes a rounded sum.
        let shift = LaneFloats.number 0.163367853 0.16336785503163767 x
        let distance = t +. shift

        let lostDistance =
            (shift -. (distance -. t)) +. LaneFloats.number 2.4630112549287467e-09 -1.2233227452770237e-17 x

        let small = Lane.fma lostDistance factor lost
        let isDirect = Lane.not isLow &&. Lane.less k (x.Number 2.0)
        let near = Lane.fma distance factor (Lane.select isDirect small quotient) +. Lane.select isDirect zero small
        let square = quotient *. quotient
        let series = Lane.fma (negate square) (digammaSeries square) quotient
        let far = VectorLogarithm.logOfNormal (Lane.select isLarge u one) series
        let value = Lane.select (Lane.equal u (x.Number infinity)) u (Lane.select isLarge far near)
        // psi(1 - x) - psi(x) = pi cot(pi x); no limit at the poles.
        let r = x -. Lane.round x
        let reflected = value -. cotangent (r *. r) /. r
        // Of -infinity, r is no number either.
        let reflected = Lane.select (Lane.less zero (Lane.abs r)) reflected (x.Number nan)
        LaneFloats.orNaN x (Lane.select isReflected reflected value)
