using System.Text.Json;

namespace Pipeline.Api.Tests;

/// <summary>Optimizers and schedules by optax's names and arguments.</summary>
internal static class OptaxNames
{
    internal static Optimizer Optimizer(string name, JsonElement a)
    {
        var (b1, b2) = (Number(a, "b1", 0.9), Number(a, "b2", 0.999));
        return name switch
        {
            "sgd" => Pipeline.Optimizer.Sgd(Rate(a), Number(a, "momentum", 0), Flag(a, "nesterov", false)),
            "adam" => Pipeline.Optimizer.Adam(
                Rate(a),
                b1,
                b2,
                Number(a, "eps", 1e-8),
                Number(a, "eps_root", 0),
                Flag(a, "nesterov", false)
            ),
            "adamw" => Pipeline.Optimizer.AdamW(
                Rate(a),
                b1,
                b2,
                Number(a, "eps", 1e-8),
                Number(a, "eps_root", 0),
                Decay(a),
                Mask(a),
                Flag(a, "nesterov", false)
            ),
            "amsgrad" => Pipeline.Optimizer.AmsGrad(
                Rate(a),
                b1,
                b2,
                Number(a, "eps", 1e-8),
                Number(a, "eps_root", 0),
                Flag(a, "correct_m", true),
                Flag(a, "correct_v", true)
            ),
            "adagrad" => Pipeline.Optimizer.Adagrad(
                Rate(a),
                Number(a, "initial_accumulator_value", 0.1),
                Number(a, "eps", 1e-7)
            ),
            "adadelta" => Pipeline.Optimizer.Adadelta(Rate(a), Number(a, "rho", 0.9), Number(a, "eps", 1e-6), Decay(a)),
            "adamax" => Pipeline.Optimizer.Adamax(Rate(a), b1, b2, Number(a, "eps", 1e-8)),
            "adabelief" => Pipeline.Optimizer.AdaBelief(
                Rate(a),
                b1,
                b2,
                Number(a, "eps", 1e-16),
                Number(a, "eps_root", 1e-16)
            ),
            "rmsprop" => Pipeline.Optimizer.RmsProp(
                Rate(a),
                Number(a, "decay", 0.9),
                Number(a, "eps", 1e-8),
                Number(a, "initial_scale", 0),
                Flag(a, "eps_in_sqrt", true),
                Flag(a, "centered", false),
                Number(a, "momentum", 0),
                Flag(a, "nesterov", false),
                Flag(a, "bias_correction", false)
            ),
            "lion" => Pipeline.Optimizer.Lion(Rate(a), b1, Number(a, "b2", 0.99), Decay(a)),
            "lamb" => Pipeline.Optimizer.Lamb(
                Rate(a),
                b1,
                b2,
                Number(a, "eps", 1e-6),
                Number(a, "eps_root", 0),
                Decay(a)
            ),
            "lars" => Pipeline.Optimizer.Lars(
                Rate(a),
                Decay(a),
                Number(a, "trust_coefficient", 0.001),
                Number(a, "eps", 0),
                Number(a, "momentum", 0.9),
                Flag(a, "nesterov", false)
            ),
            "radam" => Pipeline.Optimizer.RAdam(
                Rate(a),
                b1,
                b2,
                Number(a, "eps", 1e-8),
                Number(a, "eps_root", 0),
                Number(a, "threshold", 5),
                Flag(a, "nesterov", false)
            ),
            "adafactor" => Pipeline.Optimizer.Adafactor(
                Rate(a),
                (int)Number(a, "min_dim_size_to_factor", 128),
                Number(a, "decay_rate", 0.8),
                Optional(a, "clipping_threshold", 1),
                Flag(a, "multiply_by_parameter_scale", true),
                Optional(a, "momentum", null),
                Optional(a, "weight_decay_rate", null),
                Number(a, "eps", 1e-30)
            ),
            "yogi" => Pipeline.Optimizer.Yogi(Rate(a), b1, b2, Number(a, "eps", 1e-3)),
            "novograd" => Pipeline.Optimizer.NovoGrad(
                Rate(a),
                b1,
                Number(a, "b2", 0.25),
                Number(a, "eps", 1e-6),
                Number(a, "eps_root", 0),
                Number(a, "weight_decay", 0)
            ),
            "fromage" => Pipeline.Optimizer.Fromage(Rate(a), Number(a, "min_norm", 1e-6)),
            "rprop" => Pipeline.Optimizer.Rprop(
                Number(a, "learning_rate"),
                Number(a, "eta_minus", 0.5),
                Number(a, "eta_plus", 1.2),
                Number(a, "min_step_size", 1e-6),
                Number(a, "max_step_size", 50)
            ),
            "optimistic_gradient_descent" => Pipeline.Optimizer.OptimisticDescent(
                Rate(a),
                Number(a, "alpha", 1),
                Number(a, "beta", 1)
            ),
            "adan" => Pipeline.Optimizer.Adan(
                Rate(a),
                Number(a, "b1", 0.98),
                Number(a, "b2", 0.92),
                Number(a, "b3", 0.99),
                Number(a, "eps", 1e-8),
                Number(a, "eps_root", 1e-8),
                Decay(a)
            ),
            "sm3" => Pipeline.Optimizer.Sm3(Rate(a), Number(a, "momentum", 0.9)),
            "signum" => Pipeline.Optimizer.Signum(Rate(a), Number(a, "beta", 0.9)),
            "schedule_free_sgd" => Pipeline.Optimizer.ScheduleFreeSgd(
                Number(a, "learning_rate"),
                (int)Number(a, "warmup_steps", 0),
                b1,
                Number(a, "weight_decay", 0),
                Number(a, "weight_lr_power", 2)
            ),
            "schedule_free_adamw" => Pipeline.Optimizer.ScheduleFreeAdamW(
                Number(a, "learning_rate"),
                (int)Number(a, "warmup_steps", 0),
                b1,
                b2,
                Number(a, "eps", 1e-8),
                Number(a, "weight_decay", 0),
                Number(a, "weight_lr_power", 2)
            ),
            "chain" => Pipeline.Optimizer.Chain([
                .. a.GetProperty("steps").EnumerateArray().Select(step => Optimizer(Name(step), step)),
            ]),
            "multi_steps" => Inner(a).Accumulate((int)Number(a, "k"), Flag(a, "mean", true)),
            "apply_if_finite" => Inner(a).SkipNonFinite((int)Number(a, "max_consecutive_errors")),
            "freeze" => Inner(a).Freeze(Mask(a)!),
            "params_ema" => Inner(a).Then(Pipeline.Optimizer.AverageParameters(Number(a, "decay"))),
            "clip_by_value" => Pipeline.Optimizer.ClipByValue(Number(a, "max_delta")),
            "clip_by_global_norm" => Pipeline.Optimizer.ClipByGlobalNorm(Number(a, "max_norm")),
            "clip_by_block_rms" => Pipeline.Optimizer.ClipByBlockRms(Number(a, "threshold")),
            "add_decayed_weights" => Pipeline.Optimizer.AddDecayedWeights(Decay(a)!, Mask(a)),
            "trust_ratio" => Pipeline.Optimizer.ScaleByTrustRatio(
                Number(a, "min_norm", 0),
                Number(a, "coefficient", 1),
                Number(a, "eps", 0)
            ),
            "scale_by_adam" => Pipeline.Optimizer.ScaleByAdam(b1, b2, Number(a, "eps", 1e-8), Number(a, "eps_root", 0)),
            "scale_by_learning_rate" => Pipeline.Optimizer.ScaleByLearningRate(Rate(a)),
            _ => throw new KeyNotFoundException($"There is no optimizer by the name {name}."),
        };
    }

