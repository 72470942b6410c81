using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Platform;

/// <summary>A wrong setting that only shows when the server starts.</summary>
internal static class StartRefused
{
    /// <summary>Stops the start with one line that names the key, the value (never a secret one) and what is allowed.</summary>
    public static OptionsValidationException Because(string line) => new("Start", typeof(StartRefused), [line]);
}
