// What the analysis of trimmed and ahead-of-time programs cannot see, answered for this assembly.
namespace Pipeline.Engine

open System.Diagnostics.CodeAnalysis

module private Trimming =
    [<Literal>]
    let machineCode =
        "Machine code is made only where code can be emitted (Emit.standard), of the platform's vector types, which are there with it."

    [<Literal>]
    let numbers = "Events carry texts and numbers alone, which need no members."

    [<Literal>]
    let factory = "Every lazy value is given its factory: no constructor is looked for."

    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2026", Scope = "module", Justification = numbers)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2055", Scope = "module", Justification = machineCode)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2060", Scope = "module", Justification = machineCode)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2070", Scope = "module", Justification = machineCode)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2091", Scope = "module", Justification = factory)>]
    [<assembly: UnconditionalSuppressMessage("AOT", "IL3050", Scope = "module", Justification = machineCode)>]
    do ()