    internal static Schedule Schedule(string name, JsonElement a) =>
        name switch
        {
            "constant" => Number(a, "value"),
            "linear" => Pipeline.Schedule.Linear(From(a), Number(a, "end_value"), Steps(a), Begin(a)),
            "polynomial" => Pipeline.Schedule.Polynomial(
                From(a),
                Number(a, "end_value"),
                Number(a, "power"),
                Steps(a),
                Begin(a)
            ),
            "exponential_decay" => Pipeline.Schedule.Exponential(
                From(a),
                Steps(a),
                Number(a, "decay_rate"),
                Begin(a),
                Flag(a, "staircase", false),
                Optional(a, "end_value", null)
            ),
            "cosine_decay" => Pipeline.Schedule.Cosine(
                From(a),
                Number(a, "decay_steps"),
                Number(a, "alpha", 0),
                Number(a, "exponent", 1)
            ),
            "warmup_cosine_decay" => Pipeline.Schedule.WarmupCosine(
                Number(a, "peak_value"),
                (int)Number(a, "warmup_steps"),
                (int)Number(a, "decay_steps"),
                From(a),
                Number(a, "end_value", 0),
                Number(a, "exponent", 1)
            ),
            "warmup_exponential_decay" => Pipeline.Schedule.WarmupExponential(
                Number(a, "peak_value"),
                (int)Number(a, "warmup_steps"),
                Steps(a),
                Number(a, "decay_rate"),
                From(a),
                Begin(a),
                Flag(a, "staircase", false),
                Optional(a, "end_value", null)
            ),
            "sgdr" => Pipeline.Schedule.Restarts([
                .. a.GetProperty("cycles")
                    .EnumerateArray()
                    .Select(c => new CosineCycle(
                        Number(c, "peak_value"),
                        (int)Number(c, "warmup_steps"),
                        (int)Number(c, "decay_steps"),
                        From(c),
                        Number(c, "end_value", 0)
                    )),
            ]),
            "piecewise_constant" => Pipeline.Schedule.PiecewiseConstant(From(a), Factors(a)),
            "piecewise_interpolate" => a.GetProperty("interpolate").GetString() == "linear"
                ? Pipeline.Schedule.PiecewiseLinear(From(a), Factors(a))
                : Pipeline.Schedule.PiecewiseCosine(From(a), Factors(a)),
            "linear_onecycle" => Pipeline.Schedule.OneCycleLinear(
                Steps(a),
                Number(a, "peak_value"),
                Number(a, "pct_start", 0.3),
                Number(a, "pct_final", 0.85),
                Number(a, "div_factor", 25),
                Number(a, "final_div_factor", 1e4)
            ),
            "cosine_onecycle" => Pipeline.Schedule.OneCycleCosine(
                Steps(a),
                Number(a, "peak_value"),
                Number(a, "pct_start", 0.3),
                Number(a, "div_factor", 25),
                Number(a, "final_div_factor", 1e4)
            ),
            "join" => Pipeline.Schedule.Join(
                [.. a.GetProperty("schedules").EnumerateArray().Select(one => Schedule(Name(one), one))],
                [.. a.GetProperty("boundaries").EnumerateArray().Select(b => b.GetInt32())]
            ),
            _ => throw new KeyNotFoundException($"There is no schedule by the name {name}."),
        };

