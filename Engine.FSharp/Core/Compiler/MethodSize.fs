// What the JIT counts before it optimises a method: past any one of its limits it does not, and says nothing.
namespace Pipeline.Engine

/// Of one emitted method: bytes of IL, instructions, basic blocks, locals, and loads and stores of locals and arguments.
[<Struct>]
type internal MethodSize = { Bytes: int; Instructions: int; Blocks: int; Locals: int; References: int }

[<RequireQualifiedAccess>]
module internal MethodSize =
    /// The JIT's own (compiler.h of .NET 10, DEFAULT_MIN_OPTS_CODE_SIZE and what follows it).
    let limits = { Bytes = 60_000; Instructions = 20_000; Blocks = 2_000; Locals = 2_000; References = 8_000 }

    /// The largest part of a limit that is used.
    let used (size: MethodSize) : float =
        let part count limit = float count / float limit

        part size.Bytes limits.Bytes
        |> max (part size.Instructions limits.Instructions)
        |> max (part size.Blocks limits.Blocks)
        |> max (part size.Locals limits.Locals)
        |> max (part size.References limits.References)
