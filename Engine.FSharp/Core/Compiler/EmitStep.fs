// Statements that are one step, as IL: addresses of buffers, their exchange, and calls of kernels, products, blocks and checks of indices.
namespace Pipeline.Engine

open System.Reflection.Emit
open Pipeline

[<RequireQualifiedAccess>]
module internal EmitStep =
    /// Calls a step that runs on blocks.
    let onBlocks (code: Code) (step: BlockStep) =
        code.Object step
        code.Emit(OpCodes.Castclass, typeof<BlockStep>)
        code.Workspace 0
        code.CallVirtual(VectorType.overload typeof<BlockStep> "Run" [| typeof<nativeint> |])

    /// Pushes where an access lies now.
    let address (buffers: Buffer[]) (code: Code) (access: Access) =
        let bytes = int64 (DType.bytes buffers[access.Buffer].DType)
        code.Workspace(8 * access.Buffer)
        code.Emit OpCodes.Ldind_I

        for struct (variable, stride) in access.Terms do
            code.Variable variable
            code.MultiplyNative(int64 stride * bytes)
            code.Emit OpCodes.Add

        code.AddNative(int64 access.Offset * bytes)

    /// Pushes the number at an access.
    let number (buffers: Buffer[]) (code: Code) (access: Access) =
        let dtype = buffers[access.Buffer].DType

        match code.Held(access.Buffer, int64 access.Offset * int64 (DType.bytes dtype)) with
        | null ->
            address buffers code access
            EmitNumber.load code dtype
        | local -> code.Load local

    /// What a loop emits, with elements in locals: read before it, written back behind it.
    let holding (buffers: Buffer[]) (code: Code) (elements: HeldElement[]) (emit: unit -> unit) =
        let offset (e: HeldElement) = int64 e.Access.Offset * int64 (DType.bytes e.DType)

        let own = [|
            for e in elements do
                if isNull (code.Held(e.Access.Buffer, offset e)) then
                    let local = code.Rent(EmitNumber.localType e.DType)
                    number buffers code e.Access
                    code.Store local
                    struct (e, local)
        |]

        for struct (e, local) in own do
            code.Hold(e.Access.Buffer, offset e, local)

        emit ()

        for struct (e, local) in own do
            code.LetGo(e.Access.Buffer, offset e)

            if e.IsWritten then
                address buffers code e.Access
                code.Load local
                EmitNumber.store code e.DType

            code.Return local

    /// Exchanges two buffers.
    let swap (code: Code) a b =
        code.Workspace(8 * a)
        code.Workspace(8 * b)
        code.Emit OpCodes.Ldind_I
        code.Workspace(8 * b)
        code.Workspace(8 * a)
        code.Emit OpCodes.Ldind_I
        code.Emit OpCodes.Stind_I
        code.Emit OpCodes.Stind_I

    let kernel
        (buffers: Buffer[])
        (run: Op -> NDArray[] -> NDArray[])
        (code: Code)
        (op: Op)
        (inputs: struct (Access * TensorType)[])
        (outputs: struct (Access * TensorType)[])
        =
        let types = inputs |> Array.map (fun struct (_, t) -> t)
        let all = Array.append inputs outputs

        for k in 0 .. all.Length - 1 do
            let struct (access, _) = all[k]
            code.Workspace(code.Header.KernelPointers + 8 * k)
            address buffers code access
            code.Emit OpCodes.Stind_I

        code.Object(KernelCall(op, run, types, outputs.Length))
        code.Emit(OpCodes.Castclass, typeof<KernelCall>)
        code.Workspace code.Header.KernelPointers
        code.Call(VectorType.overload typeof<KernelCall> "Run" [| typeof<nativeint> |])

    let product (buffers: Buffer[]) (width: int) (code: Code) (product: Product) =
        code.Object(ProductCall(width, product))
        code.Emit(OpCodes.Castclass, typeof<ProductCall>)
        address buffers code product.A
        address buffers code product.B
        address buffers code product.C
        code.Call(VectorType.overload typeof<ProductCall> "Run" (Array.replicate 3 typeof<nativeint>))

    /// Where one index lies on an axis; what is outside is left to the check, which throws.
    let private place (buffers: Buffer[]) (code: Code) (size: int) (dtype: DType) (source: Access) (target: Access) (check: unit -> unit) =
        let isInt32 = dtype = DType.Int32
        let found = code.Rent typeof<int64>
        let counted, fits = code.Label(), code.Label()
        address buffers code source
        code.Emit(if isInt32 then OpCodes.Ldind_I4 else OpCodes.Ldind_I8)
        code.Emit OpCodes.Conv_I8
        code.Store found
        code.Load found
        code.Long 0L
        code.Emit(OpCodes.Bge, counted)
        code.Load found
        code.Long(int64 size)
        code.Emit OpCodes.Add
        code.Store found
        code.Mark counted
        code.Load found
        code.Long(int64 size)
        code.Emit(OpCodes.Blt_Un, fits)
        check ()
        code.Mark fits
        address buffers code target
        code.Load found

        if isInt32 then code.Emit OpCodes.Conv_I4

        code.Emit(if isInt32 then OpCodes.Stind_I4 else OpCodes.Stind_I8)
        code.Return found

    /// Where indices lie on an axis.
    let places (buffers: Buffer[]) (code: Code) operation axis size (source: Access) (indices: TensorType) (target: Access) =
        let check () =
            code.Object(IndexCheck(operation, axis, size, indices))
            code.Emit(OpCodes.Castclass, typeof<IndexCheck>)
            address buffers code source
            address buffers code target
            code.Call(VectorType.overload typeof<IndexCheck> "Run" [| typeof<nativeint>; typeof<nativeint> |])

        if Shape.size indices.Shape = 1 && indices.DType <> DType.UInt64 then
            place buffers code size indices.DType source target check
        else
            check ()