    internal static double Number(JsonElement a, string key) => a.GetProperty(key).GetDouble();

    internal static double Number(JsonElement a, string key, double otherwise) => Optional(a, key, otherwise)!.Value;

    internal static double? Optional(JsonElement a, string key, double? otherwise) =>
        !a.TryGetProperty(key, out var value) ? otherwise
        : value.ValueKind == JsonValueKind.Null ? null
        : value.GetDouble();

    internal static string Name(JsonElement a) => a.GetProperty("name").GetString()!;

    private static bool Flag(JsonElement a, string key, bool otherwise) =>
        a.TryGetProperty(key, out var value) ? value.GetBoolean() : otherwise;

    private static double From(JsonElement a) => Number(a, "init_value");

    private static int Steps(JsonElement a) => (int)Number(a, "transition_steps");

    private static int Begin(JsonElement a) => (int)Number(a, "transition_begin", 0);

    private static (int, double)[] Factors(JsonElement a) =>
        [
            .. a.GetProperty("boundaries_and_scales")
                .EnumerateArray()
                .Select(pair => (pair[0].GetInt32(), pair[1].GetDouble())),
        ];

    private static Schedule Rate(JsonElement a) => Scheduled(a.GetProperty("learning_rate"));

    private static Schedule? Decay(JsonElement a) =>
        a.TryGetProperty("weight_decay", out var value) ? Scheduled(value) : null;

    private static Schedule Scheduled(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble() : Schedule(Name(value), value);

    private static ParameterMask? Mask(JsonElement a) =>
        a.TryGetProperty("mask", out var mask)
            ? ParameterMask.Of([.. mask.EnumerateArray().Select(one => one.GetBoolean())])
            : null;

    private static Optimizer Inner(JsonElement a)
    {
        var inner = a.GetProperty("inner");
        return Optimizer(Name(inner), inner);
    }
}
