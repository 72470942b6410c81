namespace Orbit.ControlPlane.Install;

/// <summary>What hosts install from. Section <c>Install</c>.</summary>
internal sealed class InstallOptions
{
    /// <summary>Section name.</summary>
    public const string Section = "Install";

    /// <summary>
    /// Directory with <c>agent/linux-x64.tar.gz</c> and its like, as <c>deploy/package</c> fills it; unset: <c>install</c> beside the program,
    /// else <c>deploy/.packages/install</c> of the checkout.
    /// </summary>
    public string Directory { get; set; } = "";
}
