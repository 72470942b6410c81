namespace Orbit.ControlPlane.WebUi;

/// <summary>Where the built web pages lie. Section <c>WebUi</c>.</summary>
internal sealed class WebUiOptions
{
    public const string Section = "WebUi";

    /// <summary>
    /// Directory with the built pages. Empty: <c>wwwroot</c> beside the program, or <c>src/Web/dist</c> of the checkout that the program was built in.
    /// </summary>
    public string Directory { get; set; } = "";
}
