/// The laws of differentiation, batching and staging over the table of applications, which must hold every operation.
module Pipeline.Engine.Tests.LawsTests

open System.Reflection
open FSharp.Reflection
open Pipeline.Engine
open Pipeline.Engine.Tests
open Xunit

let private cases (t: System.Type) = FSharpType.GetUnionCases(t, BindingFlags.Public ||| BindingFlags.NonPublic)

let private caseName (value: obj) (t: System.Type) =
    (FSharpValue.GetUnionFields(value, t, BindingFlags.Public ||| BindingFlags.NonPublic) |> fst).Name

/// The case of an operation with the case of what distinguishes its kinds.
let private kind (op: Op) =
    match op with
    | Op.Zip zip -> $"Zip {zip}"
    | Op.Reduce(reduction, _) -> $"Reduce {reduction}"
    | Op.Compare relation -> $"Compare {relation}"
    | Op.Call(kind, _) -> $"Call {caseName kind typeof<CallKind>}"
    | Op.Routine routine -> $"Routine {routine.Name}"
    | op -> caseName op typeof<Op>

/// The routines there are: each in a module of its name.
let private routines = [
    for t in typeof<Pipeline.Tensor>.Assembly.GetTypes() do
        let returns (m: MethodInfo) = m.Name = "routine" || m.Name = "get_routine"

        if t.GetMethods(BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic) |> Array.exists returns then
            t.Name
]

[<Fact>]
let ``every kind of operation has an application`` () =
    let kinds =
        set [
            for case in cases typeof<Op> do
                let parts =
                    match case.Name with
                    | "Zip" -> cases typeof<Zip>
                    | "Reduce" -> cases typeof<Reduction>
                    | "Compare" -> cases typeof<Relation>
                    | "Call" -> cases typeof<CallKind>
                    | _ -> [||]

                if case.Name = "Routine" then
                    for routine in routines do
                        $"Routine {routine}"
                elif parts.Length = 0 then
                    case.Name

                for part in parts do
                    if part.Name = "Function" then
                        for f in FunctionTable.binaryFunctions do
                            $"{case.Name} {f}"
                    else
                        $"{case.Name} {part.Name}"
        ]

    Assert.Equal<Set<string>>(kinds, LawExamples.all |> List.map (fun a -> kind a.Op) |> set)

    Assert.InRange(FunctionTable.rows.Length, 37, System.Int32.MaxValue)
    Assert.InRange(FunctionTable.binaryFunctions.Length, 8, System.Int32.MaxValue)

    for row in FunctionTable.rows do
        Assert.True(LawExamples.all |> List.exists (fun a -> a.Op = Op.Map row), row.Text)

let applications () : TheoryData<int, string> =
    let data = TheoryData<int, string>()
    LawExamples.all |> List.iteri (fun i a -> data.Add(i, a.Name))
    data

[<Theory; MemberData(nameof applications)>]
let ``laws`` (index: int, name: string) =
    Assert.Equal(name, LawExamples.all[index].Name)
    Laws.check LawExamples.all[index]

[<Fact>]
let ``functions that are said to be linear are`` () =
    for row in FunctionTable.rows do
        if row.IsLinear then
            match row.Derivative with
            | Expr.Number c ->
                for x in [ -2.5; 0.3; 7.25 ] do
                    Assert.Equal(c * x, row.Meaning.Scalar x)
            | derivative -> Assert.Fail $"{row.Text} has the derivative {derivative}."

[<Fact>]
let ``functions that are said to commute do, to the bit`` () =
    let numbers = [| -infinity; -2.5; -0.0; 0.0; 1e-310; 0.3; 1.0; 7.25; 1e300; infinity; nan |]

    for zip in FunctionTable.zips do
        if Zips.isCommutative zip && (Zips.partials zip).IsSome then
            let f = (Zips.meaning zip).Scalar

            for x, z in Array.allPairs numbers numbers do
                let bits (y: float) = if System.Double.IsNaN y then 1L else System.BitConverter.DoubleToInt64Bits y
                Assert.True((bits (f x z) = bits (f z x)), $"{zip} of {x} and {z}")
