// The way into a program and out of it: arguments and results are pinned while it runs, and what was made elsewhere is copied out.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open System.Runtime.InteropServices
open Pipeline

[<RequireQualifiedAccess>]
module internal EmitEntry =
    /// The body of a method (objects, workspace, inputs, outputs) between the two. Swapped: results that lie in other buffers when the program ends.
    let around (program: LoopProgram) (swapped: bool[]) (code: Code) (body: unit -> unit) =
        /// Pins array number `index` of an argument for the whole run and pushes its address.
        let pin argument index (dtype: DType) =
            let pinned = code.Pinned typeof<byte>

            let array () =
                code.Emit(argument: OpCode)
                code.Int index
                code.Emit OpCodes.Ldelem_Ref

            array ()
            code.Call(VectorType.overload typeof<NDArray> "get_Data" [||])
            code.Call(VectorType.overload typeof<MemoryMarshal> "GetArrayDataReference" [| typeof<Array> |])
            code.Store pinned
            code.Load pinned
            code.Emit OpCodes.Conv_U
            array ()
            code.Call(VectorType.overload typeof<NDArray> "get_Offset" [||])
            code.Emit OpCodes.Conv_I
            code.MultiplyNative(int64 (DType.bytes dtype))
            code.Emit OpCodes.Add

        let enter buffer argument index =
            code.Workspace(8 * buffer)
            pin argument index program.Buffers[buffer].DType
            code.Emit OpCodes.Stind_I

        for buffer in 0 .. program.Buffers.Length - 1 do
            match program.Buffers[buffer].Kind with
            | BufferKind.Input k -> enter buffer OpCodes.Ldarg_2 k
            | BufferKind.Output k when not (swapped[buffer]) -> enter buffer OpCodes.Ldarg_3 k
            | BufferKind.Output _
            | BufferKind.Workspace _
            | BufferKind.Data _ -> ()

        body ()

        for buffer in 0 .. program.Buffers.Length - 1 do
            match program.Buffers[buffer].Kind with
            | BufferKind.Output k when swapped[buffer] ->
                pin OpCodes.Ldarg_3 k program.Buffers[buffer].DType
                code.Workspace(8 * buffer)
                code.Emit OpCodes.Ldind_I
                code.Int(program.Buffers[buffer].Size * DType.bytes program.Buffers[buffer].DType)
                code.Emit(OpCodes.Unaligned, 1uy)
                code.Emit OpCodes.Cpblk
            | _ -> ()
