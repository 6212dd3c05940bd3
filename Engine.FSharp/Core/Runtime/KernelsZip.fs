// The arithmetic, logic and comparison of two arrays of one shape and dtype.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal KernelsZip =
    /// What is an operation of lanes on integers and truth values.
    let private operation (zip: Zip) (a: NDArray) =
        match zip with
        | Zip.Add -> LaneOp.Add
        | Zip.Subtract -> LaneOp.Subtract
        | Zip.Multiply -> LaneOp.Multiply
        | Zip.Divide -> LaneOp.Divide
        | Zip.Remainder -> LaneOp.Remainder
        | Zip.Maximum -> LaneOp.Maximum
        | Zip.Minimum -> LaneOp.Minimum
        | Zip.And -> LaneOp.And
        | Zip.Or -> LaneOp.Or
        | Zip.Xor -> LaneOp.Xor
        | Zip.ShiftLeft -> LaneOp.ShiftLeftBy
        | Zip.ShiftRight -> LaneOp.ShiftRightBy
        | Zip.Function _
        | Zip.Scale -> raise (DTypeException $"{zip} does not take {DType.name a.DType}. Convert the tensors first (AsType).")

    let private sameDType what (a: NDArray) (b: NDArray) =
        if a.DType <> b.DType then
            raise (
                DTypeException
                    $"{what} takes operands of one dtype, not {DType.name a.DType} and {DType.name b.DType}. Convert one of them (AsType)."
            )

    /// An operation of lanes on integers, or on the bytes 0 and 1.
    let lanes (op: LaneOp) (a: NDArray) (b: NDArray) : NDArray =
        let instruction (x: BlockValue) (z: BlockValue) r =
            if a.DType = DType.Bool then
                BlockArithmetic.ofMasks Loops.Width op 1 [| x; z |] r
            else
                BlockArithmetic.ofNumbers Loops.Width op a.DType [| x; z |] r

        KernelsRows.zip instruction a.DType a b

    let zip (zip: Zip) (a: NDArray) (b: NDArray) : NDArray =
        if a.DType <> b.DType then sameDType (zip.ToString()) a b

        if DType.isFloat a.DType then
            KernelsRows.zipFunction (Zips.meaning zip) a b
        else
            lanes (operation zip a) a b

    let compare (relation: Relation) (a: NDArray) (b: NDArray) : NDArray =
        if a.DType <> b.DType then sameDType (relation.ToString()) a b
        // Bool as the bytes 0 and 1.
        let t = if a.DType = DType.Bool then System.TypeCode.Byte else BlockArithmetic.typeOf a.DType

        let instruction x z r =
            match relation with
            | Relation.Equal -> BlockOperations.Compare<Relations.Equal>(t, x, z, r)
            | Relation.NotEqual -> BlockOperations.Compare<Relations.NotEqual>(t, x, z, r)
            | Relation.Less -> BlockOperations.Compare<Relations.Less>(t, x, z, r)
            | Relation.LessEqual -> BlockOperations.Compare<Relations.LessEqual>(t, x, z, r)

        KernelsRows.zip instruction DType.Bool a b
