/// The laws of differentiation, batching and staging over the table of applications, which must hold every operation.
module Pipeline.Engine.Tests.LawsTests

open System.Reflection
open System.Runtime.CompilerServices
open FSharp.Reflection
open Pipeline.Kernels
open Pipeline.Engine
open Pipeline.Engine.ExprOperators
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
                    $"{case.Name} {part.Name}"
        ]

    Assert.Equal<Set<string>>(kinds, LawExamples.all |> List.map (fun a -> kind a.Op) |> set)

    for row in Elementwise.table do
        Assert.True(LawExamples.all |> List.exists (fun a -> a.Op = Op.Map row), row.Text)

let applications () : TheoryData<int, string> =
    let data = TheoryData<int, string>()
    LawExamples.all |> List.iteri (fun i a -> data.Add(i, a.Name))
    data

[<Theory; MemberData(nameof applications)>]
let ``laws`` (index: int, name: string) =
    Assert.Equal(name, LawExamples.all[index].Name)
    Laws.check LawExamples.all[index]

/// gd(x) = 2 atan(tanh(x / 2)), with derivative 1 / cosh(x): the example of docs/adding-an-operation.md.
[<Struct>]
type Gudermannian =
    interface IFunction with
        [<MethodImpl(Inline)>]
        member _.Of<'L when 'L :> ILane<'L>>(x: 'L) : 'L =
            'L.Multiply('L.Number 2.0, VectorTrigonometry.atan (VectorExponential.tanh ('L.Multiply('L.Number 0.5, x))))

[<Fact>]
let ``a row from outside the table`` () =
    let exp e = Expr.Map(Elementwise.exp, e)

    let gudermannian =
        Elementwise.row
            "gudermannian"
            0.0
            (Gudermannian())
            (fun () -> number 2.0 /. (exp Expr.X +. exp (Expr.Map(Elementwise.negate, Expr.X))))
            [| -1.5; -0.2; 0.6; 2.0 |]

    Laws.check (LawExamples.ofRow gudermannian)
