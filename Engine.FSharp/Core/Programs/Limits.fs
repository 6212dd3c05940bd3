// Numbers that users give and that lie within limits: what is outside is refused by the parameter's name, alike in every culture.
namespace Pipeline.Engine

open System
open System.Globalization
open System.Numerics
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

// C# fills in the parameter's name; F# gives it.
#nowarn "202"

[<AbstractClass; Sealed>]
type internal Limits =
    /// Refuses a value, in words that say which are allowed.
    static member Require<'T when 'T :> IFormattable>
        (
            isAllowed: bool,
            value: 'T,
            allowed: string,
            [<CallerArgumentExpression "value"; Optional; DefaultParameterValue(null: string)>] name: string
        ) : unit =
        if not isAllowed then
            let found = value.ToString(null, CultureInfo.InvariantCulture)
            raise (ArgumentOutOfRangeException(name, $"{name} is {allowed}, not {found}."))

    static member Positive<'T when 'T :> INumber<'T>>
        (value: 'T, [<CallerArgumentExpression "value"; Optional; DefaultParameterValue(null: string)>] name: string)
        : unit =
        Limits.Require('T.op_GreaterThan (value, 'T.Zero), value, "greater than 0", name)

    static member NotNegative<'T when 'T :> INumber<'T>>
        (value: 'T, [<CallerArgumentExpression "value"; Optional; DefaultParameterValue(null: string)>] name: string)
        : unit =
        Limits.Require('T.op_GreaterThanOrEqual (value, 'T.Zero), value, "0 or more", name)
