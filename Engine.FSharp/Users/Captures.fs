// What a delegate has captured, so that a compiled function notices when a captured variable is assigned.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Reflection
open System.Runtime.CompilerServices

/// A variable that can be assigned after it was captured, with its value when the function was staged.
[<Struct; NoComparison; NoEquality>]
type internal Cell =
    {
        Owner: obj
        Field: FieldInfo
        Value: obj
    }

[<RequireQualifiedAccess>]
module internal Captures =
    let private isOurs (t: Type) =
        t.Assembly = typeof<Cell>.Assembly || t.Assembly.GetName().Name = "Pipeline"

    /// The compilers' own objects for captured variables; F# keeps those that can be assigned in reference cells.
    let private isClosure (t: Type) =
        Layouts.isFunction t
        || t.IsDefined(typeof<CompilerGeneratedAttribute>, false)
        || (t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<Ref<_>>)

    let private fields (t: Type) =
        t.GetFields(BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic)

    /// Adds the variables that the closure object holds; named: the fields that the method by reads, null for all.
    let rec private visit
        (owner: obj)
        (by: MethodInfo)
        (named: HashSet<struct (Module * int)>)
        (seen: HashSet<struct (obj * MethodInfo)>)
        (cells: List<Cell>)
        : unit =
        let t = owner.GetType()
        let isAssignable = not (isOurs t || Layouts.isFunction t)

        let all =
            isNull named || not (t.IsDefined(typeof<CompilerGeneratedAttribute>, false))

        for field in fields t do
            if all || named.Contains(struct (field.Module, field.MetadataToken)) then
                let value = field.GetValue owner

                if isAssignable && not field.IsInitOnly then
                    cells.Add
                        {
                            Owner = owner
                            Field = field
                            Value = value
                        }

                match value with
                | null -> ()
                | :? Delegate as f -> visitDelegate f seen cells
                // C#'s objects for captured variables refer to those of the scopes around them, which the same method reads.
                | _ when
                    value.GetType().IsDefined(typeof<CompilerGeneratedAttribute>, false)
                    && not (isOurs t)
                    && seen.Add(struct (value, by))
                    ->
                    visit value by named seen cells
                | _ when isClosure (value.GetType()) && seen.Add(struct (value, null)) ->
                    visit value null null seen cells
                | _ -> ()

    and private visitDelegate (f: Delegate) seen cells =
        if not (isNull f.Target) && seen.Add(struct (f.Target, f.Method)) then
            match f.Target with
            | :? Delegate as inner -> visitDelegate inner seen cells
            | target ->
                let named =
                    if isOurs (target.GetType()) then
                        null
                    else
                        Instructions.fieldsNamed f.Method

                visit target f.Method named seen cells

    /// The captured variables, and the fields of the object that the function is a method of, which can be assigned.
    let cells (f: Delegate) : Cell[] =
        let cells = List<Cell>()
        visitDelegate f (HashSet()) cells
        cells.ToArray()

    /// The same objects and equal numbers as then.
    let unchanged (cells: Cell[]) =
        let mutable same = true
        let mutable i = 0

        while same && i < cells.Length do
            let value = cells[i].Field.GetValue cells[i].Owner

            same <-
                obj.ReferenceEquals(value, cells[i].Value)
                || (value :? ValueType && value.Equals cells[i].Value)

            i <- i + 1

        same
