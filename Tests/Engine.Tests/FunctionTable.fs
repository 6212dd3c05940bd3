/// The functions there are, wherever they stand: the laws run over all of them, so that a row that is wrong cannot be added quietly.
module internal Pipeline.Engine.Tests.FunctionTable

open System.Reflection
open FSharp.Reflection
open Pipeline.Engine

let private flags = BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic

/// The values of this type, alone or in arrays, that the modules of an assembly hold.
let private held<'T> (assembly: Assembly) : 'T[] = [|
    for t in assembly.GetTypes() do
        if not t.ContainsGenericParameters then
            for property in t.GetProperties flags do
                if property.PropertyType = typeof<'T> then property.GetValue null :?> 'T
                elif property.PropertyType = typeof<'T[]> then yield! property.GetValue null :?> 'T[]
|]

let private core = typeof<Row>.Assembly

/// Every row without a parameter, and some of each family.
let rows: Row[] = held<Row> core |> Array.distinct

let binaryFunctions: BinaryFunction[] = held<BinaryFunction> core |> Array.distinct

/// The operations on two arguments that are no functions of the table.
let arithmetic: Zip[] = [|
    for case in FSharpType.GetUnionCases(typeof<Zip>, true) do
        if case.GetFields().Length = 0 then FSharpValue.MakeUnion(case, [||], true) :?> Zip
|]

let zips: Zip[] = Array.append arithmetic (binaryFunctions |> Array.map _.Zip)
