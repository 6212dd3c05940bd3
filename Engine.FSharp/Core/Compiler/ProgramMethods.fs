// The methods that a program is cut into, small enough for the JIT to optimise, and the objects that all of them refer to.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Reflection.Emit
open Pipeline

[<Sealed>]
type internal ProgramMethods(header: Header, listings: List<List<string>>) =
    let objects = List<obj>()
    let measured = List<MethodSize>()
    /// The methods of the branch that is emitted; null outside of branches.
    let mutable branch: List<Delegate> = null

    /// Where the text of a method goes, if it is wanted.
    let listing name =
        if isNull listings then
            null
        else
            let lines = List [ $"{name} {listings.Count}" ]
            listings.Add lines
            lines

    /// What the JIT counts of each method.
    member _.Measured = measured

    /// A method that is to be called from another.
    member _.Part() = Code("part", [||], header, objects, listing "part")

    /// The method that is called from outside, with further arguments.
    member _.Whole(name, further: Type[]) = Code(name, further, header, objects, listing name)

    /// Ends a part and calls it.
    member _.Call(code: Code, part: Code) =
        part.End()
        measured.Add part.Measured
        let method = part.Method.CreateDelegate(typeof<Action<obj[], nativeint>>)

        // What runs in any case meets the JIT with the program, where it can be waited for and left; a branch when it is first taken.
        if isNull branch then MachineCode.prepare method |> ignore else branch.Add method

        code.Emit OpCodes.Ldarg_0
        code.Emit OpCodes.Ldarg_1
        code.Call part.Method

    /// Emits a branch whose methods meet the JIT when it is first taken.
    member _.Branch(code: Code, emit: unit -> unit) =
        let around = branch
        branch <- List()
        let begins = objects.Count
        objects.Add null
        code.Emit OpCodes.Ldarg_0
        code.Int begins
        code.Emit OpCodes.Ldelem_Ref
        code.Emit(OpCodes.Castclass, typeof<BranchCode>)
        code.Call(VectorType.overload typeof<BranchCode> "Prepare" [||])
        emit ()
        objects[begins] <- BranchCode(branch.ToArray())
        branch <- around


    /// Ends the method that is called from outside.
    member _.End(code: Code, kind: Type) : Delegate =
        code.End()
        measured.Add code.Measured
        MachineCode.prepare (code.Method.CreateDelegate(kind, objects.ToArray()))
