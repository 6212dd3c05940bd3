// How a tensor comes into a larger shape, as operations: repeated along new axes and along axes of size 1.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Broadcasting =
    let repeat (operation: string) (dims: int[]) (shape: int[]) : Op list =
        if Shape.equal dims shape then
            []
        else
            let lead = shape.Length - dims.Length

            if lead < 0 then
                raise (ShapeException $"{operation}: {Shape.text dims} has more axes than {Shape.text shape}.")

            let kept = [|
                for i in 0 .. dims.Length - 1 do
                    if not (dims[i] = 1 && shape[i + lead] <> 1) then i
            |]

            for i in kept do
                if dims[i] <> shape[i + lead] then
                    raise (
                        ShapeException
                            $"{operation}: {Shape.text dims} does not broadcast to {Shape.text shape}: axis {i} has size {dims[i]} where {shape[i + lead]} is needed."
                    )

            let broadcast = Op.Broadcast(shape, kept |> Array.map (fun i -> i + lead))

            if kept.Length = dims.Length then
                [ broadcast ]
            else
                [ Op.Reshape(kept |> Array.map (fun i -> dims[i])); broadcast ]
