// What the analysis of trimmed and ahead-of-time programs cannot see, answered for this assembly.
namespace Pipeline.Engine

open System.Diagnostics.CodeAnalysis

module private Trimming =
    [<Literal>]
    let kept =
        "Types of the application are read, whose members the targets of the package keep (Pipeline.Engine.targets), and tuples (ILLink.Descriptors.xml)."

    [<Literal>]
    let code =
        "Where a method's code cannot be read, what it mentions is not known, and a function is staged at each call."

    [<Literal>]
    let instantiated =
        "Code is emitted only where that is possible; generic types and methods are made of the application's classes, which share code. Where one has none (a collection of structs), it is refused by name."

    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2026", Scope = "module", Justification = code)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2055", Scope = "module", Justification = instantiated)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2060", Scope = "module", Justification = instantiated)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2067", Scope = "module", Justification = kept)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2070", Scope = "module", Justification = kept)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2072", Scope = "module", Justification = kept)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2075", Scope = "module", Justification = kept)>]
    [<assembly: UnconditionalSuppressMessage("Trimming", "IL2077", Scope = "module", Justification = kept)>]
    [<assembly: UnconditionalSuppressMessage("AOT", "IL3050", Scope = "module", Justification = instantiated)>]
    do ()
